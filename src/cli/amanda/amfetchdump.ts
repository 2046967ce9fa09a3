// What stock Amanda's `amfetchdump` does: finds dumps by the records, has their volumes brought, and writes, pipes or extracts them. What differs from what was
// dumped is told, also where stock Amanda says nothing (a dump that lacks a piece, one on a holding disk), and makes the exit code 1.

import { pump, sourceOf, type ByteSink, type ByteSource } from '../../kernel/byte-stream.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { compareSums } from '../../restore/amanda/compare-sums.ts'
import type { LoadVolume } from '../../restore/amanda/dump-parts.ts'
import { neededFor, neededLines, planDumps, type KnownPart, type PartPlace, type PlannedDump } from '../../restore/amanda/fetch-plan.ts'
import type { SumsOfLog } from '../../restore/amanda/logged-sums.ts'
import { restoredName } from '../../restore/amanda/restored-name.ts'
import { openStoredDump, openStoredPart, type StoredDump } from '../../restore/amanda/stored-dump.ts'
import { transfer, type TransferEnd } from '../../restore/amanda/transfer.ts'
import { headerAfterUndo, planUndo } from '../../restore/amanda/undo-plan.ts'
import type { ProgramPermit } from '../../stream/permitted-programs.ts'
import { encodeDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { matchesSpec } from '../../wire/amanda/dump-spec.ts'
import { headerSummary } from '../../wire/amanda/header-summary.ts'
import type { AmfetchdumpCall } from './amfetchdump-options.ts'
import { extractor, type Selection } from './extract-here.ts'
import { pipeSink, type Operator } from './operator.ts'
import { restoredFile, writeToDescriptor } from './restored-file.ts'

export interface AmfetchdumpMachine {
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly clock: Clock
  readonly operator: Operator
  readonly permits: ProgramPermit
  readonly load: LoadVolume
  readonly holdingDirs: readonly string[]
  readonly sums: SumsOfLog
  readonly select: Selection | undefined
  readonly isRoot: boolean
  readonly signal: AbortSignal
}

const PROGRESS_MS = 1000

class Amfetchdump {
  readonly #call: AmfetchdumpCall
  readonly #machine: AmfetchdumpMachine
  #exitCode = 0

  constructor(call: AmfetchdumpCall, machine: AmfetchdumpMachine) {
    this.#call = call
    this.#machine = machine
  }

  #say(line: string): void {
    this.#machine.operator.err(`${line}\n`)
  }

  async run(known: readonly KnownPart[]): Promise<number> {
    const { isPipe, isAssumed } = this.#call
    let dumps = planDumps(known.filter((part) => matchesSpec(this.#call.specs, { ...part, datestamp: part.timestamp })))
    if (dumps.length === 0) {
      this.#say('No matching dumps found')
      return 1
    }
    if (isPipe && dumps.length > 1) {
      this.#say('WARNING: Fetch first dump only because sending data stream to a pipe')
      dumps = dumps.slice(0, 1)
    }
    for (const line of neededLines(neededFor(dumps))) this.#say(line)
    this.#say('\nPress enter when ready')
    if (!isAssumed) await this.#machine.operator.readLine()
    for (const dump of dumps) await this.#fetch(dump)
    return this.#exitCode
  }

  async #fetch(dump: PlannedDump): Promise<void> {
    if (this.#machine.signal.aborted) throw new Fault('cancelled', 'Interrupted')
    const places = { disk: this.#machine.disk, load: this.#machine.load, holdingDirs: this.#machine.holdingDirs }
    if (dump.missing.length > 0) {
      const fault = await openStoredDump(places, dump).then(() => undefined, faultOf)
      this.#say(fault?.message ?? '')
      this.#exitCode = 1
      return
    }
    if (!this.#call.isInParts || dump.holdingFile !== undefined) return await this.#give(dump, await openStoredDump(places, dump), undefined)
    for (const place of dump.parts) await this.#give(dump, await openStoredPart(places, dump, place), place)
  }

  /** Writes one dump, or one part of it when `part` is given. */
  async #give(dump: PlannedDump, stored: StoredDump, part: PartPlace | undefined): Promise<void> {
    const plan = planUndo(stored.header, this.#call.undo, this.#machine.permits)
    if (plan.isHeldBack) this.#say('Not decompressing because the backup image is not decrypted')
    const after = headerAfterUndo(stored.header, plan, 'compress-programs')
    this.#announce(stored.place, dump.holdingFile, stored.place === undefined ? stored.header : after)
    const progress = this.#progress()
    // Further parts are shown as they are stored.
    const source = stored.open(({ place, header }) => this.#announce(place, undefined, header))
    let end: TransferEnd
    try {
      const consume = await this.#consumer(dump, after, part)
      end = await transfer(source, plan, consume, { processes: this.#machine.processes, onLine: (line) => this.#say(`filter stderr: ${line}`), onBytes: progress.onBytes })
    } catch (error) {
      source.cancel(faultOf(error))
      progress.end()
      throw error
    }
    progress.end()
    if (end.failure !== undefined) throw new Fault('process-failed', end.failure)
    if (part === undefined) this.#compare(dump, stored.header, end)
  }

  #compare(dump: PlannedDump, header: DumpFileHeader, end: TransferEnd): void {
    const lines = compareSums({ header, logged: dump.holdingFile === undefined ? this.#machine.sums.of(dump) : {}, source: end.sourceCrc, native: end.nativeCrc })
    for (const line of lines) this.#say(line)
    if (lines.length > 0) this.#exitCode = 1
  }

  #announce(place: PartPlace | undefined, holdingFile: string | undefined, header: DumpFileHeader): void {
    this.#say(`\nReading ${place === undefined ? `'${holdingFile}'` : `label '${place.label}' filenum ${place.fileNumber}`}`)
    this.#say(headerSummary(header))
  }

  #progress(): { readonly onBytes: (bytes: number) => void; readonly end: () => void } {
    const { clock, operator } = this.#machine
    let saidMs = clock.monotonicMs()
    let bytes = 0
    const show = (): string => `\r${Math.floor(bytes / 1024)} kb    `
    return {
      onBytes: (count) => {
        bytes = count
        if (clock.monotonicMs() - saidMs < PROGRESS_MS) return
        saidMs = clock.monotonicMs()
        operator.err(show())
      },
      end: () => operator.err(`${show()}\n`),
    }
  }

  async #consumer(dump: PlannedDump, header: DumpFileHeader, part: PartPlace | undefined): Promise<(bytes: ByteSource) => Promise<unknown>> {
    const { extract } = this.#call
    if (extract !== undefined) {
      const { disk, select, isRoot, signal } = this.#machine
      const extractAll = extractor(header, { target: extract.target, select, disk, isRoot, signal, say: (line) => this.#say(line) })
      return async (bytes) => {
        if (!(await extractAll(bytes))) this.#exitCode = 1
      }
    }
    const form = this.#call.undo.compress === 'none' || header.compress === 'N' ? '' : header.compress
    // A dump on a holding disk is one part.
    const partNumber = this.#call.isInParts ? (part?.partNumber ?? 1) : undefined
    const sink = this.#call.isPipe ? pipeSink(this.#machine.operator) : restoredFile(restoredName(dump, partNumber, form))
    await this.#putHeader(header, sink)
    return (bytes) => pump(bytes, sink)
  }

  async #putHeader(header: DumpFileHeader, sink: ByteSink): Promise<void> {
    const where = this.#call.header
    if (where.kind === 'none') return
    const { blockKib, ...plain } = header
    // A file has no blocks, and the hint in it names none.
    const block = encodeDumpHeader(blockKib === undefined ? header : plain)
    if (where.kind === 'with-data') await sink.write(block)
    else if (where.kind === 'descriptor') await writeToDescriptor(where.fd, block)
    else await pump(sourceOf(block), restoredFile(where.path))
  }
}

/** Returns the exit code: 0 or 1. `known`: what the records tell of dumps. */
export async function amfetchdump(call: AmfetchdumpCall, known: readonly KnownPart[], machine: AmfetchdumpMachine): Promise<number> {
  try {
    return await new Amfetchdump(call, machine).run(known)
  } catch (error) {
    const fault = faultOf(error)
    if (fault.code === 'internal') throw error
    const isUnreadable = fault.code === 'volume-damaged' && fault.cause !== undefined
    const message = isUnreadable ? 'Invalid amanda header while reading file header' : fault.message
    const advice = fault.code === 'program-refused' || fault.code === 'filter-unknown' ? `. ${fault.next}` : ''
    machine.operator.err(`${fault.code === 'usage-wrong' ? 'amfetchdump: ' : ''}${message}${advice}\n`)
    return 1
  }
}
