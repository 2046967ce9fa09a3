// `holdfast verify --against-live`: what differs between a disk's newest dumps and the disk, and what of it is a fault. What was changed after the dump is none.

import type { ResolvedConfig } from '../config/resolved.ts'
import { faultOf, type Fault } from '../kernel/fault.ts'
import type { ControlResults } from '../server/control/contract.ts'
import type { DifferenceKind } from '../wire/compare/compare-lines.ts'
import type { Given } from './command-line.ts'
import type { CliContext } from './context.ts'
import { controlCall } from './control-call.ts'
import { chooseDisks } from './disk-words.ts'
import { exitCode } from './exit-codes.ts'
import { showResult } from './output.ts'
import { parseRunDate } from './run-date.ts'
import { formatRun } from './run-text.ts'
import { formatTable, printable } from './text-table.ts'

type LiveVerdict =
  | { readonly kind: 'compared'; readonly host: string; readonly disk: string; readonly isGood: boolean; readonly comparison: ControlResults['compare-live'] }
  | { readonly kind: 'failed'; readonly host: string; readonly disk: string; readonly fault: Fault }

/** Lines of differences that are printed of each disk; `--json` has all that the agent told. */
const LINES_MAX = 30
const WORDS: Readonly<Record<DifferenceKind, string>> = { damaged: 'DIFFERS', missing: 'NOT ON DISK', absent: 'NOT IN DUMP', metadata: 'METADATA', unreadable: 'UNREADABLE', changed: 'changed since' }
/** What is told first. */
const ORDER: readonly DifferenceKind[] = ['damaged', 'missing', 'absent', 'metadata', 'unreadable', 'changed']

/** Nothing differs that nobody changed. What an application may have left out of the dump by itself is no fault. */
function isGood({ counts, hasPatterns }: ControlResults['compare-live']): boolean {
  return counts.damaged + counts.missing + counts.metadata === 0 && (hasPatterns || counts.absent === 0)
}

async function compareDisks(context: CliContext, config: ResolvedConfig, disks: readonly { readonly host: string; readonly disk: string }[], notAfter: ControlResults['compare-live']['run'] | undefined, isDeep: boolean): Promise<LiveVerdict[]> {
  const verdicts: LiveVerdict[] = []
  for (const { host, disk } of disks) {
    try {
      const comparison = await controlCall(context, config, { kind: 'compare-live', host, disk, ...(isDeep ? { isDeep } : {}), ...(notAfter === undefined ? {} : { notAfter }) })
      verdicts.push({ kind: 'compared', host, disk, isGood: isGood(comparison), comparison })
    } catch (error) {
      const fault = faultOf(error)
      // Without a server no disk can be compared; without one agent the others can.
      if (fault.code === 'server-away' || fault.code === 'cancelled') throw fault
      verdicts.push({ kind: 'failed', host, disk, fault })
    }
  }
  return verdicts
}

function linesOf({ host, disk, comparison }: Extract<LiveVerdict, { kind: 'compared' }>): string {
  const told = comparison.differences.filter(({ kind }) => kind !== 'changed' && (kind !== 'absent' || !comparison.hasPatterns)).toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
  const all = comparison.counts.damaged + comparison.counts.missing + comparison.counts.metadata + comparison.counts.unreadable + (comparison.hasPatterns ? 0 : comparison.counts.absent)
  const lines = told.slice(0, LINES_MAX).map(({ kind, path, detail }) => `${WORDS[kind].padEnd(11)}  ${printable(`${host} ${disk} ${path}: ${detail}`)}\n`)
  if (all > LINES_MAX) lines.push(`… and ${all - lines.length} more; --json lists the first of each kind\n`)
  if (comparison.counts.contents > 0) lines.push(`contents     ${printable(`${host} ${disk}`)}: ${comparison.counts.contents} files were read and are the same\n`)
  for (const run of comparison.withoutIndex) lines.push(`not compared  ${printable(`${host} ${disk}`)}: the dump of ${formatRun(run)} has no index\n`)
  return lines.join('')
}

function formatLiveVerdicts(verdicts: readonly LiveVerdict[]): string {
  if (verdicts.length === 0) return 'There is no disk to compare.\n'
  const rows = verdicts.map((verdict) => {
    if (verdict.kind === 'failed') return ['failed', verdict.host, verdict.disk, '', '', '', '', '', '']
    const { counts, run } = verdict.comparison
    return [verdict.isGood ? 'good' : 'BAD', verdict.host, verdict.disk, formatRun(run), ...[counts.same, counts.changed, counts.damaged + counts.missing, counts.metadata, counts.absent].map(String)]
  })
  const table = formatTable([{ title: '' }, { title: 'HOST' }, { title: 'DISK' }, { title: 'DUMP' }, { title: 'SAME', align: 'right' }, { title: 'CHANGED SINCE', align: 'right' }, { title: 'DIFFERENT', align: 'right' }, { title: 'METADATA', align: 'right' }, { title: 'NOT IN DUMP', align: 'right' }], rows)
  const details = verdicts.map((verdict) => (verdict.kind === 'failed' ? `failed  ${printable(`${verdict.host} ${verdict.disk}: ${verdict.fault.message}. ${verdict.fault.next}`)} [${verdict.fault.code}]\n` : linesOf(verdict)))
  return `${table}${details.join('')}`
}

/** The command's exit code: `data` when something differs that nobody changed. */
export async function verifyAgainstLive(context: CliContext, given: Given, config: ResolvedConfig, host: string | undefined, disk: string | undefined): Promise<number> {
  const at = given.text('at')
  const chosen = chooseDisks(config, host, disk === undefined ? undefined : [disk])
  const disks = config.disklist.filter((entry) => chosen.length === 0 || (entry.host === host && (disk === undefined || entry.disk === disk)))
  const verdicts = await compareDisks(context, config, disks, at === undefined ? undefined : parseRunDate(at, context.clock.wallMs()), given.flag('deep'))
  showResult(context.streams, given.isJson, verdicts, formatLiveVerdicts)
  if (verdicts.some((verdict) => verdict.kind === 'compared' && !verdict.isGood)) return exitCode('data')
  return exitCode(verdicts.some((verdict) => verdict.kind === 'failed') ? 'unavailable' : 'ok')
}
