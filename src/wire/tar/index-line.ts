// The line of Amanda's index for a member: begins with `/` relative to the top of the disk, a directory ends in `/`, the top itself is
// `/`. Awkward bytes are written as `tar --list` writes them (quoting style `escape`), so that a line is always one line.

import type { TarMember } from './member-reader.ts'

const ESCAPES: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 0x5c: '\\\\', 0x7f: '\\177' }

const ODD = /[\0-\x1f\\\x7f-\xff]/
const ODD_ONES = new RegExp(ODD, 'g')

/** `name`, a string of bytes (latin1), as `tar --list` shows it in the C locale. */
export function escapeName(name: string): string {
  if (!ODD.test(name)) return name
  return name.replaceAll(ODD_ONES, (character) => {
    const byte = character.charCodeAt(0)
    return ESCAPES[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`
  })
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

/** The path in the index of a name in an archive, which begins with `./` in the dumps we make. */
export function indexPathOf(archiveName: string): string {
  const name = escapeName(archiveName)
  if (name.startsWith('./')) return name.slice(1)
  if (name === '.') return '/'
  return name.startsWith('/') ? name : `/${name}`
}

/** Without the newline. */
export function indexLine(member: TarMember): string {
  const name = indexPathOf(member.name)
  return member.kind === 'directory' && !name.endsWith('/') ? `${name}/` : name
}
