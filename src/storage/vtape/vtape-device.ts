// One volume in a directory, as Amanda's vfs device keeps it: `00000.LABEL` and `NNNNN.host.disk.level`, each a 32 KiB header and data.
// Never overwrites a file, never removes one that is not its own. What is being written has a hidden name that stock Amanda does
// not see, and gets its real one when it is durable. Format: docs/formats/vtape.md.

import { assert } from '../../kernel/assert.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { Fault, faultOf, systemErrorCode } from '../../kernel/fault.ts'
import { DUMP_HEADER_BYTES, decodeDumpHeader, encodeDumpHeader, type DumpHeader } from '../../wire/amanda/dump-header.ts'
import { sanitiseFileName } from '../../wire/amanda/quote.ts'
import type { Device, DeviceFile, DeviceStatistics, PartReader, PartWriter, VolumeState } from '../device.ts'
import { fileSource, type FileSource } from '../file-source.ts'
import { SequentialWriter } from '../sequential-writer.ts'

/** Stock Amanda passes over names that do not begin with a digit. */
const UNFINISHED_PREFIX = '.holdfast-'
const NUMBERED = /^(\d{1,9})\./
const LOCK = /^\d+-lock$/
/** Dirty pages are written back in steps of this size, so that the sync at the end of a part is short. */
const WRITE_BACK_BYTES = 64 * 1024 * 1024
const FILE_NUMBER_MAX = 99_999

interface Contents {
  readonly labels: readonly string[]
  readonly parts: ReadonlyMap<number, string>
  readonly unfinished: readonly string[]
  /** Names that no volume has. */
  readonly strange: readonly string[]
}

class VtapeDevice implements Device {
  readonly name: string
  readonly #disk: Disk
  readonly #dir: string
  readonly #capacityBytes: number | undefined
  #isWriting = false

  constructor(disk: Disk, dir: string, capacityBytes: number | undefined) {
    this.name = `vtape ${dir}`
    this.#disk = disk
    this.#dir = dir
    this.#capacityBytes = capacityBytes
  }

  async #contents(): Promise<Contents> {
    const labels: string[] = []
    const parts = new Map<number, string>()
    const unfinished: string[] = []
    const strange: string[] = []
    for (const entry of await listOrMissing(this.#disk, this.#dir)) {
      const number = NUMBERED.exec(entry.name)?.[1]
      if (entry.name.startsWith(UNFINISHED_PREFIX)) unfinished.push(entry.name)
      else if (number !== undefined && entry.kind === 'file') {
        if (Number(number) === 0) labels.push(entry.name)
        else parts.set(Number(number), entry.name)
      } else if (!LOCK.test(entry.name)) strange.push(entry.name)
    }
    return { labels, parts, unfinished, strange }
  }

  async #usedBytes(found: Contents): Promise<number> {
    let bytes = 0
    for (const file of [...found.labels, ...found.parts.values()]) bytes += (await this.#disk.stat(this.#at(file)))?.bytes ?? 0
    return bytes
  }

  async state(): Promise<VolumeState> {
    const { labels, parts, strange } = await this.#contents()
    const [label, second] = labels
    if (label === undefined) {
      if (parts.size === 0 && strange.length === 0) return { kind: 'empty' }
      return { kind: 'foreign', reason: `it holds ${strange[0] ?? [...parts.values()][0]} but no label` }
    }
    if (second !== undefined) return { kind: 'foreign', reason: `it has two labels, ${label} and ${second}` }
    try {
      await using file = await this.#disk.open(this.#at(label), 'read')
      const header = await readHeader(file, this.#at(label))
      if (header.kind !== 'tapestart') return { kind: 'foreign', reason: `${label} is not a label` }
      return { kind: 'labelled', label: header.label, datestamp: header.datestamp }
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code === 'volume-damaged') return { kind: 'foreign', reason: fault.message, isDamaged: true }
      throw fault
    }
  }

  async writeLabel(label: string, datestamp: string): Promise<void> {
    assert(!this.#isWriting, 'a volume is labelled while a part is written to it')
    const block = encodeDumpHeader({ kind: 'tapestart', datestamp, label })
    const found = await this.#contents()
    const fresh = this.#at(`${UNFINISHED_PREFIX}label`)
    // Data goes before the old label, and the old label before the new one comes: whatever instant power fails, the slot is the old
    // volume with less on it, empty, or the new volume; never files without a label. A full disk has room again before we write.
    for (const file of found.parts.values()) await this.#disk.remove(this.#at(file))
    await this.#disk.syncDir(this.#dir)
    {
      await using file = await this.#disk.open(fresh, 'create')
      await file.write([block], 0)
      await file.sync()
    }
    const target = `00000.${sanitiseFileName(label)}`
    for (const file of [...found.labels, ...found.unfinished]) if (file !== target && this.#at(file) !== fresh) await this.#disk.remove(this.#at(file))
    await this.#disk.syncDir(this.#dir)
    await this.#disk.rename(fresh, this.#at(target))
    await this.#disk.syncDir(this.#dir)
  }

  async createPart(header: DumpHeader): Promise<PartWriter> {
    assert(!this.#isWriting, 'two parts are written to one volume at once')
    const block = encodeDumpHeader(header)
    const found = await this.#contents()
    if (found.labels.length !== 1) throw new Fault('volume-foreign', `${this.#dir} is not a labelled volume`)
    const fileNumber = Math.max(0, ...found.parts.keys()) + 1
    if (fileNumber > FILE_NUMBER_MAX) throw new Fault('volume-damaged', `${this.#dir} has no file numbers left`)
    const digits = String(fileNumber).padStart(5, '0')
    const suffix = header.kind === 'file' || header.kind === 'cont-file' || header.kind === 'split-file' ? `${header.host}.${header.disk}.${header.level}` : header.kind
    const room = this.#capacityBytes === undefined ? Number.POSITIVE_INFINITY : this.#capacityBytes - (await this.#usedBytes(found)) - DUMP_HEADER_BYTES
    for (const file of found.unfinished) await this.#disk.remove(this.#at(file))
    const unfinished = this.#at(`${UNFINISHED_PREFIX}${digits}`)
    const file = await this.#disk.open(unfinished, 'create')
    this.#isWriting = true
    return partWriter({ disk: this.#disk, dir: this.#dir, file, block, fileNumber, unfinished, target: this.#at(`${digits}.${sanitiseFileName(suffix)}`), room, onEnd: () => (this.#isWriting = false) })
  }

  async openPart(fileNumber: number): Promise<PartReader | undefined> {
    const file = (await this.#contents()).parts.get(fileNumber)
    if (file === undefined) return undefined
    const handle = await this.#disk.open(this.#at(file), 'read')
    try {
      return partReader(handle, await readHeader(handle, this.#at(file)), (await handle.size()) - DUMP_HEADER_BYTES)
    } catch (error) {
      await handle.close()
      throw faultOf(error)
    }
  }

  async listParts(): Promise<DeviceFile[]> {
    const files: DeviceFile[] = []
    for (const [fileNumber, file] of (await this.#contents()).parts) {
      const stat = await this.#disk.stat(this.#at(file))
      files.push({ fileNumber, bytes: Math.max(0, (stat?.bytes ?? 0) - DUMP_HEADER_BYTES) })
    }
    return files.toSorted((a, b) => a.fileNumber - b.fileNumber)
  }

  async statistics(): Promise<DeviceStatistics> {
    return { usedBytes: await this.#usedBytes(await this.#contents()), capacityBytes: this.#capacityBytes }
  }

  #at(file: string): string {
    return `${this.#dir}/${file}`
  }
}

/** A device on directory `dir`, which must exist: a slot that has vanished is never made again here. */
export function openVtapeDevice(disk: Disk, dir: string, capacityBytes: number | undefined): Device {
  return new VtapeDevice(disk, dir, capacityBytes)
}

async function listOrMissing(disk: Disk, dir: string): Promise<Awaited<ReturnType<Disk['list']>>> {
  try {
    return await disk.list(dir)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Fault('volume-missing', `the volume directory ${dir} is not there`, { cause: error })
    throw faultOf(error)
  }
}

/** The header at the start of `file`. Throws `volume-damaged` when it is short or cannot be understood. */
async function readHeader(file: DiskFile, path: string): Promise<DumpHeader> {
  const block = Buffer.alloc(DUMP_HEADER_BYTES)
  let filled = 0
  while (filled < block.length) {
    const count = await file.read(block.subarray(filled), filled)
    if (count === 0) throw new Fault('volume-damaged', `${path} is shorter than a header`)
    filled += count
  }
  try {
    return decodeDumpHeader(block)
  } catch (error) {
    throw new Fault('volume-damaged', `${path}: ${faultOf(error).message}`, { cause: error })
  }
}

interface PartTarget {
  readonly disk: Disk
  readonly dir: string
  readonly file: DiskFile
  readonly block: Uint8Array
  readonly fileNumber: number
  readonly unfinished: string
  readonly target: string
  /** Bytes of data the volume still takes. */
  readonly room: number
  readonly onEnd: () => void
}

function partWriter(part: PartTarget): PartWriter {
  const writer = new SequentialWriter(part.file, DUMP_HEADER_BYTES)
  let isHeaderWritten = false
  let writeBackAt = WRITE_BACK_BYTES
  let writeBack: Promise<unknown> = Promise.resolve()
  let isEnded = false

  async function writeHeader(): Promise<void> {
    isHeaderWritten = true
    await part.file.write([part.block], 0)
  }

  return {
    fileNumber: part.fileNumber,
    async write(piece) {
      assert(!isEnded, 'write to a part that has ended')
      if (writer.bytes + piece.length > part.room) return 'full'
      try {
        if (!isHeaderWritten) await writeHeader()
        await writer.write(piece)
      } catch (error) {
        const fault = faultOf(error)
        if (fault.code === 'disk-full') return 'full'
        throw fault
      }
      if (writer.bytes >= writeBackAt) {
        writeBackAt = writer.bytes + WRITE_BACK_BYTES
        await writeBack
        // The sync at the end of the part reports what fails here.
        writeBack = part.file.sync().catch(() => undefined)
      }
      return 'written'
    },
    async finish() {
      assert(!isEnded, 'a part is finished twice')
      if (!isHeaderWritten) await writeHeader()
      await writer.flush()
      await writeBack
      await part.file.sync()
      await part.file.close()
      isEnded = true
      part.onEnd()
      await part.disk.rename(part.unfinished, part.target)
      await part.disk.syncDir(part.dir)
    },
    async abandon() {
      if (isEnded) return
      isEnded = true
      await writer.settle()
      await writeBack
      part.onEnd()
      await part.file.close()
      await part.disk.remove(part.unfinished)
      await part.disk.syncDir(part.dir)
    },
  }
}

function partReader(file: DiskFile, header: DumpHeader, bytes: number): PartReader {
  const sources = new Set<FileSource>()
  return {
    header,
    bytes,
    read(offset = 0, length = bytes): ByteSource {
      const source = fileSource(file, DUMP_HEADER_BYTES + offset, DUMP_HEADER_BYTES + Math.min(bytes, offset + length))
      sources.add(source)
      return {
        async read() {
          const piece = await source.read()
          if (piece === null) sources.delete(source)
          return piece
        },
        cancel(reason) {
          source.cancel(reason)
          // Its buffers are large, and a part may be read from in thousands of places.
          void source.settled().then(() => sources.delete(source))
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const source of sources) {
        source.cancel(new Fault('cancelled', 'the part was closed'))
        await source.settled()
      }
      await file.close()
    },
  }
}
