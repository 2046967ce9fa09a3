// One line of a log of Amanda: when it was written, by which program, and about which dump. Knows the forms of run logs (`log.*`), driver logs
// (`amdump.*`), mail reports, and debug files from 2.4 (`sendbackup: time 0.1: `) over 2.6 (`1234567890.123456: amandad: `) and 3.x
// (`Thu Jan  1 00:00:00 2009: thd-0x…: dumper: `) to 3.5 (fractions and pid). What wrapped it (syslog, the quoting of a mail, colours) is taken
// off first. Whatever has no form it knows is text. Pure.

export interface LogLine {
  /** The line without what wrapped it. */
  readonly text: string
  /** Milliseconds since the epoch, as if the log's zone were UTC: only differences of one file's times mean anything. */
  readonly atMs?: number
  /** Seconds since the program began (`amdump.*`, old debug files). */
  readonly runSeconds?: number
  readonly program?: string
  readonly pid?: string
  readonly host?: string
  readonly disk?: string
  /** Timestamp of the run. */
  readonly run?: string
  /** A dump or estimate failed, or the program calls it an error, whatever the reason. */
  readonly isFailure: boolean
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const ESCAPE = '\u001B'
/** ECMA-48: colours and movements of a terminal. */
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*\u0007?|[@-Z\\-_])/g
const QUOTED = /^(?:> ?)+(?=\S)/
const SYSLOG = /^(?:<\d{1,3}>)?(?:([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)|(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\S*) (\S+) ([\w./-]+?)(?:\[(\d+)\])?: (?=\S)/
/** Syslog writes no year. */
const NO_YEAR = 2000
const DEBUG = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d)(\.\d+)? (\d{4}): (?:pid (\d+): )?(?:thd-\S+: )?([\w-]+): /
const EPOCH_DEBUG = /^(\d{9,10}\.\d+): ([\w-]+): /
const OLD_DEBUG = /^([a-z][\w-]+): time (\d+\.\d+): /
const RUN_LOG_FAIL = /^(?:FAIL|ERROR|FATAL|PARTIAL(?= taper .*"$)) (?!service )(\w+) (?:(?:"ST:[^"]*" "POOL:[^"]*" )?([^\s"[]\S*) ("(?:[^"\\]|\\.)*"|\S+) (\d{8,14}) (?:\d+ ){0,2})?/
const RUN_LOG_STRANGE = /^(?:STRANGE|PARTIAL) (\w+) (?:"ST:[^"]*" "POOL:[^"]*" )?([^\s"[]\S*) ("(?:[^"\\]|\\.)*"|\S+) /
const RUN_LOG = /^(?:WARNING|INFO|RETRY|SUMMARY) ([a-z]\w+) /
const DRIVER = /^driver: (?:send-cmd|result) time (\d+\.\d+) (?:to|from) \w+: /
const DRIVER_FAILED = /^driver: result time \d+\.\d+ from \w+: (?:FAILED|TRY-AGAIN|TAPE-ERROR|NO-ROOM) /
const PLANNER_FAILED = /^(?:planner: FAILED (\S+) ("(?:[^"\\]|\\.)*"|\S+) \d|error result for host (\S+) disk ("(?:[^"\\]|\\.)*"|\S+?): )/
const REPORT = /^ {1,4}(?:\/-- +)?(\S+) +("(?:[^"\\]|\\.)*"|\S+) +lev(?:el)? +\d+ +FAILED /
const AMCHECK = /^(?:WARNING|ERROR): [\w.-]+: /
const PLANNER_ERROR = /^ERROR planner (?:Request to (\S+) failed: |(\S+) NAK: )/
/** amcheck, as it prints on the terminal and into its mail, of what keeps a client from being backed up. */
const CHECK = /^(?:HOST (\S+) (?:ERROR|WARNING): |(?:ERROR|WARNING): NAK (\S+): |(?:ERROR|WARNING): (\S+): (?:selfcheck request failed|unknown response): )/

export function unquote(text: string | undefined): string | undefined {
  return text?.startsWith('"') === true ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text
}

function utcMs(parts: readonly (string | undefined)[], year: number, month: number): number {
  const [day, hour, minute, second] = parts
  return Date.UTC(year, month, Number(day), Number(hour), Number(minute), Number(second))
}

function fractionMs(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Math.round(Number(`0${fraction}`) * 1000)
}

function monthNumber(name: string | undefined): number {
  return Math.max(0, MONTHS.indexOf(name ?? '') / 3)
}

/** The line without colours and the quoting of a mail. */
export function unwrappedText(raw: string): string {
  const text = raw.includes(ESCAPE) ? raw.replaceAll(ESCAPES, '') : raw
  return text.startsWith('>') ? text.replace(QUOTED, '') : text
}

/** What wrapped the line, and the line. */
function unwrapped(raw: string): LogLine {
  const text = unwrappedText(raw)
  const syslog = /^[<A-Z\d]/.test(text) ? SYSLOG.exec(text) : null
  if (syslog === null) return { text, isFailure: false }
  const [prefix, monthName, day, hour, minute, second, year, month, isoDay, isoHour, isoMinute, isoSecond, , program = '', pid] = syslog
  const atMs = year === undefined ? utcMs([day, hour, minute, second], NO_YEAR, monthNumber(monthName)) : utcMs([isoDay, isoHour, isoMinute, isoSecond], Number(year), Number(month) - 1)
  // Many programs that wrote to syslog wrote their own name as well.
  return { text: `${program.replace(/.*\//, '')}: ${text.slice(prefix.length).replace(`${program}: `, '')}`, atMs, program, ...(pid === undefined ? {} : { pid }), isFailure: false }
}

/** The last one: many lines of a debug file are of one second. */
let lastDebug = { date: '', year: '', ms: 0 }

/** `Nov 26 21:09:14`. */
function debugMs(date: string, year: string): number {
  if (date !== lastDebug.date || year !== lastDebug.year) lastDebug = { date, year, ms: utcMs(date.slice(3).trimStart().split(/[ :]/), Number(year), monthNumber(date.slice(0, 3))) }
  return lastDebug.ms
}

export function parseLogLine(raw: string): LogLine {
  const line = unwrapped(raw)
  const { text } = line
  const debug = DEBUG.exec(text)
  if (debug !== null) {
    const [, date = '', fraction, year = '', pid, program = ''] = debug
    return { text, atMs: debugMs(date, year) + fractionMs(fraction), program, ...(pid === undefined ? {} : { pid }), isFailure: text.includes(': critical (fatal): ') }
  }
  const epoch = EPOCH_DEBUG.exec(text)
  if (epoch !== null) return { text, atMs: Math.round(Number(epoch[1]) * 1000), program: epoch[2] ?? '', isFailure: text.includes(': critical (fatal): ') }
  const driver = DRIVER.exec(text)
  if (driver !== null) return { text, runSeconds: Number(driver[1]), program: 'driver', isFailure: DRIVER_FAILED.test(text) }
  const old = OLD_DEBUG.exec(text)
  if (old !== null) return { text, runSeconds: Number(old[2]), program: old[1] ?? '', isFailure: false }
  return { ...line, ...namedIn(text) }
}

/** Of lines that have no time. */
function namedIn(text: string): Partial<LogLine> {
  const refused = PLANNER_ERROR.exec(text)
  if (refused !== null) return about(refused[1] ?? refused[2], undefined, true, 'planner')
  const logged = RUN_LOG_FAIL.exec(text)
  if (logged !== null) return about(logged[2], logged[3], true, logged[1], logged[4])
  const strange = RUN_LOG_STRANGE.exec(text)
  if (strange !== null) return about(strange[2], strange[3], false, strange[1])
  const report = REPORT.exec(text)
  if (report !== null) return about(report[1], report[2], true)
  const planner = PLANNER_FAILED.exec(text)
  if (planner !== null) return about(planner[1] ?? planner[3], planner[2] ?? planner[4], true, 'planner')
  const checked = CHECK.exec(text)
  if (checked !== null) return about(checked[1] ?? checked[2] ?? checked[3], undefined, !text.includes('WARNING: '), 'amcheck')
  if (AMCHECK.test(text)) return { program: 'amcheck' }
  const other = RUN_LOG.exec(text)
  return other?.[1] === undefined ? {} : { program: other[1] }
}

function about(host: string | undefined, disk: string | undefined, isFailure: boolean, program?: string, run?: string): Partial<LogLine> {
  return { isFailure, ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk: unquote(disk) ?? disk }), ...(program === undefined ? {} : { program }), ...(run === undefined ? {} : { run }) }
}
