// What stock Amanda's `amrestore` does: gives back the files of one volume, or one dump on a holding disk, by what their headers say; no record is asked. A file that
// is a whole dump is compared with the checksum in its header, which stock Amanda does not do.

import { pump, type ByteSource } from '../../kernel/byte-stream.ts'
import type { Disk } from '../../kernel/disk.ts'
import { parentOf } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { compareSums } from '../../restore/amanda/compare-sums.ts'
import { isDumpFile, seekPart } from '../../restore/amanda/dump-parts.ts'
import { restoredName } from '../../restore/amanda/restored-name.ts'
import { transfer, type TransferEnd } from '../../restore/amanda/transfer.ts'
import { headerAfterUndo, planUndo } from '../../restore/amanda/undo-plan.ts'
import type { Device } from '../../storage/device.ts'
import { readChain } from '../../storage/holding/chunk-files.ts'
import { readChunks } from '../../storage/holding/held-dump-reader.ts'
import type { ProgramPermit } from '../../stream/permitted-programs.ts'
import { encodeDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { matchesSpec } from '../../wire/amanda/dump-spec.ts'
import { headerSummary } from '../../wire/amanda/header-summary.ts'
import type { LoadedConfiguration } from './amanda-program.ts'
import type { AmrestoreCall } from './amrestore-options.ts'
import { pipeSink, type Operator } from './operator.ts'
import { restoredFile } from './restored-file.ts'
import { openShelf } from './volume-shelf.ts'

export interface AmrestoreMachine {
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly operator: Operator
  readonly loaded: LoadedConfiguration | undefined
  readonly permits: ProgramPermit
  readonly signal: AbortSignal
}

/** Blocks of a volume in the hint that is written into headers. */
const BLOCK_KIB = 32

class Amrestore {
  readonly #call: AmrestoreCall
  readonly #machine: AmrestoreMachine
  #exitCode = 0

  constructor(call: AmrestoreCall, machine: AmrestoreMachine) {
    this.#call = call
    this.#machine = machine
  }

  #say(line: string): void {
    this.#machine.operator.err(`${line}\n`)
  }

  async run(): Promise<number> {
    const { source, isHolding } = this.#call
    const stat = isHolding ? undefined : await this.#machine.disk.stat(source)
    if (isHolding || stat?.kind === 'file') await this.#holding(source)
    else await this.#volume()
    return this.#exitCode
  }

  async #holding(path: string): Promise<void> {
    const { disk } = this.#machine
    this.#say(`Reading from '${path}'`)
    // The other chunks lie beside it, or where the configuration has its holding disks.
    const chain = await readChain(disk, [parentOf(parentOf(path.startsWith('/') ? path : `${process.cwd()}/${path}`))], path)
    if (!this.#isMeant(chain.header)) return
    this.#say(headerSummary(chain.header))
    await this.#restore(chain.header, readChunks(disk, chain, { offset: 0 }), chain.bytes)
  }

  #isMeant(header: DumpFileHeader): boolean {
    return matchesSpec(this.#call.specs, header)
  }

  async #volume(): Promise<void> {
    const { disk, loaded } = this.#machine
    const shelf = await openShelf(disk, this.#call.source, loaded?.configuration)
    const found = await shelf.current()
    if ('failure' in found) throw new Fault('volume-missing', found.failure)
    if (this.#call.label !== undefined && found.label !== this.#call.label) throw new Fault('volume-missing', `Found unexpected label '${found.label}'`)
    const numbers = (await found.device.listParts()).map(({ fileNumber }) => fileNumber)
    const { fileNumber } = this.#call
    this.#say(`Restoring from tape ${found.label} starting with file ${fileNumber}.`)
    if (fileNumber > Math.max(0, ...numbers) + 1) throw new Fault('volume-damaged', 'while reading next header: Attempt to read past tape-end file')
    await this.#files(found.device)
  }

  async #files(device: Device): Promise<void> {
    for (let at = this.#call.fileNumber; ; at++) {
      if (this.#machine.signal.aborted) throw new Fault('cancelled', 'Interrupted')
      const found = await seekPart(device, at).catch((error: unknown) => {
        const fault = faultOf(error)
        throw fault.code === 'volume-damaged' ? new Fault('volume-damaged', 'while reading next header: Invalid amanda header while reading file header', { cause: fault }) : fault
      })
      if (found === undefined) return
      at = found.fileNumber
      await using reader = found.reader
      const { header } = reader
      const isMeant = isDumpFile(header) && this.#isMeant(header)
      this.#say(`amrestore: ${at}: ${isMeant ? 'restoring' : 'skipping'} ${headerSummary(header)}`)
      if (!isMeant) continue
      await this.#restore(header, reader.read(), reader.bytes)
      if (this.#call.isPipe) return
    }
  }

  async #restore(header: DumpFileHeader, source: ByteSource, bytes: number): Promise<void> {
    const { isPipe, isRaw, hasHeader, goesOnAfterFilter } = this.#call
    const { operator, permits, processes } = this.#machine
    const plan = planUndo(header, this.#call.undo, permits)
    const after = headerAfterUndo(header, plan, 'crypt-programs')
    const form = `${this.#call.undo.compress === 'none' || after.compress === 'N' ? '' : after.compress}${isRaw ? '.RAW' : ''}`
    const sink = isPipe ? pipeSink(operator) : restoredFile(restoredName(header, header.part?.number ?? 1, form))
    if (hasHeader) await sink.write(encodeDumpHeader({ ...after, blockKib: BLOCK_KIB }))
    const end = await transfer(source, plan, (bytes) => pump(bytes, sink), { processes, onLine: (line) => this.#say(`filter stderr: ${line}`) })
    if (end.failure !== undefined) {
      this.#say(`ERROR: ${end.failure}`)
      if (!goesOnAfterFilter) throw new Fault('process-failed', '')
      return
    }
    this.#compare(header, end, bytes)
  }

  /** Only a file that is the whole dump can be compared: header and checksum are of the whole. */
  #compare(header: DumpFileHeader, end: TransferEnd, bytes: number): void {
    const isWhole = header.kind === 'file' || (header.part?.number === 1 && header.serverCrc?.endsWith(`:${bytes}`) === true)
    if (!isWhole) return
    const lines = compareSums({ header, logged: {}, source: end.sourceCrc, native: end.nativeCrc })
    for (const line of lines) this.#say(line)
    if (lines.length > 0) this.#exitCode = 1
  }
}

/** Returns the exit code: 0 or 1. */
export async function amrestore(call: AmrestoreCall, machine: AmrestoreMachine): Promise<number> {
  try {
    return await new Amrestore(call, machine).run()
  } catch (error) {
    const fault = faultOf(error)
    if (fault.code === 'usage-wrong') machine.operator.err(`amrestore: ${fault.message}\n`)
    else if (fault.code === 'program-refused' || fault.code === 'filter-unknown') machine.operator.err(`ERROR: ${fault.message}. ${fault.next}\n`)
    else if (fault.message !== '') machine.operator.err(`ERROR: ${fault.message}\n`)
    if (fault.code === 'internal') throw error
    return 1
  }
}
