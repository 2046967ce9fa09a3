// The names in a dump where stock Amanda looks for them: `<indexdir>/<host>/<disk>/<timestamp>_<level>-unsorted.gz` while nothing asks for sorted ones, with the header of the dump beside it.
// Lines go in as they come, compressed; the file has its name when all of it is durable. Format: docs/formats/amanda-index.md.

import { createGzip, type Gzip } from 'node:zlib'
import type { DumpRecord } from '../../catalog/contract.ts'
import type { IndexTotals, IndexWriter } from '../../catalog/index-file/index-writer.ts'
import { parentOf, replaceFile, type Disk, type DiskFile } from '../../kernel/disk.ts'
import { formatDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { sanitiseFileName } from '../../wire/amanda/quote.ts'

type IndexedDump = Pick<DumpRecord, 'run' | 'host' | 'disk' | 'level'>

/** Without its ending. */
export function amandaIndexPath(indexDir: string, { run, host, disk, level }: IndexedDump): string {
  return `${indexDir}/${sanitiseFileName(host)}/${sanitiseFileName(disk)}/${run}_${level}`
}

const FAST = 1

class AmandaIndexWriter implements IndexWriter {
  readonly #disk: Disk
  readonly #path: string
  readonly #file: DiskFile
  readonly #gzip: Gzip | undefined
  #position = 0
  #lineCount = 0
  #leftOut = 0
  #pending: Buffer[] = []

  constructor(disk: Disk, path: string, file: DiskFile, isCompressed: boolean) {
    this.#disk = disk
    this.#path = path
    this.#file = file
    this.#gzip = isCompressed ? createGzip({ level: FAST }) : undefined
    this.#gzip?.on('data', (piece: Buffer) => this.#pending.push(piece))
  }

  async add(line: string): Promise<void> {
    if (!line.startsWith('/')) {
      this.#leftOut++
      return
    }
    this.#lineCount++
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    if (this.#gzip === undefined) this.#pending.push(bytes)
    else if (!this.#gzip.write(bytes)) await new Promise<void>((resolve) => this.#gzip?.once('drain', resolve))
    await this.#flush()
  }

  async finish(): Promise<IndexTotals> {
    try {
      await this.#end()
      await this.#flush()
      await this.#file.sync()
      await this.#file.close()
      await this.#disk.rename(`${this.#path}.tmp`, this.#path)
      await this.#disk.syncDir(parentOf(this.#path))
    } catch (error) {
      await this.#disk.remove(`${this.#path}.tmp`).catch(() => undefined)
      throw error
    }
    return { lineCount: this.#lineCount, leftOut: this.#leftOut, bytes: this.#position }
  }

  async abandon(): Promise<void> {
    this.#gzip?.destroy()
    await this.#file.close().catch(() => undefined)
    await this.#disk.remove(`${this.#path}.tmp`).catch(() => undefined)
  }

  async #end(): Promise<void> {
    const gzip = this.#gzip
    if (gzip === undefined) return
    await new Promise<void>((resolve, reject) => {
      gzip.once('end', resolve).once('error', reject)
      gzip.end()
    })
  }

  async #flush(): Promise<void> {
    const pieces = this.#pending
    if (pieces.length === 0) return
    this.#pending = []
    await this.#file.write(pieces, this.#position)
    this.#position += pieces.reduce((sum, { length }) => sum + length, 0)
  }
}

/** The index of a dump that begins. */
export async function createAmandaIndex(disk: Disk, indexDir: string, dump: IndexedDump, isCompressed: boolean): Promise<IndexWriter> {
  const path = `${amandaIndexPath(indexDir, dump)}-unsorted${isCompressed ? '.gz' : ''}`
  await disk.makeDir(parentOf(path))
  return new AmandaIndexWriter(disk, path, await disk.open(`${path}.tmp`, 'create'), isCompressed)
}

/** The header as text, without padding. */
export async function writeIndexHeader(disk: Disk, indexDir: string, header: DumpFileHeader): Promise<void> {
  const path = `${amandaIndexPath(indexDir, { run: header.datestamp as DumpRecord['run'], host: header.host, disk: header.disk, level: header.level })}.header`
  await disk.makeDir(parentOf(path))
  const { continuation: _continuation, blockKib: _blockKib, ...plain } = header
  await replaceFile(disk, path, Buffer.from(formatDumpHeader(plain), 'utf8'))
}
