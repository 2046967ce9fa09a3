// The line of Amanda's index for a member: begins with `/` relative to the top of the disk, a directory ends in `/`, the top itself is
// `/`. Awkward bytes are written as `tar --list` writes them (quoting style `escape`), so that a line is always one line.

import type { TarMember } from './member-reader.ts'

const ESCAPES: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 0x5c: '\\\\', 0x7f: '\\177' }

function needsEscape(byte: number): boolean {
  return byte < 0x20 || byte === 0x5c || byte >= 0x7f
}

/** `name` as `tar --list` shows it in the C locale. */
export function escapeName(name: Buffer): string {
  if (!name.some(needsEscape)) return name.toString('latin1')
  let out = ''
  for (const byte of name) out += needsEscape(byte) ? (ESCAPES[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`) : String.fromCharCode(byte)
  return out
}

/** The bytes that an escaped name stands for. */
export function unescapeName(text: string): Buffer {
  const out: number[] = []
  for (let index = 0; index < text.length; index++) {
    if (text[index] !== '\\') {
      out.push(text.charCodeAt(index) & 0xff)
      continue
    }
    const octal = /^[0-7]{3}/.exec(text.slice(index + 1, index + 4))
    if (octal !== null) {
      out.push(Number.parseInt(octal[0], 8) & 0xff)
      index += 3
      continue
    }
    const code = Object.entries(ESCAPES).find(([, escape]) => escape === text.slice(index, index + 2))?.[0]
    out.push(code === undefined ? 0x5c : Number(code))
    if (code !== undefined) index++
  }
  return Buffer.from(out)
}

/** Without the newline. Names begin with `./` in the dumps we make. */
export function indexLine(member: TarMember): string {
  let name = escapeName(member.name)
  if (name.startsWith('./')) name = name.slice(1)
  else if (name === '.') name = '/'
  else if (!name.startsWith('/')) name = `/${name}`
  return member.kind === 'directory' && !name.endsWith('/') ? `${name}/` : name
}
