// The reply to a selfcheck in its two forms: text lines, and (peers with the feature `selfcheckMessage`) Amanda's message objects,
// `MESSAGE JSON` and then objects joined by `,` without brackets around them. Both are read, each bounded, wrong input is a
// `wire-malformed` fault.

import { Fault } from '../../kernel/fault.ts'
import { OUR_FEATURES, parseFeatures, type FeatureSet } from './features.ts'
import { parseOptionsLine, formatOptionsLine } from './options-line.ts'
import { oneLineText, parseErrorLine } from './service-errors.ts'

/** One thing a selfcheck found. */
export interface SelfcheckFinding {
  readonly severity: 'info' | 'warning' | 'error'
  readonly text: string
  /** What the doctor knows it by; only between agents and servers of ours, and only as messages. */
  readonly code?: string
  /** The disk it is about, as far as it is about one. */
  readonly disk?: string
}

export interface SelfcheckReply {
  readonly features?: FeatureSet
  readonly hostname?: string
  readonly version?: string
  /** The client's clock when it answered, milliseconds since 1970 UTC; stock Amanda does not say it. */
  readonly wallMs?: number
  /** `platform`, `distro` lines and everything a check said, in order. */
  readonly findings: readonly SelfcheckFinding[]
}

export interface SelfcheckFacts {
  readonly version: string
  readonly distro: string
  readonly platform: string
  readonly hostname: string
  /** This machine's clock. Amanda's servers pass over it: an `OK` line, and a field more in a message they know. */
  readonly wallMs?: number
}

/** Amanda's numbers for what a selfcheck says. */
const CODES = { version: '3600000', distro: '3600001', platform: '3600002', features: '3600004', info: '3600056', warning: '3600058', error: '3600057' } as const
const REPLY_CHARACTERS_MAX = 4 * 1024 * 1024
const FINDINGS_MAX = 10_000
const DOCTOR_CODE = /^[a-z][a-z0-9-]{0,63}$/
const JSON_OPENING = 'MESSAGE JSON'
/** A date of at most thirteen digits lies before the year 2287. */
const CLOCK_LINE = /^OK clock \d{1,13}$/

export function formatSelfcheckText(facts: SelfcheckFacts, findings: readonly SelfcheckFinding[]): string {
  const lines = [
    `OK version ${facts.version}`,
    `OK distro ${facts.distro}`,
    `OK platform ${facts.platform}`,
    ...(facts.wallMs === undefined ? [] : [`OK clock ${Math.round(facts.wallMs)}`]),
    formatOptionsLine({ features: OUR_FEATURES, hostname: facts.hostname }),
    ...findings.map(({ severity, text }) => (severity === 'error' ? `ERROR [${oneLineText(text)}]` : `OK ${severity === 'warning' ? 'warning: ' : ''}${oneLineText(text)}`)),
  ]
  return `${lines.join('\n')}\n`
}

export function formatSelfcheckJson(facts: SelfcheckFacts, findings: readonly SelfcheckFinding[]): string {
  const fixed = (code: string, severity: string): Record<string, string> => ({
    source_filename: 'selfcheck',
    source_line: '0',
    severity,
    process: 'selfcheck',
    running_on: 'amanda-client',
    component: 'amanda',
    module: 'amanda',
    code,
  })
  const messages: Record<string, string>[] = [
    { ...fixed(CODES.version, 'info'), version: facts.version, ...(facts.wallMs === undefined ? {} : { clock: `${Math.round(facts.wallMs)}` }), hostname: facts.hostname, message: `version '${facts.version}'` },
    { ...fixed(CODES.distro, 'info'), distro: facts.distro, hostname: facts.hostname, message: `distro ${facts.distro}` },
    { ...fixed(CODES.platform, 'info'), platform: facts.platform, hostname: facts.hostname, message: `platform ${facts.platform}` },
    { ...fixed(CODES.features, 'info'), features: OUR_FEATURES.format(), hostname: facts.hostname, message: `features=${OUR_FEATURES.format()}` },
    // Amanda's servers pass over the fields they do not know.
    ...findings.map(({ severity, text, code, disk }) => ({ ...fixed(CODES[severity], severity), hostname: facts.hostname, ...(code === undefined ? {} : { doctor: code }), ...(disk === undefined ? {} : { disk }), message: oneLineText(text) })),
  ]
  return `${JSON_OPENING}\n${messages.map((message) => JSON.stringify(message, undefined, 2)).join(',\n')}\n`
}

type Draft = { -readonly [Key in keyof SelfcheckReply]: SelfcheckReply[Key] }

function parseText(body: string): SelfcheckReply {
  const reply: Draft = { findings: [] }
  const findings: SelfcheckFinding[] = []
  for (const line of body.split('\n', FINDINGS_MAX)) {
    if (line === '') continue
    const error = parseErrorLine(line)
    if (error !== undefined) findings.push({ severity: 'error', text: error })
    else if (line.startsWith('OPTIONS')) {
      const { features, hostname } = parseOptionsLine(line)
      if (features !== undefined) reply.features = features
      if (hostname !== undefined) reply.hostname = hostname
    } else if (line.startsWith('OK version ')) reply.version = line.slice('OK version '.length)
    else if (CLOCK_LINE.test(line)) reply.wallMs = Number(line.slice('OK clock '.length))
    else if (line.startsWith('OK warning: ')) findings.push({ severity: 'warning', text: line.slice('OK warning: '.length) })
    else if (line.startsWith('OK ')) findings.push({ severity: 'info', text: line.slice('OK '.length) })
    // A line of any other form is an error to amcheck as well.
    else findings.push({ severity: 'error', text: line })
  }
  return { ...reply, findings }
}

function severityOf(text: unknown): SelfcheckFinding['severity'] {
  switch (text) {
    case 'success':
    case 'info':
    case 'message':
      return 'info'
    case 'warning':
      return 'warning'
    default:
      return 'error'
  }
}

function findingOf(fields: Readonly<Record<string, unknown>>): SelfcheckFinding {
  const { code, message, disk, doctor } = fields
  return {
    severity: severityOf(fields['severity']),
    text: typeof message === 'string' ? message : `message ${JSON.stringify(code) ?? 'without a code'}`,
    ...(typeof doctor === 'string' && DOCTOR_CODE.test(doctor) ? { code: doctor } : {}),
    ...(typeof disk === 'string' ? { disk } : {}),
  }
}

function parseJson(body: string): SelfcheckReply {
  const source = body.slice(JSON_OPENING.length).trim().replace(/,\s*$/, '')
  let messages: unknown
  try {
    messages = JSON.parse(source.startsWith('[') ? source : `[${source}]`)
  } catch (error) {
    throw new Fault('wire-malformed', 'the messages of a selfcheck are not JSON', { cause: error })
  }
  if (!Array.isArray(messages) || messages.length > FINDINGS_MAX) throw new Fault('wire-malformed', 'the messages of a selfcheck are no list of bearable length')
  const reply: Draft = { findings: [] }
  const findings: SelfcheckFinding[] = []
  for (const message of messages as readonly unknown[]) {
    if (typeof message !== 'object' || message === null) throw new Fault('wire-malformed', 'a message of a selfcheck is not an object')
    const fields = message as Readonly<Record<string, unknown>>
    const code = fields['code']
    if (typeof fields['hostname'] === 'string') reply.hostname ??= fields['hostname']
    if (code === CODES.version && typeof fields['version'] === 'string') {
      reply.version = fields['version']
      if (CLOCK_LINE.test(`OK clock ${String(fields['clock'])}`)) reply.wallMs = Number(fields['clock'])
    } else if (code === CODES.features && typeof fields['features'] === 'string') {
      const features = parseFeatures(fields['features'])
      if (features !== undefined) reply.features = features
    } else findings.push(findingOf(fields))
  }
  return { ...reply, findings }
}

export function parseSelfcheckReply(body: string): SelfcheckReply {
  if (body.length > REPLY_CHARACTERS_MAX) throw new Fault('wire-malformed', `a reply of ${body.length} characters is too long`)
  return body.startsWith(JSON_OPENING) ? parseJson(body) : parseText(body)
}
