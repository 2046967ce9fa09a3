// One line of a log of Amanda: when it was written, and about which dump. Knows the forms of run logs (`log.*`), driver logs (`amdump.*`), debug files,
// and mail reports. Whatever has no form it knows is text. Formats: seen in runs of Amanda 3.5.1; old debug files (`sendbackup: time 0.1: …`)
// have the same words behind another beginning. Pure.

export interface LogLine {
  readonly text: string
  /** Milliseconds since the epoch, as if the log's zone were UTC: only differences of one file's times mean anything. */
  readonly atMs?: number
  /** Seconds since the run began (`amdump.*`). */
  readonly runSeconds?: number
  readonly host?: string
  readonly disk?: string
  /** A dump or estimate failed, or the program calls it an error, whatever the reason. */
  readonly isFailure: boolean
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const DEBUG = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(\.\d+)? (\d{4}): pid \d+: thd-\S+: [\w-]+: /
const OLD_DEBUG = /^[a-z]\w+: time (\d+\.\d+): /
const RUN_LOG_FAIL = /^(?:FAIL|ERROR|FATAL|PARTIAL(?= taper .*"$)) \w+ (?:"ST:[^"]*" "POOL:[^"]*" )?(?:(\S+) ("(?:[^"\\]|\\.)*"|\S+) \d{8,14} (?:\d+ ){0,2})?/
const DRIVER = /^driver: (?:send-cmd|result) time (\d+\.\d+) (?:to|from) \w+: /
const DRIVER_FAILED = /^driver: result time \d+\.\d+ from \w+: (?:FAILED|TRY-AGAIN|TAPE-ERROR|NO-ROOM) /
const PLANNER_FAILED = /^(?:planner: FAILED (\S+) ("(?:[^"\\]|\\.)*"|\S+) \d|error result for host (\S+) disk ("(?:[^"\\]|\\.)*"|\S+?): )/
const REPORT = /^ {2}(?:\/-- )?(\S+) +("(?:[^"\\]|\\.)*"|\S+) +lev \d+ +FAILED /

function unquote(text: string | undefined): string | undefined {
  return text?.startsWith('"') === true ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text
}

function debugTimeMs(match: RegExpExecArray): number {
  const [, month = '', day, hour, minute, second, fraction = '', year] = match
  return Date.UTC(Number(year), MONTHS.indexOf(month) / 3, Number(day), Number(hour), Number(minute), Number(second)) + Math.round(Number(`0${fraction || '.0'}`) * 1000)
}

export function parseLogLine(text: string): LogLine {
  const debug = DEBUG.exec(text)
  if (debug !== null) return { text, atMs: debugTimeMs(debug), isFailure: text.includes(': critical (fatal): ') }
  const driver = DRIVER.exec(text)
  if (driver !== null) return { text, runSeconds: Number(driver[1]), isFailure: DRIVER_FAILED.test(text) }
  const logged = RUN_LOG_FAIL.exec(text)
  if (logged !== null) return about(text, logged[1], unquote(logged[2]))
  const report = REPORT.exec(text)
  if (report !== null) return about(text, report[1], unquote(report[2]))
  const planner = PLANNER_FAILED.exec(text)
  if (planner !== null) return about(text, planner[1] ?? planner[3], unquote(planner[2] ?? planner[4]))
  const old = OLD_DEBUG.exec(text)
  if (old !== null) return { text, runSeconds: Number(old[1]), isFailure: false }
  return { text, isFailure: false }
}

function about(text: string, host: string | undefined, disk: string | undefined): LogLine {
  return { text, isFailure: true, ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk }) }
}
