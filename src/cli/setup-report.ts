// What `holdfast doctor config`, `host` and `storage` print: each finding once with its symptom, evidence, cause, cure and how to see that
// it helped; findings of one code are explained once and listed together. And their exit code.

import { explainFinding, type ExplainedFinding } from '../doctor/setup/explain.ts'
import type { CheckFinding } from '../server/control/contract.ts'
import { cureLines } from './cure-lines.ts'
import { exitCode } from './exit-codes.ts'
import { showResult, type Streams } from './output.ts'
import { printable } from './text-table.ts'

/** Worst first. */
const ORDER: readonly CheckFinding['severity'][] = ['error', 'warning', 'note']

/** Stored data is damaged: what the code of exit 65 says. */
const DAMAGED: ReadonlySet<string> = new Set(['part-missing', 'part-wrong', 'volume-damaged', 'holding-damaged'])

/** Findings of one code that the text shows. */
const SHOWN_MAX = 20

/** Version of the form that `--json` prints. A field may be added within one. */
const FORM_VERSION = 1

export interface SetupReport {
  readonly version: typeof FORM_VERSION
  /** What was looked at, for people. */
  readonly about: string
  readonly findings: readonly ExplainedFinding[]
}

function placeOf({ host, disk }: ExplainedFinding): string {
  const place = [host, disk].filter((word) => word !== undefined).join(' ')
  return place === '' ? '' : `${place}: `
}

function groupText(group: readonly ExplainedFinding[], number: number): string {
  const [first] = group
  if (first === undefined) return ''
  const more = group.length > SHOWN_MAX ? `    … and ${group.length - SHOWN_MAX} more; --json shows all\n` : ''
  const seen = group.slice(0, SHOWN_MAX).flatMap((finding) => [`    ${printable(`${placeOf(finding)}${finding.message}`)}\n`, ...finding.details.map((line) => `      ${printable(line)}\n`), `      -> ${printable(finding.advice)}\n`])
  return [
    `${number}. ${first.severity.toUpperCase()} ${first.code}\n`,
    `  ${first.symptom}.\n`,
    ...seen,
    more,
    `  Cause (${first.confidence}): ${first.cause}\n`,
    ...cureLines(first.cures).map((line) => `${line}\n`),
    `  To see whether it helped: ${first.check}\n\n`,
  ].join('')
}

function reportText({ about, findings }: SetupReport): string {
  const groups = [...Map.groupBy(findings, ({ severity, code }) => `${severity} ${code}`).values()]
  const bad = findings.filter(({ severity }) => severity !== 'note').length
  const end = bad === 0 ? `Nothing is wrong with ${about}.` : `${bad} ${bad === 1 ? 'thing is' : 'things are'} wrong with ${about}.`
  return `${groups.map((group, index) => groupText(group, index + 1)).join('')}${end}\n`
}

/** Prints the report and gives the exit code: 4 when disks are not backed up, 65 when stored data is damaged, 1 for other errors. */
export function showSetupReport(streams: Streams, isJson: boolean, about: string, found: readonly CheckFinding[]): number {
  const sorted = ORDER.flatMap((severity) => found.filter((finding) => finding.severity === severity))
  const findings = sorted.map(explainFinding)
  showResult(streams, isJson, { version: FORM_VERSION, about, findings }, reportText)
  if (findings.some(({ isFailure }) => isFailure)) return exitCode('failed')
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.some(({ code }) => DAMAGED.has(code))) return exitCode('data')
  return exitCode(errors.length > 0 ? 'error' : 'ok')
}
