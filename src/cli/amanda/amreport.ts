// What stock Amanda's `amreport` does: reads the trace log of a run, prints or mails the report, and ends with what became of the run. Its answers and exit codes follow
// Amanda 3.5.1 (how far: docs/amanda-reports.md); the places in its own source, which Perl adds to its messages, are left out.

import { textOf, integerOf, type AmandaConfiguration } from '../../config/amanda/configuration.ts'
import { parseOverride, type Override } from '../../config/amanda/overrides.ts'
import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { listHolding } from '../../records/holding-list.ts'
import { readRecord } from '../../records/record-file.ts'
import { DUMP_HEADER_BYTES } from '../../wire/amanda/dump-header.ts'
import { parseTapelist } from '../../wire/amanda/tapelist.ts'
import { sendByProgram } from '../mail/program-mail.ts'
import { bytesOf } from './amanda-files.ts'
import { openAmandaSession, type AmandaSession } from './amanda-session.ts'
import { parseColumnSpec } from './report/column-spec.ts'
import { displayUnitOf } from './report/display-unit.ts'
import { reportExitCode } from './report/exit-status.ts'
import { jsonReport } from './report/json-report.ts'
import { LogReader } from './report/log-reader.ts'
import type { LogFacts } from './report/log-facts.ts'
import { isMailWanted, mailAddresses, mailSubject, verdictOf } from './report/mail-of-report.ts'
import { nextTapesOf } from './report/next-tapes.ts'
import { parseReportCall, type ReportCall, type ReportOutput } from './report/report-call.ts'
import { textReport, type ReportSettings } from './report/text-report.ts'

/** What stock Amanda prints of its options, as far as they are known here. */
export const AMREPORT_USAGE = `Usage: amreport [--version] [--help] [-o configoption] <conf>
  command-line mode options:
    [--log=logfile] [--text=filename] [--mail-text=recipient]
    [--format=human|json[:file|:mail[,argument]]]
  script-mode options:
    [-i] [-M address] [-f output-file] [-l logfile] [--from-amdump]

Without options the report of the last run is printed.
`

const VERSION = 'amreport-3.5.1\n'
const LOG_BYTES_MAX = 256 * 1024 * 1024
/** Of each chunk on the holding disk, which is not part of the dump. */
const HEADER_KIB = DUMP_HEADER_BYTES / 1024
const REPORT_MODE = 0o600

export interface AmreportMachine {
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly signal: AbortSignal
  /** One character a byte: reports are made of what the log says, whatever that is written in. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** A failure that ends the program with 1. */
class ReportRefused extends Error {}

/** Returns the exit code. */
export async function amreport(line: readonly string[], workingDir: string, machine: AmreportMachine): Promise<number> {
  const call = parseReportCall(line)
  switch (call.kind) {
    case 'version':
      machine.out(VERSION)
      return 0
    case 'usage':
      machine.out(AMREPORT_USAGE)
      return 1
    case 'mixed':
      machine.out('cannot mix long options (command-line mode), and short options (script mode) with each other\n')
      return 1
    case 'refused':
      machine.err(`amreport: ${call.message}\n`)
      return 1
    case 'call':
      try {
        return await report(call, workingDir, machine)
      } catch (error) {
        if (!(error instanceof ReportRefused)) throw error
        machine.err(`${error.message}\n`)
        return 1
      }
  }
}

async function report(call: Extract<ReportCall, { kind: 'call' }>, workingDir: string, machine: AmreportMachine): Promise<number> {
  const overrides: Override[] = call.overrides.map((given) => {
    const override = parseOverride(given)
    if (override === undefined) throw new ReportRefused(`Must specify a value for ${given}.`)
    return override
  })
  const session = openAmandaSession({ name: call.configName, overrides, workingDir }, (complaint) => machine.err(`${complaint}\n`))
  if (session === undefined) throw new ReportRefused('errors processing config file')
  const path = call.log === undefined ? `${session.places.logDir}/log` : call.log.startsWith('/') ? call.log : `${workingDir}/${call.log}`
  const facts = LogReader.read(await logText(machine.disk, path))
  if (facts.otherKind !== undefined) {
    machine.out(`Log file is for a ${facts.otherKind} run\n`)
    return 1
  }
  const settings = await settingsOf(session, machine.disk, call.log !== undefined)
  for (const output of call.outputs) {
    const text = output.format === 'json' ? jsonReport(facts, settings) : textReport(facts, settings)
    if (output.to === 'file') await write(output, text, workingDir, machine)
    else await mail(output, text, facts, session.configuration, call.isScript, machine)
  }
  return reportExitCode(facts)
}

/** One character a byte. */
async function logText(disk: Disk, path: string): Promise<string> {
  try {
    return (await readFile(disk, path, LOG_BYTES_MAX)).toString('latin1')
  } catch (error) {
    throw new ReportRefused(`amreport: cannot open '${path}': ${systemWords(error)}`)
  }
}

const SYSTEM_WORDS: Readonly<Record<string, string>> = { ENOENT: 'No such file or directory', EACCES: 'Permission denied', EISDIR: 'Is a directory', ENOTDIR: 'Not a directory' }

function systemWords(error: unknown): string {
  const code = systemErrorCode(error)
  if (code !== undefined) return SYSTEM_WORDS[code] ?? code
  if (error instanceof Fault) return error.message
  throw error
}

async function settingsOf({ configuration, places, name, disks }: AmandaSession, disk: Disk, isOld: boolean): Promise<ReportSettings> {
  const { globals } = configuration
  const active = configuration.globalNames('ACTIVE_STORAGE')
  const tapelist = (await readRecord(disk, places.tapelist, parseTapelist)) ?? []
  const held = isOld ? undefined : (await listHolding(disk, places.holdingDirs)).filter(({ header }) => disks.some((one) => one.host === header.host && one.name === header.disk))
  const storages = active.flatMap((one) => configuration.find('storage', one) ?? [])
  const tapetype = configuration.find('tapetype', textOf(storages[0]?.settings ?? globals, 'TAPETYPE'))?.settings ?? new Map()
  const nextTapes = storages.filter(({ settings }) => isOn(settings, 'REPORT_NEXT_MEDIA')).map(({ name: storage, settings }) => {
    const policy = configuration.find('policy', textOf(settings, 'POLICY'))
    const kept = Number(integerOf(policy?.settings ?? new Map(), 'RETENTION_TAPES'))
    const next = nextTapesOf({ tapelist, pool: textOf(settings, 'TAPEPOOL'), storage, retentionTapes: kept > 0 ? kept : Number(integerOf(globals, 'TAPECYCLE')), runTapes: Number(integerOf(settings, 'RUNTAPES')) })
    return { storage, next }
  })
  return {
    organisation: bytesOf(textOf(globals, 'ORG')),
    configName: bytesOf(name),
    columns: parseColumnSpec(textOf(globals, 'COLUMNSPEC')),
    unit: displayUnitOf(textOf(globals, 'DISPLAYUNIT')),
    tapeKib: Number(integerOf(tapetype, 'LENGTH')),
    fileMarkKib: Number(integerOf(tapetype, 'FILEMARK')),
    nextTapes: nextTapes.map(({ storage, next }) => ({ storage: bytesOf(storage), ...next })),
    storages: new Set(storages.filter(({ settings }) => isOn(settings, 'REPORT_USE_MEDIA')).map((storage) => storage.name)),
    heldKib: held?.reduce((sum, { kib, chunks }) => sum + Math.max(0, kib - chunks.length * HEADER_KIB), 0),
  }
}

function isOn(settings: AmandaConfiguration['globals'], keyword: string): boolean {
  const value = settings.get(keyword)?.value
  return value?.kind !== 'boolean' || value.isOn
}

async function write({ argument }: ReportOutput, text: string, workingDir: string, { disk, out }: AmreportMachine): Promise<void> {
  if (argument === '' || argument === '-') return out(text)
  const path = argument.startsWith('/') ? argument : `${workingDir}/${argument}`
  try {
    await replaceFile(disk, path, Buffer.from(text, 'latin1'), REPORT_MODE)
  } catch (error) {
    throw new ReportRefused(`amreport: Cannot open '${path}': ${systemWords(error)}`)
  }
}

/** In a script the configuration says whether there is mail; an operator who asks for it gets it. */
async function mail({ argument }: ReportOutput, text: string, facts: LogFacts, { globals }: AmandaConfiguration, isScript: boolean, { processes, signal, out, err }: AmreportMachine): Promise<void> {
  const addresses = mailAddresses(argument === '' ? textOf(globals, 'MAILTO') : argument)
  if (addresses === undefined) throw new ReportRefused('mail addresses have invalid characters')
  const mailer = textOf(globals, 'MAILER')
  if (isScript) {
    const when = globals.get('SEND_AMREPORT_ON')?.value
    if (addresses.length === 0 || !isMailWanted(when?.kind === 'choice' ? when.word : 'ALL', verdictOf(facts))) return
    if (mailer === '') return out('Warning: a mailer is not defined')
  }
  const subject = mailSubject(facts, textOf(globals, 'ORG'))
  try {
    await sendByProgram([mailer, '-s', subject, ...addresses], Buffer.from(text, 'latin1'), processes, signal)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (error.code === 'process-missing') throw new ReportRefused(`error: the mailer '${mailer}': No such file or directory`)
    if (error.code === 'permission-denied') throw new ReportRefused(`error: the mailer '${mailer}': Permission denied`)
    err(`amreport: ${error.message}\n`)
  }
}
