// All holding disks as one place (see contract.ts). Finds dumps by looking, keeps no state of its own but how much room there is, so it
// can never disagree with the disk.

import { parentOf, type Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { PID_FILE, UNFINISHED_SUFFIX } from '../../wire/amanda/holding-names.ts'
import { chunkBaseName, isInside, readChain, readChunkHeader } from './chunk-files.ts'
import type { HeldDump, HeldDumpReader, HoldingAllotment, HoldingArea, HoldingDiskLimits, HoldingDiskRoom, HoldingProblem, HoldingWriter } from './contract.ts'
import { readChunks } from './held-dump-reader.ts'
import { heldDump } from './holding-completion.ts'
import { listIfThere, recoverHolding, removeIfEmpty, runDirectories } from './holding-recovery.ts'
import { HoldingRoom } from './holding-room.ts'
import { openHoldingWriter } from './holding-writer.ts'
import { WritingPlaces } from './writing-places.ts'

/** All writers' buffers together, about. */
const BATCHES_BYTES_MAX = 8 * 1024 * 1024

export function createHoldingArea(disk: Disk, holdingDisks: readonly HoldingDiskLimits[], log: Log): HoldingArea {
  const rooms = holdingDisks.map((limits) => new HoldingRoom(disk, limits))
  const directories = holdingDisks.map(({ directory }) => directory)
  const writing = new Set<string>()

  async function freeBytes(): Promise<number> {
    let bytes = 0
    for (const room of rooms) bytes += Math.max(0, await room.roomBytes())
    return bytes
  }

  /** An allotment has seen to it that there is room. */
  async function placesFor(expectedBytes: number, allotment: HoldingAllotment | undefined): Promise<WritingPlaces> {
    const places = await WritingPlaces.begin(rooms, allotment)
    if (allotment !== undefined) return places
    const total = await freeBytes()
    if (expectedBytes > total) throw new Fault('holding-full', `the dump needs about ${expectedBytes} bytes and the holding disks have ${total}`)
    return places
  }

  async function create(header: DumpFileHeader, expectedBytes = 0, sum = new RunningCrc32c(), allotment?: HoldingAllotment): Promise<HoldingWriter> {
    const name = `${header.datestamp}/${chunkBaseName(header)}`
    if (!isInside(directories, `${directories[0] ?? ''}/${name}`) && directories.length > 0) throw new Fault('internal', `${JSON.stringify(name)} cannot be a name on a holding disk`)
    if (writing.has(name)) throw new Fault('holding-exists', `${name} is being written to the holding disk`)
    for (const directory of directories) {
      if ((await disk.stat(`${directory}/${name}`)) !== undefined) throw new Fault('holding-exists', `${directory}/${name} is on the holding disk already`)
    }
    const places = await placesFor(expectedBytes, allotment)
    writing.add(name)
    return openHoldingWriter({ disk, log, rooms, header, places, sum, batchBytesMax: () => BATCHES_BYTES_MAX / (2 * writing.size), onEnd: () => writing.delete(name) })
  }

  async function list(): Promise<{ dumps: HeldDump[]; problems: HoldingProblem[] }> {
    const dumps: HeldDump[] = []
    const problems: HoldingProblem[] = []
    for (const run of await runDirectories(disk, directories)) {
      for (const entry of await listIfThere(disk, run)) {
        if (entry.kind !== 'file' || entry.name === PID_FILE || entry.name.endsWith(UNFINISHED_SUFFIX)) continue
        const path = `${run}/${entry.name}`
        try {
          if ((await readChunkHeader(disk, path)).kind === 'file') dumps.push(heldDump(path, await readChain(disk, directories, path)))
        } catch (error) {
          problems.push({ path, fault: faultOf(error) })
        }
      }
    }
    return { dumps, problems }
  }

  async function open(path: string): Promise<HeldDumpReader> {
    if (!isInside(directories, path)) throw new Fault('file-missing', `${path} is not on a holding disk of this configuration`)
    const chain = await readChain(disk, directories, path)
    const sources: { cancel(reason: Fault): void }[] = []
    return {
      dump: heldDump(path, chain),
      read(offset = 0, length) {
        const source = readChunks(disk, chain, { offset, length, expectedCrc: chain.header.serverCrc })
        sources.push(source)
        return source
      },
      [Symbol.asyncDispose]() {
        for (const source of sources) source.cancel(new Fault('cancelled', 'the dump was closed'))
        return Promise.resolve()
      },
    }
  }

  async function remove(path: string): Promise<void> {
    if (!isInside(directories, path)) throw new Fault('file-missing', `${path} is not on a holding disk of this configuration`)
    const [first, ...rest] = (await readChain(disk, directories, path)).chunks.map((chunk) => chunk.path)
    if (first === undefined) return
    await disk.remove(first)
    await disk.syncDir(parentOf(first))
    for (const chunk of rest) await disk.remove(chunk)
    const dirs = new Set([first, ...rest].map(parentOf))
    for (const dir of dirs) await disk.syncDir(dir)
    for (const dir of dirs) await removeIfEmpty(disk, dir)
    for (const room of rooms) room.recheck()
  }

  return {
    create,
    list,
    open,
    remove,
    freeBytes,
    async rooms() {
      const told: HoldingDiskRoom[] = []
      for (const room of rooms) told.push({ availableBytes: await room.availableBytes(), chunkBytes: room.limits.chunkBytes })
      return told
    },
    async recover(keepPartials) {
      const done = await recoverHolding(disk, directories, keepPartials)
      for (const room of rooms) room.recheck()
      return done
    },
    async claim(run, pid) {
      // Since the last run, days ago perhaps, others have filled or emptied the disks.
      for (const room of rooms) room.recheck()
      for (const directory of directories) {
        try {
          await disk.makeDir(`${directory}/${run}`)
          await using file = await disk.open(`${directory}/${run}/${PID_FILE}`, 'create')
          await file.write([Buffer.from(String(pid))], 0)
        } catch (error) {
          // Only a mark for others. A full holding disk must not stop the run that would empty it.
          log.warn('a run could not be marked on a holding disk', { directory, error: faultOf(error).message })
        }
      }
    },
    async release(run) {
      for (const directory of directories) {
        await disk.remove(`${directory}/${run}/${PID_FILE}`)
        await removeIfEmpty(disk, `${directory}/${run}`)
      }
    },
  }
}
