// The pages of docs/doctor/, made from the same descriptions as the findings.

import type { FaultKind } from './contract.ts'
import { FAULT_KINDS } from './kinds.ts'
import { PATH_KINDS } from './kinds/path-kinds.ts'
import type { PathKind } from './path/path-kind.ts'

type AnyKind = FaultKind | PathKind

/** How it is found. */
function signs(kind: AnyKind): string[] {
  if ('measured' in kind) return ['## How it is measured\n', 'By [`holdfast doctor path`](../operating.md#the-path-between-two-machines). '.concat(kind.measured, '\n')]
  const origins = [...new Set(kind.samples.map(({ from }) => from))]
  const samples = origins.map((from) => `From ${from}:\n\n${kind.samples.filter((sample) => sample.from === from).map(({ line }) => `    ${line}\n`).join('')}`)
  return ['## In the logs\n', ...samples]
}

function faultKindPage(kind: AnyKind): string {
  const cures = kind.cures.map(({ on, commands = [], steps }) => `**${on}**\n\n${[...(commands.length > 0 ? [[...commands.map((line) => `    ${line}`), ''].join('\n')] : []), ...steps.map((step) => `* ${step}`)].join('\n')}\n`)
  return [`# ${kind.code}\n`, `${kind.symptom}. (${kind.severity})\n`, ...signs(kind), '## Cause\n', `${kind.cause}\n`, '## Cure\n', `${kind.advice}\n`, ...cures, '## Did it help?\n', `${kind.check}\n`].join('\n')
}

function faultKindIndex(kinds: readonly AnyKind[]): string {
  const rows = kinds.toSorted((a, b) => (a.code < b.code ? -1 : 1)).map(({ code, severity, symptom }) => `| [${code}](${code}.md) | ${severity} | ${symptom} |`)
  return ['# What the doctor knows\n', 'What `holdfast doctor logs` finds in logs of Amanda, and `holdfast doctor path` on the path between two machines. These pages are generated from `src/doctor/kinds/`.\n', '| code | severity | what happened |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

/** Text by file name. */
export function doctorPages(): Readonly<Record<string, string>> {
  const kinds = [...FAULT_KINDS, ...PATH_KINDS]
  return { 'README.md': faultKindIndex(kinds), ...Object.fromEntries(kinds.map((kind) => [`${kind.code}.md`, faultKindPage(kind)])) }
}
