// The bodies of requests: one OPTIONS line, then the disks. Written by the server, read by the agent. Requests in the text form of
// servers before Amanda 2.6.1 (no feature `reqXml`) are not read; the reply says so.

import { Fault } from '../../kernel/fault.ts'
import { parseDles } from './dle-reader.ts'
import type { Dle } from './dle.ts'
import { formatDle } from './dle-writer.ts'
import { formatOptionsLine, parseOptionsLine, type OptionsLine } from './options-line.ts'

/** What Amanda takes as one packet. */
const REQUEST_CHARACTERS_MAX = 4 * 1024 * 1024

export interface ServiceRequest {
  readonly options: OptionsLine
  readonly dles: readonly Dle[]
}

/** A noop or restore request has no disks, a sendbackup request exactly one with exactly one level. */
export function formatRequest(service: 'noop' | 'selfcheck' | 'sendsize' | 'sendbackup' | 'restore', options: OptionsLine, dles: readonly Dle[] = []): string {
  const disks = service === 'noop' || service === 'restore' ? '' : dles.map((dle) => formatDle(dle, service)).join('')
  return `${formatOptionsLine(options)}\n${disks}`
}

/** Reads any service's request. Empty lines before the OPTIONS line are passed over. Throws `wire-malformed`. */
export function parseRequest(body: string): ServiceRequest {
  if (body.length > REQUEST_CHARACTERS_MAX) throw new Fault('wire-malformed', `a request of ${body.length} characters is too long`)
  const start = /^\n*/.exec(body)?.[0].length ?? 0
  const lineEnd = body.indexOf('\n', start)
  const optionsEnd = lineEnd < 0 ? body.length : lineEnd
  const options = parseOptionsLine(body.slice(start, optionsEnd))
  const rest = body.slice(optionsEnd)
  if (rest.trim() !== '' && !rest.trimStart().startsWith('<')) throw new Fault('wire-malformed', 'the request lists disks as text lines; only XML is understood')
  return { options, dles: parseDles(rest) }
}
