// Writes docs/errors.md from the table of fault codes, so that the page cannot disagree with the program.

import { kindOfFault } from '../src/doctor/fault-kinds.ts'
import { FAULT_CODES } from '../src/kernel/fault-codes.ts'

function pageOf(code: string): string {
  const kind = kindOfFault(code)
  return kind === undefined ? '–' : `[${kind.code}](doctor/${kind.code}.md)`
}

export function faultCodePage(): string {
  const rows = Object.entries(FAULT_CODES)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, entry]) => `| \`${code}\` | ${entry.summary} | ${entry.retry} | ${entry.next} | ${pageOf(code)} |`)
  return [
    '# Fault codes',
    '',
    'Every fault that Holdfast shows carries one of these codes. The page is generated from `src/kernel/fault-codes.ts`.',
    '',
    '| code | what happened | worth trying again | what to do | more, for what ends a dump or a run |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
