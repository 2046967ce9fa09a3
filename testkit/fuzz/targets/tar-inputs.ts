// Tar streams for the targets that read them: of our own making, of GNU tar's forms, and from a real dump; and how to sign headers that were changed.

import { makeArchive } from '../../tar-writer.ts'
import { testdata } from '../target.ts'

const BLOCK_BYTES = 512
const CHECKSUM = { offset: 148, length: 8 } as const

/** Puts a right checksum into the header at `at`. */
function sign(bytes: Buffer, at: number): void {
  bytes.fill(0x20, at + CHECKSUM.offset, at + CHECKSUM.offset + CHECKSUM.length)
  let sum = 0
  for (let index = at; index < at + BLOCK_BYTES; index++) sum += bytes[index] ?? 0
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + CHECKSUM.offset, 'latin1')
}

/** Signs every block that still looks like a header. */
export function signAll(bytes: Buffer): Buffer {
  const out = Buffer.from(bytes)
  for (let at = 0; at + BLOCK_BYTES <= out.length; at += BLOCK_BYTES) if (out.toString('latin1', at + 257, at + 262) === 'ustar') sign(out, at)
  return out
}

/** A member of any type with its data, signed. */
export function tarMember(name: string, type: string, data: string, magic = 'ustar\u000000'): Buffer {
  const archive = makeArchive([{ name, type: '0', data }])
  const blocks = Buffer.from(archive.subarray(0, BLOCK_BYTES + Math.ceil(Buffer.byteLength(data) / BLOCK_BYTES) * BLOCK_BYTES))
  blocks.write(type, 156, 'latin1')
  blocks.write(magic, 257, 'latin1')
  sign(blocks, 0)
  return blocks
}

export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length
  return `${length}${rest}`
}

export const TAR_END = Buffer.alloc(1024)
export const GNU = 'ustar  \u0000'

export function tarArchives(): Buffer[] {
  const sparse = Buffer.concat([tarMember('./sparse', 'S', '', GNU), Buffer.alloc(BLOCK_BYTES)])
  sparse[482] = 1
  sign(sparse, 0)
  return [
    makeArchive([{ name: './', type: '5' }, { name: './a', type: '0', data: 'hello' }, { name: './b', type: '1', linkName: './a' }, { name: './c', type: '2', linkName: '../x' }]),
    Buffer.concat([tarMember('././@LongLink', 'L', `./${'n'.repeat(300)}\0`, GNU), tarMember('././@LongLink', 'K', `./${'l'.repeat(300)}\0`, GNU), tarMember('./short', '2', '', GNU), TAR_END]),
    Buffer.concat([tarMember('./PaxHeaders/x', 'x', paxRecord('path', './long') + paxRecord('size', '5') + paxRecord('GNU.sparse.name', './s') + paxRecord('GNU.sparse.realsize', '900')), tarMember('./x', '0', 'hello'), TAR_END]),
    Buffer.concat([tarMember('./g', 'g', paxRecord('comment', 'x')), tarMember('./V', 'V', ''), tarMember('./dir', 'D', 'Yfile\0Ndir\0', GNU), sparse, TAR_END]),
    ...testdata('amanda/vtapes-bsdtcp/slot1/00001.amclient._srv_small.0').map((file) => file.subarray(32_768, 32_768 + 16_384)),
  ]
}
