// The index file of a dump, read by bisection. Half of the inputs have right checksums around a table or blocks that are wrong.

import { zstdCompressSync } from 'node:zlib'
import { crcOf, encodeBlock, encodeTail, INDEX_MAGIC } from '../../../src/catalog/index-file/index-format.ts'
import { IndexReader } from '../../../src/catalog/index-file/index-reader.ts'
import { ByteWriter } from '../../../src/kernel/bytes.ts'
import type { Random } from '../../../src/kernel/random.ts'
import { memoryFileDisk } from '../memory-file-disk.ts'
import { plainIndexLine } from '../../../src/wire/tar/index-entry.ts'
import type { FuzzTarget } from '../target.ts'

const FILE = 'f 512 1024 12 5.000000001 644 1 2 w w'
const LINES = [['/', '/a', '/b/', `/b/c\t${FILE}`], [`/b/c\t${FILE}\to`, '/b/d', '/e\\012\tw - 0 0 0 0 0 0 - -', '/z/\td 0 512 0 0 755 0 0 - -\t</b/'], ['/zz']] as const
const TEXTS = LINES.map((lines) => Buffer.from(`${lines.join('\n')}\n`, 'latin1'))
const BLOCKS = TEXTS.map(encodeBlock)

function whole(): Buffer {
  let offset = INDEX_MAGIC.length
  const blocks = BLOCKS.map((bytes, index) => {
    const block = { offset, bytes: bytes.length, crc: crcOf(bytes), firstName: plainIndexLine(LINES[index]?.[0] ?? '') }
    offset += bytes.length
    return block
  })
  return Buffer.concat([INDEX_MAGIC, ...BLOCKS, encodeTail({ blocks, lineCount: 9 }, offset)])
}

function generate(random: Random, mutate: (bytes: Buffer) => Buffer): Buffer {
  const blocks = TEXTS.map((text) => {
    const bytes = zstdCompressSync(random.int(3) === 0 ? mutate(text) : text)
    return random.int(8) === 0 ? mutate(bytes) : bytes
  })
  const table = new ByteWriter()
  let offset = INDEX_MAGIC.length
  for (const [index, bytes] of blocks.entries()) {
    const line = Buffer.from(plainIndexLine(LINES[index]?.[0] ?? ''))
    table.u64(offset).u32(bytes.length).u32(crcOf(bytes)).u32(line.length).put(line)
    offset += bytes.length
  }
  const packed = zstdCompressSync(random.int(2) === 0 ? mutate(table.finish()) : table.finish())
  const tail = new ByteWriter().u64(offset).u32(packed.length).u32(crcOf(packed)).u64(random.int(4) === 0 ? random.int(2 ** 31) : 9).put(INDEX_MAGIC).finish()
  return Buffer.concat([INDEX_MAGIC, ...blocks, packed, tail])
}

const indexFile: FuzzTarget = {
  name: 'index-file',
  summary: 'index files of dumps: lines, directories, bisection (src/catalog/index-file)',
  codes: ['index-damaged'],
  corpus: () => [whole(), Buffer.concat([INDEX_MAGIC, encodeTail({ blocks: [], lineCount: 0 }, INDEX_MAGIC.length)])],
  words: ['HFINDEX1', String(TEXTS[0]), '/b/', '\n'],
  generate,
  async run(input) {
    await using reader = await IndexReader.open(memoryFileDisk('/i', input), '/i')
    for await (const _ of reader.linesFrom()) void _
    await reader.has('/b/c')
    for await (const _ of reader.list('/')) void _
    for await (const _ of reader.list('/b')) void _
  },
}

export const INDEX_FILE_TARGETS: readonly FuzzTarget[] = [indexFile]
