// The tar member reader, the vetting of members before they are extracted, and their index lines. However the stream is cut, the members
// are the same.

import { indexLine, unescapeName } from '../../../src/wire/tar/index-line.ts'
import { TarMemberReader, type TarMember } from '../../../src/wire/tar/member-reader.ts'
import { placeOf } from '../../../src/wire/tar/member-place.ts'
import { Fault } from '../../../src/kernel/fault.ts'
import { makeArchive } from '../../tar-writer.ts'
import { cutUp, must, outcomeOf, testdata, type FuzzTarget } from '../target.ts'

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
function signAll(bytes: Buffer): Buffer {
  const out = Buffer.from(bytes)
  for (let at = 0; at + BLOCK_BYTES <= out.length; at += BLOCK_BYTES) if (out.toString('latin1', at + 257, at + 262) === 'ustar') sign(out, at)
  return out
}

/** A member of any type with its data, signed. */
function member(name: string, type: string, data: string, magic = 'ustar\u000000'): Buffer {
  const archive = makeArchive([{ name, type: '0', data }])
  const blocks = Buffer.from(archive.subarray(0, BLOCK_BYTES + Math.ceil(Buffer.byteLength(data) / BLOCK_BYTES) * BLOCK_BYTES))
  blocks.write(type, 156, 'latin1')
  blocks.write(magic, 257, 'latin1')
  sign(blocks, 0)
  return blocks
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length
  return `${length}${rest}`
}

const END = Buffer.alloc(1024)
const GNU = 'ustar  \u0000'

function archives(): Buffer[] {
  const sparse = Buffer.concat([member('./sparse', 'S', '', GNU), Buffer.alloc(BLOCK_BYTES)])
  sparse[482] = 1
  sign(sparse, 0)
  return [
    makeArchive([{ name: './', type: '5' }, { name: './a', type: '0', data: 'hello' }, { name: './b', type: '1', linkName: './a' }, { name: './c', type: '2', linkName: '../x' }]),
    Buffer.concat([member('././@LongLink', 'L', `./${'n'.repeat(300)}\0`, GNU), member('././@LongLink', 'K', `./${'l'.repeat(300)}\0`, GNU), member('./short', '2', '', GNU), END]),
    Buffer.concat([member('./PaxHeaders/x', 'x', paxRecord('path', './long') + paxRecord('size', '5') + paxRecord('GNU.sparse.name', './s') + paxRecord('GNU.sparse.realsize', '900')), member('./x', '0', 'hello'), END]),
    Buffer.concat([member('./g', 'g', paxRecord('comment', 'x')), member('./V', 'V', ''), member('./dir', 'D', 'Yfile\0Ndir\0', GNU), sparse, END]),
    ...testdata('amanda/vtapes-bsdtcp/slot1/00001.amclient._srv_small.0').map((file) => file.subarray(32_768, 32_768 + 16_384)),
  ]
}

function read(pieces: readonly Buffer[], sink: (member: TarMember) => void): void {
  const reader = new TarMemberReader(sink)
  for (const piece of pieces) reader.push(piece)
  reader.finish()
}

const tar: FuzzTarget = {
  name: 'tar',
  summary: 'tar streams cut anywhere: members, vetting, index lines (src/wire/tar)',
  codes: ['wire-malformed'],
  corpus: archives,
  words: ['ustar\u000000', GNU, './', '../', '/', 'path=', 'linkpath=', 'size=', 'GNU.sparse.size=', '\u0000', '\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff', '77777777777', '30 path='],
  generate: (random, mutate) => {
    const all = archives()
    return signAll(mutate(all[random.int(all.length)] ?? END))
  },
  run(input) {
    const members: TarMember[] = []
    const shown = (sink: TarMember[]): string => outcomeOf(() => sink.map((each) => [each.kind, each.name, each.linkName, each.size, each.offset]))
    const others: TarMember[] = []
    const whole = outcomeOf(() => read([Buffer.from(input)], (each) => members.push(each)))
    must(outcomeOf(() => read(cutUp(input), (each) => others.push(each))) === whole && shown(others) === shown(members), 'the cut of the bytes makes no difference')
    for (const each of members) {
      const line = indexLine(each)
      must(line.startsWith('/') && !line.includes('\n'), 'an index line begins with a slash and is one line')
      unescapeName(line)
      must(each.size >= 0 && each.dataBytes >= 0, 'sizes are not negative')
      try {
        const place = placeOf(each.name, 'a member')
        must(!place.directory.startsWith('/') && ![...place.directory.split('/'), place.name].some((part) => part === '..' || part === '.'), 'a member that is placed stays below its target')
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'restore-unsafe') throw error
      }
    }
    read([Buffer.from(input)], () => undefined)
  },
}

export const TAR_TARGETS: readonly FuzzTarget[] = [tar]
