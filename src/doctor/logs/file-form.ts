// What a file is, by its first bytes: text, packed text, or something that is no log. Pure.

export type FileForm = { readonly kind: 'text'; readonly skipBytes: number } | { readonly kind: 'gzip' | 'zstd' } | { readonly kind: 'other'; readonly what: string }

const SAMPLE_BYTES = 512
/** Of a text, at most so many of its bytes are controls that nobody types. */
const CONTROL_SHARE_MAX = 0.02

const MAGICS: readonly (readonly [form: FileForm, magic: Buffer])[] = [
  [{ kind: 'gzip' }, Buffer.from([0x1f, 0x8b])], // RFC 1952, 2.3.1
  [{ kind: 'zstd' }, Buffer.from([0x28, 0xb5, 0x2f, 0xfd])], // RFC 8878, 3.1.1
  [{ kind: 'other', what: 'is packed with xz: unpack it first' }, Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  [{ kind: 'other', what: 'is packed with bzip2: unpack it first' }, Buffer.from('BZh')],
  [{ kind: 'other', what: 'is packed with lz4: unpack it first' }, Buffer.from([0x04, 0x22, 0x4d, 0x18])],
  [{ kind: 'other', what: 'is packed with compress: unpack it first' }, Buffer.from([0x1f, 0x9d])],
  [{ kind: 'other', what: 'is a ZIP archive: unpack it first' }, Buffer.from('PK\u0003\u0004')],
  [{ kind: 'other', what: 'is text in UTF-16: convert it to UTF-8 first' }, Buffer.from([0xff, 0xfe])],
  [{ kind: 'other', what: 'is text in UTF-16: convert it to UTF-8 first' }, Buffer.from([0xfe, 0xff])],
  [{ kind: 'other', what: 'is a dump or a volume of Amanda, no log' }, Buffer.from('AMANDA: ')],
]
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** 1 for each byte that is one. Bell, backspace, tab, line feed, form feed, return and escape are in logs of terminals. */
const IS_CONTROL = Uint8Array.from({ length: 256 }, (_none, byte) => (byte === 0x7f || (byte < 0x20 && !(byte >= 0x07 && byte <= 0x0d) && byte !== 0x1b) ? 1 : 0))

/** `first`: the beginning of the file. */
export function formOf(first: Buffer): FileForm {
  for (const [form, magic] of MAGICS) if (first[0] === magic[0] && first.subarray(0, magic.length).equals(magic)) return form
  // A log that was emptied while a program had it open begins with a hole; one that was open in a crash may end with one.
  let start = 0
  while (start < first.length && first[start] === 0) start += 1
  let end = Math.min(first.length, start + SAMPLE_BYTES)
  while (end > start && first[end - 1] === 0) end -= 1
  let controls = 0
  for (let at = start; at < end; at++) controls += IS_CONTROL[first[at] ?? 0] ?? 0
  if (controls > (end - start) * CONTROL_SHARE_MAX) return { kind: 'other', what: 'is no text' }
  return { kind: 'text', skipBytes: first[0] === UTF8_MARK[0] && first.subarray(0, UTF8_MARK.length).equals(UTF8_MARK) ? UTF8_MARK.length : start }
}
