// Makes small tar archives byte by byte, also ones that no tar would make: for tests of whoever must not trust an archive.

export interface ArchiveMember {
  readonly name: string | Buffer
  /** `0` file, `1` hard link, `2` symlink, `3` character device 1,3 (null), `5` directory, `D` directory with a dumpdir as its data. */
  readonly type: '0' | '1' | '2' | '3' | '5' | 'D'
  /** Default: 755 for directories, else 644. */
  readonly mode?: number
  /** Default 0. */
  readonly uid?: number
  readonly gid?: number
  readonly linkName?: string
  readonly data?: string | Uint8Array
}

function header(member: ArchiveMember, bytes: number): Buffer {
  const block = Buffer.alloc(512)
  Buffer.from(member.name).copy(block, 0, 0, 100)
  const octal = (value: number): string => `${value.toString(8).padStart(7, '0')}\0`
  block.write(octal(member.mode ?? (member.type === '5' || member.type === 'D' ? 0o755 : 0o644)), 100)
  block.write(octal(member.uid ?? 0), 108)
  block.write(octal(member.gid ?? 0), 116)
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  block.write('15000000000\0', 136)
  block.write('        ', 148)
  block.write(member.type, 156)
  block.write(member.linkName ?? '', 157, 100)
  // GNU tar obeys a dumpdir only in a header of its own format.
  block.write(member.type === 'D' ? 'ustar  \u0000' : 'ustar\u000000', 257)
  if (member.type === '3') block.fill(octal(1) + octal(3), 329, 345)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

export function makeArchive(members: readonly ArchiveMember[]): Buffer {
  const pieces: Buffer[] = []
  for (const member of members) {
    const data = Buffer.from(member.data ?? '')
    pieces.push(header(member, data.length), data, Buffer.alloc((512 - (data.length % 512)) % 512))
  }
  return Buffer.concat([...pieces, Buffer.alloc(10_240)])
}
