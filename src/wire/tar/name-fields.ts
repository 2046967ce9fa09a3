// How a path and a record lie in the headers of a tar member. Our archiver writes them so, and a vault makes headers again by the same rules (docs/formats/vault.md, "Headers"):
// what changes here makes dumps unreadable that a vault has already.

export const NAME_FIELD_BYTES = 100
export const PREFIX_FIELD_BYTES = 155
const SLASH = 0x2f

/** Whether all bytes are ASCII, and none is NUL. */
export function isPlainName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0
    if (byte >= 0x80 || byte === 0) return false
  }
  return true
}

/** Where the slash is between prefix and name of a path of `bytes` bytes, 0 when it fits the name alone, -1 when it does not fit. `hasPrefix`: whether the header has that field. */
export function prefixBytesOf(path: Uint8Array, bytes: number, hasPrefix: boolean): number {
  if (bytes <= NAME_FIELD_BYTES) return 0
  if (!hasPrefix || bytes > NAME_FIELD_BYTES + 1 + PREFIX_FIELD_BYTES) return -1
  // The slash at the very end belongs to the name.
  for (let at = Math.max(1, bytes - NAME_FIELD_BYTES - 1); at <= PREFIX_FIELD_BYTES && at < bytes - 1; at++) if (path[at] === SLASH) return at
  return -1
}

/** Bytes of the pax record `LENGTH KEY=VALUE\n`, whose length counts itself; `keyBytes` with the equals sign. */
export function recordBytesOf(keyBytes: number, valueBytes: number): number {
  const without = keyBytes + valueBytes + 2
  let digits = 1
  while (without + digits >= 10 ** digits) digits++
  return without + digits
}
