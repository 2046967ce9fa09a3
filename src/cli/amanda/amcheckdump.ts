// What stock Amanda's `amcheckdump` does: reads every dump of one run back from its volumes, undoes its filters, has tar list what is an archive of it, and compares
// all checksums. Everything is printed to standard output.

import { pump, type ByteSink } from '../../kernel/byte-stream.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { describeExit, type ProcessRunner } from '../../kernel/processes.ts'
import { compareSums } from '../../restore/amanda/compare-sums.ts'
import { neededFor, neededLines, planDumps, type KnownPart, type PlannedDump } from '../../restore/amanda/fetch-plan.ts'
import type { SumsOfLog } from '../../restore/amanda/logged-sums.ts'
import { tellLines } from '../../restore/amanda/program-filter.ts'
import { openStoredDump, type DumpPlaces } from '../../restore/amanda/stored-dump.ts'
import { transfer, type TransferEnd } from '../../restore/amanda/transfer.ts'
import { planUndo } from '../../restore/amanda/undo-plan.ts'
import type { ProgramPermit } from '../../stream/permitted-programs.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { matchDatestamp } from '../../wire/amanda/match-expression.ts'
import { isTarArchive } from '../../wire/amanda/tar-dump.ts'

export interface AmcheckdumpMachine {
  readonly places: DumpPlaces
  readonly processes: ProcessRunner
  readonly permits: ProgramPermit
  readonly sums: SumsOfLog
  readonly out: (text: string) => void
  readonly signal: AbortSignal
}

const TAR = '/bin/tar'
const EVERYTHING = { decrypt: 'always', decompress: 'always', compress: 'none' } as const

/** How the lister of an archive ended; undefined: well. */
interface Lister {
  readonly sink: ByteSink
  readonly failure: () => Promise<string | undefined>
}

/** The dumps of the newest run that wrote volumes and that `expression` means. Throws `usage-wrong` for an expression that is none. */
export function checkedDumps(known: readonly KnownPart[], expression: string | undefined): PlannedDump[] {
  const written = known.filter(({ isOnHolding, label, writeTimestamp }) => !isOnHolding && label !== '' && (expression === undefined || matchDatestamp(expression, writeTimestamp)))
  const newest = written.reduce((last, { writeTimestamp }) => (writeTimestamp > last ? writeTimestamp : last), '')
  return planDumps(written.filter(({ writeTimestamp }) => writeTimestamp === newest))
}

function count(number: number, tail: string): string {
  return `${number} image${number === 1 ? '' : 's'} ${tail}`
}

class Amcheckdump {
  readonly #machine: AmcheckdumpMachine
  #good = 0
  #bad = 0

  constructor(machine: AmcheckdumpMachine) {
    this.#machine = machine
  }

  #say(line: string): void {
    this.#machine.out(`${line}\n`)
  }

  async run(dumps: readonly PlannedDump[]): Promise<number> {
    if (dumps.length === 0) {
      this.#say('No matching dumps found')
      this.#say('No images validated.')
      return 1
    }
    for (const line of neededLines(neededFor(dumps))) this.#say(line)
    this.#say('')
    for (const dump of dumps) if (!(await this.#check(dump))) break
    return this.#sum(dumps.length)
  }

  #sum(total: number): number {
    if (this.#good === total) {
      this.#say(`All image${total === 1 ? '' : 's'} (${total}) successfully validated`)
      return 0
    }
    if (this.#good > 0) this.#say(count(this.#good, 'successfully validated.'))
    if (this.#bad > 0) this.#say(count(this.#bad, 'failed to be correctly validated.'))
    const left = total - this.#good - this.#bad
    if (left > 0) this.#say(count(left, 'not validated.'))
    return 1
  }

  /** False when the others cannot be checked either, as stock Amanda has it. */
  async #check(dump: PlannedDump): Promise<boolean> {
    if (this.#machine.signal.aborted) throw new Fault('cancelled', 'Interrupted')
    const parts = dump.parts.length > 1 ? ` (${dump.parts.length} parts)` : ''
    this.#say(`Validating image ${dump.host}:${dump.disk} dumped ${dump.datestamp} level ${dump.level}${parts}`)
    try {
      return await this.#read(dump)
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code === 'internal') throw error
      this.#say(fault.code === 'volume-damaged' && fault.cause !== undefined ? 'Invalid amanda header while reading file header' : fault.message)
      return fault.code === 'dump-missing'
    }
  }

  async #read(dump: PlannedDump): Promise<boolean> {
    const { places, processes, permits, sums } = this.#machine
    const stored = await openStoredDump(places, dump)
    const plan = planUndo(stored.header, EVERYTHING, permits)
    const reading = ({ label, fileNumber }: { readonly label: string; readonly fileNumber: number }): void => this.#say(`Reading volume ${label} file ${fileNumber}`)
    if (stored.place !== undefined) reading(stored.place)
    const lister = await this.#lister(stored.header)
    let bytes = 0
    let end: TransferEnd | undefined
    let failure: string | undefined
    try {
      end = await transfer(stored.open(({ place }) => reading(place)), plan, (source) => pump(source, lister.sink), {
        processes,
        onLine: (line) => this.#say(`filter stderr: ${line}`),
        onBytes: (read) => (bytes = read),
      })
    } finally {
      failure = await lister.failure()
      this.#say(`READ SIZE: ${Math.floor(bytes / 1024)} kb`)
    }
    failure = end.failure ?? failure
    if (failure !== undefined) throw new Fault('process-failed', failure)
    const lines = compareSums({ header: stored.header, logged: sums.of(dump), source: end.sourceCrc, native: end.nativeCrc })
    for (const line of lines) this.#say(line)
    if (lines.length > 0) this.#bad++
    else this.#good++
    return true
  }

  /** What reads the archive: tar for its own, nobody for others. */
  async #lister(header: DumpFileHeader): Promise<Lister> {
    if (!isTarArchive(header)) return { sink: { write: () => Promise.resolve(), end: () => Promise.resolve(), fail: () => undefined }, failure: () => Promise.resolve(undefined) }
    const tar = await this.#machine.processes.start({ argv: [TAR, '-tf', '-'] })
    const told = tellLines(tar.stderr, (line) => this.#say(`application stderr: ${line}`))
    const drained = tellLines(tar.stdout, () => undefined)
    let isGone = false
    const unlessGone = async (work: () => Promise<void>): Promise<void> => {
      if (!isGone) await work().catch(() => (isGone = true))
    }
    const end = (): Promise<void> => unlessGone(() => tar.stdin.end())
    return {
      // tar stops where the archive ends; what comes after is read all the same.
      sink: { write: (piece) => unlessGone(() => tar.stdin.write(piece)), end, fail: () => void end() },
      failure: async () => {
        const exit = await tar.exit
        await Promise.all([told, drained])
        return exit.code === 0 ? undefined : `${TAR} ${describeExit(exit)}`
      },
    }
  }
}

/** Returns the exit code: 0 or 1. */
export async function amcheckdump(dumps: readonly PlannedDump[], machine: AmcheckdumpMachine): Promise<number> {
  return await new Amcheckdump(machine).run(dumps)
}
