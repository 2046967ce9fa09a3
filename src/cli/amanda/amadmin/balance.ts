// `amadmin balance`: how full dumps lie in the days to come, and how far each day is from an even share.

import { CurinfoStore } from '../../../records/curinfo-store.ts'
import { TapelistStore } from '../../../records/tapelist-store.ts'
import { runsPerCycleOf } from '../../../server/planner/amanda/runs-per-cycle.ts'
import { selectionOf, type AmadminCall } from './call.ts'
import { daysUntilDue } from './due.ts'
import { displayUnit, numberOf, wordOf } from './settings.ts'

interface Share {
  count: number
  original: number
  stored: number
}

/** More days are not shown. */
const DAYS_MAX = 10_000
const DAY_MS = 86_400_000
/** For days that are not one cycle stock's even share of the total is a multiple of this. */
const TOTAL_STEP = 1024

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const RULE = `${'-'.repeat(46)}\n`

function dayText(ms: number): string {
  const date = new Date(ms)
  return `${String(date.getMonth() + 1).padStart(2, '0')}/${String(date.getDate()).padStart(2, '0')} ${WEEKDAYS[date.getDay()] ?? ''}`
}

function percentText(value: number): string {
  if (Number.isNaN(value)) return '-nan'
  if (!Number.isFinite(value)) return '+inf'
  return `${value < 0 ? '' : '+'}${value.toFixed(1)}`
}

function row(title: string, { count, original, stored }: Share, last: string): string {
  return `${title.padEnd(9)}  ${String(count).padStart(3)} ${String(original).padStart(10)} ${String(stored).padStart(10)} ${last}\n`
}

function dayRow(title: string, share: Share, even: number): string {
  return row(title, share, share.stored === 0 ? '     --- ' : `${percentText(((share.stored - even) * 100) / even).padStart(8)}%`)
}

interface Plan {
  /** By day, today first. */
  readonly days: readonly Share[]
  readonly later: Share
  /** Every disk once. */
  readonly distinct: Share
  /** What one cycle of the configuration makes. */
  readonly cycle: Share
  readonly overdue: number
  readonly overdueMostDays: number
}

function add(share: Share | undefined, original: number, stored: number): void {
  if (share === undefined) return
  share.count++
  share.original += original
  share.stored += stored
}

const none = (): Share => ({ count: 0, original: 0, stored: 0 })

/** Counts the full dumps of the next `dayCount` days; a disk with a shorter cycle makes several. */
async function plan(call: AmadminCall, unitKib: number, dayCount: number, cycleDays: number): Promise<Plan> {
  const { session, disk, clock, out } = call
  const selection = selectionOf(session)
  selection.select([])
  const store = new CurinfoStore(disk, session.places.infoDir)
  const days: Share[] = Array.from({ length: dayCount }, none)
  const [later, distinct, cycle] = [none(), none(), none()]
  let [overdue, overdueMostDays] = [0, 0]
  for (const one of selection.chosen) {
    const { settings } = one.dumptype
    const info = await store.read(one.host, one.name)
    if (info === undefined) out(`new disk ${one.host}:${one.name} ignored.\n`)
    if (info === undefined || wordOf(settings, 'STRATEGY') === 'NOFULL') continue
    const full = info.stats.find(({ level }) => level === 0)
    const [original, stored] = [Math.trunc((full?.sizeKib ?? 0) / unitKib), Math.trunc((full?.storedKib ?? 0) / unitKib)]
    const until = daysUntilDue(one, info, clock.wallMs() / 1000)
    if (until < 0) {
      overdue++
      overdueMostDays = Math.max(overdueMostDays, -until)
    }
    const first = Math.max(0, until)
    const step = Math.max(1, numberOf(settings, 'DUMPCYCLE'))
    add(distinct, original, stored)
    if (first >= dayCount) add(later, original, stored)
    for (let day = first; day < dayCount; day += step) add(days[day], original, stored)
    for (let day = first; day < cycleDays; day += step) add(cycle, original, stored)
  }
  return { days, later, distinct, cycle, overdue, overdueMostDays }
}

/** A day with nothing is shown when it stands alone; several make one empty line, or none at the end. */
function dayRows(days: readonly Share[], even: number, nowMs: number): string {
  let text = ''
  for (let day = 0; day < days.length; day++) {
    const share = days[day]
    if (share === undefined) break
    let empty = 0
    while (days[day + empty]?.count === 0) empty++
    if (empty > 1) {
      if (day + empty < days.length) text += '\n'
      day += empty - 1
    } else text += dayRow(dayText(nowMs + day * DAY_MS), share, even)
  }
  return text
}

export async function balance(call: AmadminCall): Promise<number> {
  const { session, clock, out } = call
  const { globals } = session.configuration
  const { letter, kib } = displayUnit(globals)
  const nowMs = clock.wallMs()
  const cycleDays = numberOf(globals, 'DUMPCYCLE')
  const dayCount = Math.min(DAYS_MAX, call.days > 0 ? call.days : cycleDays)
  const { days, later, distinct, cycle, overdue, overdueMostDays } = await plan(call, kib, dayCount, cycleDays)
  if (distinct.count === 0) {
    out('\nNo data to report on yet.\n')
    return 0
  }
  const tapelist = await new TapelistStore(call, session.places.tapelist).read()
  const runs = runsPerCycleOf({ runsPerCycle: numberOf(globals, 'RUNSPERCYCLE'), dumpCycleDays: cycleDays, runTapes: numberOf(globals, 'RUNTAPES'), tapeCycle: numberOf(globals, 'TAPECYCLE') }, tapelist, nowMs / 1000)
  const even = Math.trunc(cycle.stored / runs)
  out(`\n due-date  #fs    orig ${letter}B     out ${letter}B   balance\n${RULE}${dayRows(days, even, nowMs)}`)
  if (later.count > 0) out(dayRow('later', later, even))
  const total = days.reduce((sum, { count, original, stored }) => ({ count: sum.count + count, original: sum.original + original, stored: sum.stored + stored }), none())
  const share = dayCount !== cycleDays ? Math.trunc(total.stored / ((dayCount * runs) / cycleDays) / TOTAL_STEP) * TOTAL_STEP : Math.trunc(total.stored / runs)
  out(`${RULE}${row('TOTAL', total, String(share).padStart(9))}`)
  if (cycle.stored !== total.stored) out(`${'BALANCED'.padEnd(14)} ${String(cycle.original).padStart(10)} ${String(cycle.stored).padStart(10)} ${String(even).padStart(9)}\n`)
  if (distinct.stored !== total.stored) out(`${row('DISTINCT', distinct, '').trimEnd()}\n`)
  out(`  (estimated ${runs} run${runs === 1 ? '' : 's'} per dumpcycle)\n`)
  if (overdue > 0) out(` (${overdue} filesystem${overdue === 1 ? '' : 's'} overdue. The most being overdue ${overdueMostDays} day${overdueMostDays === 1 ? '' : 's'}.)\n`)
  return 0
}
