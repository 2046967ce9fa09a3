// Request and reply bodies of the services noop, selfcheck, sendsize, sendbackup and restore, as the text that follows the service's
// name. Both directions, so that server and agent share one reading of the format. Format: docs/formats/services.md. What a peer sent
// wrong becomes `wire-malformed`, never a crash.

import { Fault } from '../../kernel/fault.ts'
import { OUR_FEATURES, type Features } from './features.ts'
import { formatDle } from './dle-xml-write.ts'
import { parseDles, type XmlDle } from './dle-xml.ts'
import { formatOptions, parseOptions, type RequestOptions } from './options-line.ts'
import { quoteString, splitWords, unquoteString } from './quote.ts'

export interface DleRequest {
  readonly options: RequestOptions
  readonly dles: readonly XmlDle[]
}

const REPLY_LINES_MAX = 100_000

/** Body of a selfcheck, sendsize or sendbackup request. */
export function formatDleRequest(options: RequestOptions, dles: readonly XmlDle[], kind: 'selfcheck' | 'sendsize' | 'sendbackup', peerFeatures: Features = OUR_FEATURES): string {
  return `${formatOptions(options, peerFeatures)}\n${dles.map((dle) => formatDle(dle, kind !== 'sendbackup')).join('')}`
}

/** Throws `wire-malformed`. Text requests of peers without XML are refused: such clients are older than any we speak with. */
export function parseDleRequest(body: string): DleRequest {
  const lineEnd = body.indexOf('\n')
  const first = lineEnd < 0 ? body : body.slice(0, lineEnd)
  const options = parseOptions(first)
  const rest = lineEnd < 0 ? '' : body.slice(lineEnd + 1)
  return { options, dles: parseDles(rest) }
}

/** Body of a noop request, and of its reply. */
export function formatNoop(): string {
  return `${formatOptions({ features: OUR_FEATURES }, OUR_FEATURES)}\n`
}

function replyLines(body: string): string[] {
  const lines = body.split('\n')
  if (lines.length > REPLY_LINES_MAX) throw new Fault('wire-malformed', `a reply of more than ${REPLY_LINES_MAX} lines`)
  return lines.filter((line) => line !== '')
}

/** `ERROR text` lines of any reply or NAK, without the word. */
export function errorLines(body: string): string[] {
  return replyLines(body).filter((line) => line.startsWith('ERROR ')).map((line) => line.slice(6))
}

// --- selfcheck ---------------------------------------------------------------------------------------------------------------

export interface SelfcheckLine {
  readonly severity: 'ok' | 'error'
  readonly text: string
}

export function formatSelfcheckReply(hostname: string, lines: readonly SelfcheckLine[]): string {
  const body = lines.map(({ severity, text }) => `${severity === 'ok' ? 'OK' : 'ERROR'} ${text.replace(/\n/g, ' ')}`)
  return `${formatOptions({ features: OUR_FEATURES, hostname }, OUR_FEATURES)}\n${body.join('\n')}${body.length > 0 ? '\n' : ''}`
}

/** Lines that are neither OPTIONS nor OK count as errors, as amcheck counts them. */
export function parseSelfcheckReply(body: string): SelfcheckLine[] {
  return replyLines(body).filter((line) => !line.startsWith('OPTIONS ')).map((line) => {
    if (line.startsWith('OK ')) return { severity: 'ok', text: line.slice(3) }
    return { severity: 'error', text: line.replace(/^ERROR /, '') }
  })
}

// --- sendsize ----------------------------------------------------------------------------------------------------------------

export type SizeResult =
  /** kib -1: cannot be estimated; -2: the level is not possible. */
  | { readonly kind: 'size'; readonly disk: string; readonly level: number; readonly kib: number }
  | { readonly kind: 'error' | 'warning'; readonly disk: string | undefined; readonly level: number; readonly text: string }

export function formatSendsizeReply(results: readonly SizeResult[]): string {
  const lines = results.map((result) => {
    if (result.kind === 'size') return `${quoteString(result.disk)} ${result.level} SIZE ${result.kib}`
    const word = result.kind === 'error' ? 'ERROR' : 'WARNING'
    if (result.disk === undefined) return `${word} ${result.text.replace(/\n/g, ' ')}`
    return `${quoteString(result.disk)} ${result.level} ${word} ${quoteText(result.text)}`
  })
  return `${formatOptions({ features: OUR_FEATURES }, OUR_FEATURES)}\n${lines.map((line) => `${line}\n`).join('')}`
}

/** A quoted string that is always in quotes. */
function quoteText(text: string): string {
  const quoted = quoteString(text)
  return quoted.startsWith('"') ? quoted : `"${quoted}"`
}

/** Throws `wire-malformed` when a line has none of the known forms, as the planner rejects the whole reply. */
export function parseSendsizeReply(body: string): SizeResult[] {
  return replyLines(body).flatMap((line): SizeResult[] => {
    if (line.startsWith('OPTIONS ')) return []
    const hostLevel = /^(ERROR|WARNING) (.*)$/.exec(line)
    if (hostLevel !== null) return [{ kind: hostLevel[1] === 'ERROR' ? 'error' : 'warning', disk: undefined, level: 0, text: hostLevel[2] ?? '' }]
    const [disk, level, word, value, ...surplus] = splitWords(line)
    if (disk === undefined || level === undefined || value === undefined || surplus.length > 0 || !/^\d{1,3}$/.test(level)) throw new Fault('wire-malformed', `badly formatted line of sendsize: ${line}`)
    const common = { disk: unquoteString(disk), level: Number(level) }
    if (word === 'SIZE' && /^-?\d{1,15}$/.test(value)) return [{ kind: 'size', ...common, kib: Number(value) }]
    if (word === 'ERROR' || word === 'WARNING') return [{ kind: word === 'ERROR' ? 'error' : 'warning', ...common, text: unquoteString(value) }]
    throw new Fault('wire-malformed', `badly formatted line of sendsize: ${line}`)
  })
}

// --- sendbackup and restore: replies that announce streams -------------------------------------------------------------------

export type StreamTag = 'DATA' | 'MESG' | 'INDEX' | 'STATE' | 'CTL'

export type StreamReply =
  | { readonly kind: 'connect'; readonly handles: ReadonlyMap<StreamTag, number>; readonly options: RequestOptions }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'retry'; readonly delayS: number | undefined; readonly level: number | undefined; readonly message: string }

const STREAM_TAGS: readonly StreamTag[] = ['DATA', 'MESG', 'INDEX', 'STATE', 'CTL']

/** `CONNECT tag handle …`, in the order given. A handle of -1 says that there is no such stream. */
export function formatConnectReply(handles: readonly (readonly [StreamTag, number])[]): string {
  return `CONNECT ${handles.map(([tag, handle]) => `${tag} ${handle}`).join(' ')}\n${formatOptions({ features: OUR_FEATURES }, OUR_FEATURES)}\n`
}

/** Throws `wire-malformed` when the reply has none of the known forms. */
export function parseStreamReply(body: string): StreamReply {
  const lines = replyLines(body)
  const errors = errorLines(body)
  if (errors.length > 0) return { kind: 'error', text: errors.join('; ') }
  const retry = lines.find((line) => line.startsWith('RETRY '))
  if (retry !== undefined) return { kind: 'retry', ...parseRetry(retry.slice(6)) }
  const connect = lines.find((line) => line.startsWith('CONNECT '))
  if (connect === undefined) throw new Fault('wire-malformed', 'a reply without CONNECT, ERROR or RETRY')
  const words = connect.split(' ').slice(1)
  const handles = new Map<StreamTag, number>()
  for (let index = 0; index + 1 < words.length; index += 2) {
    const tag = STREAM_TAGS.find((known) => known === words[index])
    const handle = Number(words[index + 1])
    if (tag === undefined || !/^-?\d{1,12}$/.test(words[index + 1] ?? '')) throw new Fault('wire-malformed', `bad CONNECT line: ${connect}`)
    if (handle >= 0) handles.set(tag, handle)
  }
  const options = lines.find((line) => line.startsWith('OPTIONS '))
  return { kind: 'connect', handles, options: options === undefined ? {} : parseOptions(options) }
}

export interface RetryRequest {
  readonly delayS: number | undefined
  readonly level: number | undefined
  readonly message: string
}

/** What follows `RETRY ` in a reply or `sendbackup: retry ` on MESG: `[delay D] [level L] [message "M"]`. */
export function parseRetry(text: string): RetryRequest {
  const words = splitWords(text)
  const valueOf = (key: string): string | undefined => {
    const at = words.indexOf(key)
    return at < 0 ? undefined : words[at + 1]
  }
  const numberOf = (key: string): number | undefined => {
    const value = valueOf(key)
    return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined
  }
  return { delayS: numberOf('delay'), level: numberOf('level'), message: unquoteString(valueOf('message') ?? '""') }
}

export function formatRetry(retry: RetryRequest): string {
  const words = [...(retry.delayS === undefined ? [] : [`delay ${retry.delayS}`]), ...(retry.level === undefined ? [] : [`level ${retry.level}`]), `message ${quoteText(retry.message)}`]
  return words.join(' ')
}
