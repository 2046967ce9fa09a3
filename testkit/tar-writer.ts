// Makes small tar archives byte by byte, also ones that no tar would make: for tests of whoever must not trust an archive.

export interface ArchiveMember {
  readonly name: string | Buffer
  /** `0` file, `1` hard link, `2` symlink, `3` character device 1,3 (null), `5` directory, `6` fifo, `D` dump directory with its list as data. */
  readonly type: '0' | '1' | '2' | '3' | '5' | '6' | 'D'
  /** Default: 755 for directories, else 644. */
  readonly mode?: number
  /** Default 0. */
  readonly uid?: number
  readonly gid?: number
  readonly linkName?: string
  readonly data?: string | Uint8Array
  /** Records of a pax header in front of it. */
  readonly pax?: Readonly<Record<string, string | Buffer>>
  /** Seconds since 1970. */
  readonly mtime?: number
  /** Twelve bytes instead of the size. */
  readonly sizeField?: string
}

/** The data of a pax header. */
function paxRecords(records: Readonly<Record<string, string | Buffer>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')])
      let length = rest.length + 1
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length
      return Buffer.concat([Buffer.from(String(length)), rest])
    }),
  )
}

function header(member: Omit<ArchiveMember, 'type'> & { readonly type: string }, bytes: number): Buffer {
  const block = Buffer.alloc(512)
  Buffer.from(member.name).copy(block, 0, 0, 100)
  const octal = (value: number): string => `${value.toString(8).padStart(7, '0')}\0`
  block.write(octal(member.mode ?? ('5D'.includes(member.type) ? 0o755 : 0o644)), 100)
  block.write(octal(member.uid ?? 0), 108)
  block.write(octal(member.gid ?? 0), 116)
  block.write(member.sizeField ?? `${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  block.write(`${(member.mtime ?? 0o15000000000).toString(8).padStart(11, '0')}\0`, 136)
  block.write('        ', 148)
  block.write(member.type, 156)
  block.write(member.linkName ?? '', 157, 100)
  // GNU tar reads the list of a dump directory only behind its own magic.
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
    const padded = (bytes: Buffer): Buffer[] => [bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
    if (member.pax !== undefined) {
      const records = paxRecords(member.pax)
      pieces.push(header({ name: './pax', type: 'x' }, records.length), ...padded(records))
    }
    pieces.push(header(member, data.length), ...padded(data))
  }
  return Buffer.concat([...pieces, Buffer.alloc(10_240)])
}
