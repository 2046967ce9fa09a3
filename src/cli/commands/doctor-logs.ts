// `holdfast doctor logs PATH…`: reads logs of Amanda and says what went wrong, why, and what helps.

import type { Diagnosis, Evidence, Finding } from '../../doctor/contract.ts'
import { diagnoseFiles } from '../../doctor/logs/diagnose-files.ts'
import { findLogFiles } from '../../doctor/logs/find-logs.ts'
import type { CommandSpec } from '../command-line.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { ProgressLine } from '../progress.ts'
import { printable } from '../text-table.ts'

function evidenceLine({ file, line, text }: Evidence): string {
  return `    ${printable(`${file}:${line}: ${text.trim()}`)}\n`
}

function findingText(finding: Finding, number: number): string {
  const { host, disk, count, evidence } = finding
  const of = host === undefined ? '' : printable(` (${host}${disk === undefined ? '' : ` ${disk}`})`)
  const more = count > evidence.length ? `    … and ${count - evidence.length} more lines\n` : ''
  return [
    `${number}. ${finding.severity.toUpperCase()} ${finding.code}${of}\n`,
    `  ${finding.symptom}.\n`,
    ...finding.details.map((detail) => `  ${printable(detail)}\n`),
    ...evidence.map(evidenceLine),
    more,
    `  Cause (${finding.confidence}): ${finding.cause}\n`,
    `  First: ${finding.advice}\n`,
    ...finding.cures.flatMap(({ on, commands = [], steps }) => [`  Cure, ${on}:\n`, ...commands.map((line) => `    $ ${line}\n`), ...steps.map((step) => `    ${step}\n`)]),
    `  To see whether it helped: ${finding.check}\n\n`,
  ].join('')
}

function diagnosisText({ findings, unknown, unknownCount, files, lines }: Diagnosis): string {
  const rest = unknownCount === 0 ? '' : [`Failures that the doctor does not know (${unknownCount}):\n`, ...unknown.map(evidenceLine), unknownCount > unknown.length ? `    … and ${unknownCount - unknown.length} more\n` : '', '\n'].join('')
  const end = findings.length === 0 && unknownCount === 0 ? 'Nothing is wrong in them.' : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`
  return `${findings.map((finding, index) => findingText(finding, index + 1)).join('')}${rest}${lines} lines of ${files} files were read. ${end}\n`
}

export const doctorLogsCommand: CommandSpec = {
  name: 'doctor logs',
  summary: 'Find out from logs of Amanda what went wrong, why, and what helps',
  details: [
    'Reads run logs (log.*), driver logs (amdump.*), debug files of server and client, mail reports and pasted text, in any mixture; directories with all that is below them. What belongs to one dump is joined. A failure that is not known is shown as it is, never guessed at.',
    'Ends with 4 when something was not backed up, with 0 otherwise. What each finding means stands in docs/doctor.',
  ],
  args: [{ name: 'PATH...', text: 'log files, or directories of them' }],
  examples: [
    { line: 'holdfast doctor logs /var/log/amanda', text: 'everything on this machine' },
    { line: 'holdfast doctor logs log.20261123222437.0 client/', text: "a run log, and the client's debug files beside it" },
  ],
  async run(context, given) {
    const [names] = given.args as readonly (readonly string[])[]
    const files = await findLogFiles(context.disk, names ?? [])
    const progress = new ProgressLine(context.clock, { isTerminal: context.streams.isTerminal, columns: context.streams.columns, write: context.streams.err })
    let bytes = 0
    let result: Diagnosis
    try {
      result = await diagnoseFiles(context.disk, files, {
        onBytes: (path, count) => progress.show({ what: printable(path), bytes: (bytes += count) }),
        signal: context.signal,
      })
    } finally {
      progress.clear()
    }
    showResult(context.streams, given.isJson, result, diagnosisText)
    return exitCode(result.unknownCount > 0 || result.findings.some(({ severity }) => severity === 'failure') ? 'failed' : 'ok')
  },
}
