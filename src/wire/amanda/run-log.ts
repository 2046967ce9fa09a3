// Lines of Amanda's trace log (`log.<timestamp>.<n>`), which amreport, amfetchdump and amrecover read. An entry is a type, a program
// and text; the texts of the lines that say where dumps are have formatters of their own here. Format: docs/formats/run-log.md.

import { Fault } from '../../kernel/fault.ts'
import { quoteString, splitWords, unquoteString } from './quote.ts'

export const RUN_LOG_TYPES = [
  'FATAL', 'ERROR', 'WARNING', 'INFO', 'SUMMARY', 'START', 'FINISH', 'DISK', 'DONE', 'PART', 'PARTPARTIAL', 'SUCCESS', 'PARTIAL', 'FAIL', 'STRANGE',
  'CHUNK', 'CHUNKSUCCESS', 'STATS', 'RETRY', 'MARKER',
] as const
export type RunLogType = (typeof RUN_LOG_TYPES)[number]

export interface RunLogEntry {
  readonly type: RunLogType
  /** `planner`, `driver`, `dumper`, `chunker`, `taper`, … */
  readonly program: string
  /** Further lines of the text are continuation lines of the entry. */
  readonly text: string
}

/** One entry as it stands in the file; later lines of the text are indented by two blanks. */
export function formatRunLogEntry(entry: RunLogEntry): string {
  return `${entry.type} ${entry.program} ${entry.text.replace(/\n+$/, '').replaceAll('\n', '\n  ')}\n`
}

/** All entries of a log. A last line without its newline (a crash) is read like the others. Throws `wire-malformed` with the line number. */
export function parseRunLog(text: string): RunLogEntry[] {
  const entries: { type: RunLogType; program: string; text: string }[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const last = entries.at(-1)
    if (line.startsWith('  ')) {
      if (last === undefined) throw new Fault('wire-malformed', `run log line ${index + 1}: a continuation without a line before it`)
      last.text += `\n${line.slice(2)}`
      continue
    }
    const match = /^([A-Z]+) ([a-z]+) ?(.*)$/s.exec(line)
    const type = RUN_LOG_TYPES.find((known) => known === match?.[1])
    if (match === null || type === undefined) throw new Fault('wire-malformed', `run log line ${index + 1} does not begin with a type and a program`)
    entries.push({ type, program: match[2] ?? '', text: match[3] ?? '' })
  }
  return entries
}

export interface LoggedPlace {
  readonly storage: string
  readonly pool: string
}

export interface LoggedDump {
  readonly host: string
  readonly disk: string
  readonly datestamp: string
  readonly level: number
}

/** `[sec S bytes B kps K orig-kb O]`. `kps` is 1024 bytes a second, as Amanda counts. */
export interface LoggedRate {
  readonly seconds: number
  readonly bytes: number
  readonly originalKib: number
}

const place = ({ storage, pool }: LoggedPlace): string => `"ST:${storage}" "POOL:${pool}"`
const dumpWords = (dump: LoggedDump): string => `${dump.host} ${quoteString(dump.disk)} ${dump.datestamp}`
/** A part written in less than a microsecond must not have an infinite rate. */
const SECONDS_MIN = 1e-6
/** Amanda takes a dump that is taped in less for one of a tenth of a second. */
const DUMP_SECONDS_MIN = 0.1

/** What stands between brackets; whole KiB count for the rate. */
export function partStats({ seconds, bytes, originalKib }: LoggedRate): string {
  return `sec ${seconds.toFixed(6)} bytes ${bytes} kps ${(Math.trunc(bytes / 1024) / Math.max(seconds, SECONDS_MIN)).toFixed(6)} orig-kb ${originalKib}`
}

/** The same of a whole dump. */
export function tapedStats(stats: LoggedRate): string {
  return partStats({ ...stats, seconds: Math.max(DUMP_SECONDS_MIN, stats.seconds) })
}

export function volumeStartEntry(at: LoggedPlace, run: string, label: string, tapeNumber: number): RunLogEntry {
  return { type: 'START', program: 'taper', text: `datestamp ${run} ${place(at)} label ${label} tape ${tapeNumber}` }
}

/** `message` `[OK]` is written when undefined. KiB are of finished parts only. */
export function volumeEndEntry(label: string, kib: number, files: number, message?: string): RunLogEntry {
  return { type: 'INFO', program: 'taper', text: `tape ${label} kb ${kib} fm ${files} [${message ?? 'OK'}]` }
}

/** PART, or PARTPARTIAL with the reason when the part does not count because the volume was full or failed. */
export function partEntry(at: LoggedPlace, label: string, fileNumber: number, dump: LoggedDump, partNumber: number, stats: LoggedRate, reason?: string): RunLogEntry {
  const text = `${place(at)} ${label} ${fileNumber} ${dumpWords(dump)} ${partNumber}/-1 ${dump.level} [${partStats(stats)}]`
  return reason === undefined ? { type: 'PART', program: 'taper', text } : { type: 'PARTPARTIAL', program: 'taper', text: `${text} ${quoteString(reason)}` }
}

const NO_CRC = '00000000:0'

/** DONE for a whole dump, PARTIAL for a partial one, whose native and client CRC nobody knows. */
export function tapedEntry(at: LoggedPlace, dump: LoggedDump, partCount: number, crcs: { native?: string; client?: string; server: string }, stats: LoggedRate, isPartial: boolean): RunLogEntry {
  const sums = isPartial ? `${NO_CRC} ${NO_CRC} ${crcs.server}` : `${crcs.native ?? NO_CRC} ${crcs.client ?? NO_CRC} ${crcs.server}`
  return { type: isPartial ? 'PARTIAL' : 'DONE', program: 'taper', text: `${place(at)} ${dumpWords(dump)} ${partCount} ${dump.level} ${sums} [${tapedStats(stats)}]` }
}

export function tapeFailEntry(at: LoggedPlace, dump: LoggedDump, reason: string): RunLogEntry {
  return { type: 'FAIL', program: 'taper', text: `${place(at)} ${dumpWords(dump)} ${dump.level} ${quoteString(reason)}` }
}

/** Where one part lies, from a PART entry; undefined for every other entry. `storage` is missing in logs before Amanda 3.4. */
export interface LoggedPart extends LoggedDump {
  readonly storage?: string
  readonly label: string
  readonly fileNumber: number
  readonly partNumber: number
}

export function parsePartEntry(entry: RunLogEntry): LoggedPart | undefined {
  if (entry.type !== 'PART' || entry.program !== 'taper') return undefined
  const words = splitWords(entry.text).map(unquoteString)
  const storage = words[0]?.startsWith('ST:') === true ? words.shift()?.slice(3) : undefined
  if (words[0]?.startsWith('POOL:') === true) words.shift()
  const [label, file, host, disk, datestamp, part, level] = words
  const match = /^(\d{1,9})\/(?:-1|\d{1,9}) (\d{1,3}) (\d{1,9})$/.exec(`${part} ${level} ${file}`)
  if (label === undefined || host === undefined || disk === undefined || datestamp === undefined || match === null) throw new Fault('wire-malformed', `run log: PART ${entry.text} has not the form of a part`)
  return { ...(storage === undefined ? {} : { storage }), label, fileNumber: Number(match[3]), host, disk, datestamp, partNumber: Number(match[1]), level: Number(match[2]) }
}
