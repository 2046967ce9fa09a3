// `holdfast doctor logs [FILE|DIR|CONF…]`: reads logs of Amanda and of Holdfast and says what went wrong, why, and what helps.

import type { Diagnosis, Evidence, FileNote, Finding } from '../../doctor/contract.ts'
import { diagnoseFiles } from '../../doctor/logs/diagnose-files.ts'
import { helpInThread } from '../../doctor/logs/helper-thread.ts'
import { findLogFiles, type LogFile } from '../../doctor/logs/find-logs.ts'
import { Fault } from '../../kernel/fault.ts'
import type { CommandBody } from '../command-line.ts'
import { cureLines, isCureFor } from '../cure-lines.ts'
import type { CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { logPlacesOf, STANDARD_INPUT } from '../log-places.ts'
import { showResult } from '../output.ts'
import { ProgressLine } from '../progress.ts'
import { printable } from '../text-table.ts'

/** Of the JSON; it grows when a field changes its meaning or goes. docs/formats/doctor-findings.md. */
const FORMAT_VERSION = 1
/** Files that were left out are named as far as they fit on a screen. */
const NOTES_SHOWN_MAX = 8

function evidenceLine({ file, line, text }: Evidence): string {
  return `    ${printable(`${file}:${line}: ${text.trim()}`)}\n`
}

function findingText(finding: Finding, number: number, platform: string | undefined): string {
  const { host, disk, count, evidence } = finding
  const of = host === undefined ? '' : printable(` (${host}${disk === undefined ? '' : ` ${disk}`})`)
  const more = count > evidence.length ? `    … and ${count - evidence.length} more lines\n` : ''
  const cures = platform === undefined ? finding.cures : finding.cures.filter((cure) => isCureFor(cure, platform))
  const hidden = finding.cures.length - cures.length
  return [
    `${number}. ${finding.severity.toUpperCase()} ${finding.code}${of}\n`,
    `  ${finding.symptom}.\n`,
    ...finding.details.map((detail) => `  ${printable(detail)}\n`),
    ...evidence.map(evidenceLine),
    more,
    `  Cause (${finding.confidence}): ${finding.cause}\n`,
    `  First: ${finding.advice}\n`,
    ...cureLines(cures).map((line) => `${line}\n`),
    hidden > 0 ? '  Cures for other systems: --all-systems\n' : '',
    `  To see whether it helped: ${finding.check}\n\n`,
  ].join('')
}

function notesText(notes: readonly FileNote[], noteCount: number): string {
  if (noteCount === 0) return ''
  const shown = notes.slice(0, NOTES_SHOWN_MAX)
  return ['Not read, or not to the end:\n', ...shown.map(({ file, text }) => `    ${printable(`${file} ${text}`)}\n`), noteCount > shown.length ? `    … and ${noteCount - shown.length} more\n` : '', '\n'].join('')
}

function diagnosisText({ findings, unknown, unknownCount, files, lines, notes, noteCount }: Diagnosis, platform: string | undefined): string {
  const rest = unknownCount === 0 ? '' : [`Failures that the doctor does not know (${unknownCount}):\n`, ...unknown.map(evidenceLine), unknownCount > unknown.length ? `    … and ${unknownCount - unknown.length} more\n` : '', '\n'].join('')
  const end = files === 0 ? 'There is no log to read.' : findings.length === 0 && unknownCount === 0 ? 'Nothing is wrong in them.' : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`
  return `${findings.map((finding, index) => findingText(finding, index + 1, platform)).join('')}${rest}${notesText(notes, noteCount)}${lines} lines of ${files} files were read. ${end}\n`
}

/** `-` is what stands on standard input. */
async function filesOf(context: CliContext, names: readonly string[]): Promise<readonly LogFile[]> {
  const lists: (readonly LogFile[])[] = []
  for (const name of names) {
    const { input } = context.streams
    if (name !== STANDARD_INPUT) lists.push(await findLogFiles(context.disk, [name]))
    else if (input !== undefined) lists.push([{ path: 'standard input', pieces: input() }])
  }
  return lists.flat()
}

export const doctorLogsCommand: CommandBody = {
  details: [
    'Reads run logs (log.*), driver logs (amdump.*), debug files of server and client, mail reports, pasted text, and the logs of Holdfast, in any mixture and packed with gzip or zstd; directories with all that is below them. What belongs to one dump is joined. A failure that is not known is shown as it is, never guessed at.',
    'CONF is the name of a configuration of Amanda, an amanda.conf, a holdfast.yaml or an agent.yaml: its logs are read. `-` is text on standard input. Without an argument it reads the logs of this machine.',
    'Ends with 4 when something was not backed up, with 0 otherwise. What each finding means stands in docs/doctor.',
  ],
  args: [{ name: '[PATH...]', text: 'log files, directories of them, or configurations' }],
  options: [{ flags: '--all-systems', text: 'show the cures for other operating systems as well' }],
  examples: [
    { line: 'holdfast doctor logs', text: 'all logs of this machine' },
    { line: 'holdfast doctor logs DailySet1', text: 'those of one configuration of Amanda' },
    { line: 'holdfast doctor logs log.20261123222437.0 client/', text: "a run log, and the client's debug files beside it" },
    { line: 'holdfast doctor logs - < mail.txt', text: 'a report that came by mail' },
  ],
  async run(context, given) {
    const [words] = given.args as readonly (readonly string[])[]
    const places = await logPlacesOf(context, words ?? [])
    for (const line of places.said) context.streams.err(`${printable(line)}\n`)
    const files = await filesOf(context, places.names)
    const progress = new ProgressLine(context.clock, { isTerminal: context.streams.isTerminal, columns: context.streams.columns, write: context.streams.err })
    let bytes = 0
    let result: Diagnosis
    try {
      result = await diagnoseFiles(context.disk, files, {
        onBytes: (path, count) => progress.show({ what: printable(path), bytes: (bytes += count) }),
        helper: context.machine.cores > 1 ? helpInThread : undefined,
        signal: context.signal,
      })
    } finally {
      progress.clear()
    }
    const [note] = result.notes
    if (result.files === 0 && note !== undefined) throw new Fault('permission-denied', `nothing could be read: ${note.file} ${note.text}`, { next: 'Run it as root or as the user that Amanda runs as, or name files that are logs.' })
    showResult(context.streams, given.isJson, { version: FORMAT_VERSION, ...result }, (diagnosis) => diagnosisText(diagnosis, given.flag('allSystems') ? undefined : process.platform))
    return exitCode(result.unknownCount > 0 || result.findings.some(({ severity }) => severity === 'failure') ? 'failed' : 'ok')
  },
}
