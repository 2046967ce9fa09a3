// How an extraction ended: counts, reasons and exit code. Pure.

import type { ExtractProblem } from '../../archive/extract/contract.ts'
import { formatSize } from '../../config/units.ts'
import type { WantedResult } from '../../restore/recover/extract-wanted.ts'
import { exitCode } from '../exit-codes.ts'
import { formatRun } from '../run-text.ts'
import { shownName } from '../shown-name.ts'
import { printable } from '../text-table.ts'
import { escapeName } from '../../wire/tar/index-line.ts'

/** Problems that are printed; `--json` has all that are kept. */
const PROBLEM_LINES_MAX = 20

function countOf(count: number, what: string): string {
  return `${count} ${what}`
}

/** Bytes as text where they are, else escaped. */
function nameText(bytes: string): string {
  return printable(shownName(escapeName(bytes)))
}

export function extractText(result: WantedResult): string {
  const { counts, problems, missing, target, dumps, bytesRead } = result
  const read = bytesRead === undefined ? '' : `, ${formatSize(bytesRead)} read`
  const from = dumps.map((dump) => `level ${dump.level} of ${formatRun(dump.run)}`).join(', ')
  const lines = [`${countOf(counts.restored, 'restored')}, ${countOf(counts.skipped, 'skipped')}, ${countOf(counts.failed, 'failed')}: ${formatSize(counts.bytes)} written to ${printable(target)}${read}${from === '' ? '' : ` (${from})`}.\n`]
  for (const problem of problems.slice(0, PROBLEM_LINES_MAX)) lines.push(problemLine(problem))
  if (problems.length > PROBLEM_LINES_MAX) lines.push(`… and ${problems.length - PROBLEM_LINES_MAX} more; --json lists them\n`)
  for (const path of missing) lines.push(`not in the disk at that date: ${nameText(path)}\n`)
  return lines.join('')
}

function problemLine({ path, reason, code, severity }: ExtractProblem): string {
  const what = severity === 'failed' ? 'failed' : 'not as it was'
  return `${what}: ${path === '' ? '' : `${nameText(path)}: `}${printable(reason)} [${code}]\n`
}

export function extractJson(result: WantedResult): unknown {
  const { counts, problems, missing, target, dumps, bytesRead } = result
  return {
    target,
    dumps: dumps.map(({ run, level }) => ({ run, level })),
    ...counts,
    ...(bytesRead === undefined ? {} : { bytesRead }),
    problems: problems.map((problem) => ({ ...problem, path: shownName(escapeName(problem.path)) })),
    missing: missing.map((path) => shownName(escapeName(path))),
  }
}

/** Failed and strange entries are bits; a path that no dump has is not found, whatever else went well. */
export function extractExit(result: Pick<WantedResult, 'counts' | 'problems' | 'missing'>): number {
  if (result.missing.length > 0) return exitCode('notFound')
  const failed = result.counts.failed > 0 ? exitCode('failed') : 0
  const strange = result.problems.some(({ severity }) => severity === 'strange') ? exitCode('strange') : 0
  return failed | strange
}
