// Text of Amanda's files, which is held as one character a byte, as what it says: UTF-8, or Latin-1 where it is none.

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8Of(bytes: string): string {
  try {
    return decoder.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return bytes
  }
}

/** Whether a client would be told other bytes than those of the file. */
export function isOtherBytes(bytes: string): boolean {
  return Buffer.from(utf8Of(bytes), 'utf8').toString('latin1') !== bytes
}

const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?$/

/** Whether holdfast.yaml takes it as the name of something. */
export function isPlainName(name: string): boolean {
  return NAME.test(name)
}

/** A name that holdfast.yaml takes, as near to `name` as there is and none of `taken`. */
export function plainName(name: string, taken: ReadonlySet<string>): string {
  const base = name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').replaceAll(/^[.-]+|[.-]+$/g, '').slice(0, 200) || 'unnamed'
  if (!taken.has(base)) return base
  for (let number = 2; ; number++) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`
}
