// `holdfast check`: looks at everything a run needs before there is one: configuration, agents, clocks, keys, disks, volumes.

import type { CheckFinding, CheckSeverity } from '../../server/control/contract.ts'
import type { CommandBody } from '../command-line.ts'
import { needServerConfig } from '../context.ts'
import { controlCall } from '../control-call.ts'
import { chooseDisks } from '../disk-words.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { printable } from '../text-table.ts'

const WORDS: Readonly<Record<CheckSeverity, string>> = { ok: 'ok     ', note: 'note   ', warning: 'WARNING', error: 'ERROR  ' }

/** Errors last, so that they stand where the eye is. */
const ORDER: readonly CheckSeverity[] = ['ok', 'note', 'warning', 'error']

function formatFindings(findings: readonly CheckFinding[]): string {
  const sorted = findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
  const lines = sorted.map((finding) => {
    const place = [finding.host, finding.disk].filter((word) => word !== undefined).join(' ')
    return `${WORDS[finding.severity]} ${printable(`${place === '' ? '' : `${place}: `}${finding.message}.${finding.next === '' ? '' : ` ${finding.next}`}`)}${finding.severity === 'ok' ? '' : ` [${finding.code}]`}\n`
  })
  const count = findings.filter((finding) => finding.severity === 'error').length
  return `${lines.join('')}${count === 0 ? 'Everything is ready for a run.' : `${count} ${count === 1 ? 'problem' : 'problems'} found.`}\n`
}

export const checkCommand: CommandBody = {
  details: ['Needs the running server, which asks every agent. Ends with 1 when there is an error. The word in brackets is the code of what was found: `holdfast doctor config`, `doctor host` and `doctor storage` explain it, and docs/doctor has a page for it.'],
  args: [
    { name: '[HOST]', text: 'only this host' },
    { name: '[DISK...]', text: 'only these disks of it' },
  ],
  examples: [
    { line: 'holdfast check', text: 'everything' },
    { line: 'holdfast check laptop', text: 'one host' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const [host, disks] = given.args as readonly [string | undefined, readonly string[] | undefined]
    const { findings } = await controlCall(context, config, { kind: 'check', selection: chooseDisks(config, host, disks) })
    showResult(context.streams, given.isJson, findings, formatFindings)
    return exitCode(findings.some((finding) => finding.severity === 'error') ? 'error' : 'ok')
  },
}
