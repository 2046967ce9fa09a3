// What a subcommand of `amadmin` is given: the words behind its name, the configuration, and the machine.

import { DiskSelection } from '../../../records/disk-selection.ts'
import type { AmandaDisk } from '../../../config/amanda/disklist.ts'
import type { TapelistMachine } from '../../../records/tapelist-store.ts'
import type { AmandaSession } from '../amanda-session.ts'

export interface AmadminMachine extends TapelistMachine {
  readonly hostName: string
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** All of standard input. */
  readonly input: () => Promise<string>
}

export interface AmadminCall extends AmadminMachine {
  readonly words: readonly string[]
  readonly session: AmandaSession
  /** The command line as it was given. */
  readonly commandLine: readonly string[]
  /** What was given behind `--sort` and `--days`. */
  readonly sort: string | undefined
  readonly days: number
  /** `-l` and `-d` of `holding list`. */
  readonly isLong: boolean
  readonly isOutdatedOnly: boolean
  readonly isSourceShown: boolean
  readonly isDefaultShown: boolean
}

/** Ends the program with the usage text; `complaint` stands above it. */
export class AmadminUsage extends Error {
  readonly complaint: string | undefined

  constructor(complaint?: string) {
    super(complaint ?? 'usage')
    this.complaint = complaint
  }
}

/** The disks of the disklist, ready to be selected: also those that are ignored or skipped. */
export function selectionOf<T extends Pick<AmandaDisk, 'host' | 'name'> = AmandaDisk>(session: AmandaSession): DiskSelection<T | AmandaDisk> {
  const selection = new DiskSelection<T | AmandaDisk>()
  for (const disk of session.disks) selection.add(disk, false)
  return selection
}

/** The disks that the words name, in the order of the disklist; undefined when there is none, which was then said. */
export function chosenDisks({ session, words, out, err }: AmadminCall): readonly AmandaDisk[] | undefined {
  const selection = selectionOf(session)
  for (const complaint of selection.select(words)) out(`${complaint}\n`)
  if (selection.chosen.length > 0) return selection.chosen
  err('amadmin: no disk matched\n')
  return undefined
}
