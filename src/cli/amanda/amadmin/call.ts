// What a subcommand of `amadmin` is given: the words behind its name, the configuration, and the machine.

import type { Clock } from '../../../kernel/clock.ts'
import type { Disk } from '../../../kernel/disk.ts'
import { DiskSelection } from '../../../config/amanda/disk-selection.ts'
import type { AmandaDisk } from '../../../config/amanda/disklist.ts'
import type { AmandaSession } from '../amanda-session.ts'

export interface AmadminMachine {
  readonly disk: Disk
  readonly clock: Clock
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

export interface AmadminCall extends AmadminMachine {
  readonly words: readonly string[]
  readonly session: AmandaSession
}

/** Ends the program with the usage text; `complaint` stands above it. */
export class AmadminUsage extends Error {
  readonly complaint: string | undefined

  constructor(complaint?: string) {
    super(complaint ?? 'usage')
    this.complaint = complaint
  }
}

/** The disks of the disklist, ready to be selected. */
export function selectionOf(session: AmandaSession): DiskSelection<Pick<AmandaDisk, 'host' | 'name'>> {
  const selection = new DiskSelection<Pick<AmandaDisk, 'host' | 'name'>>()
  for (const disk of session.disks) selection.add(disk, isOut(disk))
  return selection
}

/** Whether a disk is never dumped. */
function isOut({ dumptype: { settings } }: AmandaDisk): boolean {
  const [ignore, strategy] = [settings.get('IGNORE')?.value, settings.get('STRATEGY')?.value]
  return (ignore?.kind === 'boolean' && ignore.isOn) || (strategy?.kind === 'choice' && strategy.word === 'SKIP')
}
