// `amadmin due`: when the next full dump of each disk is due.

import type { AmandaDisk } from '../../../config/amanda/disklist.ts'
import { CurinfoStore } from '../../../records/curinfo-store.ts'
import type { DiskInfo } from '../../../wire/amanda/curinfo.ts'
import { chosenDisks, type AmadminCall } from './call.ts'
import { numberOf, wordOf } from './settings.ts'

const DAY_S = 86_400

/** Whole days until the next full dump is due; negative: overdue. A disk that has none is due today, one that makes none tomorrow. */
export function daysUntilDue({ dumptype }: AmandaDisk, info: DiskInfo, nowS: number): number {
  if (wordOf(dumptype.settings, 'STRATEGY') === 'NOFULL') return 1
  const full = info.stats.find(({ level, dateS }) => level === 0 && dateS >= 0)
  return full === undefined ? 0 : Math.floor(numberOf(dumptype.settings, 'DUMPCYCLE') - (nowS - full.dateS) / DAY_S)
}

function dueText(days: number): string {
  if (days === 0) return 'Due today: '
  return `${days < 0 ? 'Overdue' : 'Due in'} ${String(Math.abs(days)).padStart(2)} ${Math.abs(days) === 1 ? 'day: ' : 'days:'} `
}

export async function due(call: AmadminCall): Promise<number> {
  const disks = chosenDisks(call)
  if (disks === undefined) return 0
  const { session, disk, clock, out } = call
  const store = new CurinfoStore(disk, session.places.infoDir)
  for (const one of disks) {
    const info = await store.read(one.host, one.name)
    const name = `${one.host}:${one.name}`
    out(info === undefined ? `new disk ${name} ignored.\n` : `${dueText(daysUntilDue(one, info, clock.wallMs() / 1000))}${name}\n`)
  }
  return 0
}
