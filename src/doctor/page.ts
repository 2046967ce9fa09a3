// The pages of docs/doctor/, made from the same descriptions as the findings.

import { ALL_KINDS, type AnyKind } from './kinds.ts'

/** How it is found. */
function signs(kind: AnyKind): string[] {
  if ('measured' in kind) return ['## How it is measured\n', 'By [`holdfast doctor path`](../operating.md#the-path-between-two-machines). '.concat(kind.measured, '\n')]
  const origins = [...new Set(kind.samples.map(({ from }) => from))]
  const samples = origins.map((from) => `From ${from}:\n\n${kind.samples.filter((sample) => sample.from === from).map(({ line }) => `${line.split('\n').map((text) => `    ${text}\n`).join('')}`).join('')}`)
  return ['## In the logs\n', ...samples]
}

/** The page of one kind, as Markdown. */
export function faultKindPage(kind: AnyKind): string {
  const cures = kind.cures.map(({ on, commands = [], steps }) => `**${on}**\n\n${[...(commands.length > 0 ? [[...commands.map((line) => `    ${line}`), ''].join('\n')] : []), ...steps.map((step) => `* ${step}`)].join('\n')}\n`)
  const faults = !('faultCodes' in kind) || kind.faultCodes === undefined ? [] : [`Our [fault codes](../errors.md) that are this: ${kind.faultCodes.map((code) => `\`${code}\``).join(', ')}.\n`]
  return [`# ${kind.code}\n`, `${kind.symptom}. (${kind.severity})\n`, ...faults, ...signs(kind), '## Cause\n', `${kind.cause}\n`, '## Cure\n', `${kind.advice}\n`, ...cures, '## Did it help?\n', `${kind.check}\n`].join('\n')
}

function faultKindIndex(kinds: readonly AnyKind[]): string {
  const rows = kinds.toSorted((a, b) => (a.code < b.code ? -1 : 1)).map(({ code, severity, symptom }) => `| [${code}](${code}.md) | ${severity} | ${symptom} |`)
  return ['# What the doctor knows\n', 'What `holdfast doctor logs` finds in logs of Amanda, `holdfast check` and `holdfast doctor host|config|storage` in a set-up, `holdfast doctor path` on the path between two machines, and what reports of our own runs say beside a dump. `holdfast doctor explain CODE` prints a page. These pages are generated from `src/doctor/kinds/`.\n', '| code | severity | what happened |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

/** Text by file name. */
export function doctorPages(): Readonly<Record<string, string>> {
  return { 'README.md': faultKindIndex(ALL_KINDS), ...Object.fromEntries(ALL_KINDS.map((kind) => [`${kind.code}.md`, faultKindPage(kind)])) }
}
