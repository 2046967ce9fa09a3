// Indexes of a chain laid over each other, with lines that no archiver writes. What a walk finds must be found by its path as well.

import { crcOf, encodeBlock, encodeTail, INDEX_MAGIC, indexPath } from '../../../src/catalog/index-file/index-format.ts'
import type { DumpRecord } from '../../../src/catalog/contract.ts'
import { dumpId, runId } from '../../../src/catalog/ids.ts'
import type { Disk } from '../../../src/kernel/disk.ts'
import { openTreeAt, type TreeEntry } from '../../../src/restore/tree-at.ts'
import { plainIndexLine } from '../../../src/wire/tar/index-entry.ts'
import { memoryFileDisk } from '../memory-file-disk.ts'
import { must, type FuzzTarget } from '../target.ts'

const LAYERS_MAX = 4
const ENTRIES_MAX = 300
const ATTRIBUTES = ' 512 1024 12 5.000000001 644 1 2 w w'
const FULL = ['/', `/a/\td${ATTRIBUTES}`, `/a/x\tf${ATTRIBUTES}`, '/a-b', '/b/c/d', `/l\tl${ATTRIBUTES}\t>a/x`].join('\n')
const NEXT = ['/', `/a\tf${ATTRIBUTES}`, '/a/\tw - 0 0 0 0 0 0 - -', `/n/\td${ATTRIBUTES}\t</b/`, '/n/c/d\tw - 0 0 0 0 0 0 - -', `/o/\td${ATTRIBUTES}\to`].join('\n')

function encode(text: string): Buffer {
  const lines = [...new Set(text.split('\n').filter((line) => line.startsWith('/')))].toSorted((a, b) => (a < b ? -1 : 1))
  const [first] = lines
  if (first === undefined) return Buffer.concat([INDEX_MAGIC, encodeTail({ blocks: [], lineCount: 0 }, INDEX_MAGIC.length)])
  // A second block, so that a search goes over a border.
  const cut = Math.ceil(lines.length / 2)
  let offset = INDEX_MAGIC.length
  const parts = [lines.slice(0, cut), lines.slice(cut)].filter((part) => part.length > 0)
  const encoded = parts.map((part) => encodeBlock(Buffer.from(`${part.join('\n')}\n`, 'latin1')))
  const blocks = encoded.map((bytes, index) => {
    const block = { offset, bytes: bytes.length, crc: crcOf(bytes), firstName: plainIndexLine(parts[index]?.[0] ?? '') }
    offset += bytes.length
    return block
  })
  return Buffer.concat([INDEX_MAGIC, ...encoded, encodeTail({ blocks, lineCount: lines.length }, offset)])
}

function record(level: number): DumpRecord {
  const run = runId(`2026010100000${level}`)
  return { id: dumpId(run, 'h', '/d', level), run, host: 'h', disk: '/d', level, status: 'complete', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
}

const indexTree: FuzzTarget = {
  name: 'index-tree',
  summary: 'indexes of a chain over each other, with any lines (src/restore/tree-at.ts)',
  codes: ['index-damaged'],
  corpus: () => [Buffer.from(`${FULL}\f${NEXT}`), Buffer.from(`${FULL}\f${FULL}\f${NEXT}`)],
  words: ['\f', '/a', '/a/', '/n/', '\tw - 0 0 0 0 0 0 - -', `\td${ATTRIBUTES}`, '\to', '\t</', '\t</n/', '\t</b/c/', '\n/'],
  inputBytesMax: 4096,
  async run(input) {
    const texts = input.toString('latin1').split('\f').slice(0, LAYERS_MAX)
    const chain = texts.map((_, level) => record(level))
    const disks = new Map(texts.map((text, level) => [indexPath('/i', record(level)), encode(text)]))
    const disk: Disk = { ...memoryFileDisk('', Buffer.alloc(0)), open: (name, mode) => memoryFileDisk(name, disks.get(name) ?? Buffer.alloc(0)).open(name, mode) }
    await using tree = await openTreeAt({ disk, directory: '/i' }, chain)
    const found: TreeEntry[] = []
    for await (const entry of tree.walk('/')) {
      found.push(entry)
      if (found.length >= ENTRIES_MAX) break
    }
    const paths = new Set<string>()
    for (const entry of found) {
      must(entry.path.startsWith('/') && (entry.path === '/' || !entry.path.endsWith('/')), 'a path has one form')
      must(!paths.has(entry.path), 'a path is told once')
      paths.add(entry.path)
      const same = await tree.stat(entry.path)
      must(same?.kind === entry.kind && same.dump === entry.dump && same.attributes?.offset === entry.attributes?.offset, `what a walk tells of ${JSON.stringify(entry.path)} is what is there`)
    }
  },
}

export const INDEX_TREE_TARGETS: readonly FuzzTarget[] = [indexTree]
