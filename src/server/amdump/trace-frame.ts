// The beginning and the end of the trace of a run, around what planner and driver say. Format: docs/formats/run-trace.md.

import type { RunSettings } from './cycle-facts.ts'

export interface TraceHead {
  readonly run: string
  readonly wallMs: number
  readonly pid: number
  readonly version: string
  readonly settings: RunSettings
  /** Settings that have no effect. */
  readonly remarks: readonly string[]
  readonly holdingDirs: readonly string[]
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (value: number, filler = '0'): string => String(value).padStart(2, filler)

/** The short name of the local time zone, such as `UTC` or `CET`. */
function zoneOf(at: Date): string {
  return new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
}

/** As date(1) prints it in the C locale. */
export function dateWords(wallMs: number): string {
  const at = new Date(wallMs)
  return `${DAYS[at.getDay()]} ${MONTHS[at.getMonth()]} ${two(at.getDate(), ' ')} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zoneOf(at)} ${at.getFullYear()}`
}

export function beginTrace(line: (text: string) => void, { run, wallMs, pid, version, settings, remarks, holdingDirs }: TraceHead): void {
  const at = new Date(wallMs)
  const { cycle } = settings
  line(`amdump: start at ${dateWords(wallMs)}`)
  line(`amdump: datestamp ${run.slice(0, 8)}`)
  line(`amdump: starttime ${run}`)
  line(`amdump: starttime-locale-independent ${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zoneOf(at)}`)
  for (const remark of remarks) line(`amdump: ${remark}`)
  line(`planner: pid ${pid} executable planner version ${version}`)
  line('READING CONF INFO...')
  line(`planner: timestamp ${run}`)
  if (cycle.maxDumpKib === undefined) line(`planner: tape_length is set from tape length (${cycle.tapeKib} KB) * runtapes (${cycle.runTapes}) == ${cycle.tapeKib * cycle.runTapes} KB`)
  else line(`planner: tape_length is set from maxdumpsize (${cycle.maxDumpKib} KB)`)
  line('planner: time 0.000: startup took 0.000 secs')
  line('')
  line('SENDING FLUSHES...')
  for (const directory of holdingDirs) line(`Cleaning up holding disk '${directory}'`)
  line('ENDFLUSH')
  line('')
}

export function endTrace(line: (text: string) => void, wallMs: number): void {
  line(`amdump: end at ${dateWords(wallMs)}`)
}
