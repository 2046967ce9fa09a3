// The reply that opens streams (sendbackup, restore): `CONNECT NAME handle …`, then OPTIONS; or ERROR, or RETRY. Stream handle -1
// says that there is no such stream.

import { Fault } from '../../kernel/fault.ts'
import { OUR_FEATURES, type FeatureSet } from './features.ts'
import { formatOptionsLine, parseOptionsLine } from './options-line.ts'
import { formatRetry, parseRetry, type RetryAdvice } from './retry.ts'
import { parseErrorLine } from './service-errors.ts'

export type StreamName = 'DATA' | 'MESG' | 'INDEX' | 'STATE' | 'CTL'

export type ConnectReply =
  | { readonly kind: 'connect'; readonly streams: ReadonlyMap<StreamName, number>; readonly features?: FeatureSet }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'retry'; readonly advice: RetryAdvice }

const STREAM_NAMES: readonly StreamName[] = ['DATA', 'MESG', 'INDEX', 'STATE', 'CTL']
const REPLY_CHARACTERS_MAX = 64 * 1024

function isStreamName(text: string | undefined): text is StreamName {
  return STREAM_NAMES.some((name) => name === text)
}

/** Streams in the order they are given. -1 for one that is named and not made. */
export function formatConnectReply(streams: readonly (readonly [StreamName, number])[]): string {
  return `CONNECT ${streams.map(([name, handle]) => `${name} ${handle}`).join(' ')}\n${formatOptionsLine({ features: OUR_FEATURES })}\n`
}

/** A reply that asks for another try; only for peers with `sendbackupRepRetry`. */
export function formatRetryReply(advice: RetryAdvice): string {
  return `RETRY ${formatRetry(advice)}\n${formatOptionsLine({ features: OUR_FEATURES })}\n`
}

function parseConnect(line: string): ReadonlyMap<StreamName, number> {
  const words = line.split(/\s+/).slice(1)
  const streams = new Map<StreamName, number>()
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index]
    const handle = words[index + 1]
    if (name === '' && handle === undefined) break
    if (!isStreamName(name) || handle === undefined || !/^-?\d{1,10}$/.test(handle)) throw new Fault('wire-malformed', `CONNECT line ${JSON.stringify(line.slice(0, 200))}`)
    if (streams.has(name)) throw new Fault('wire-malformed', `CONNECT names ${name} twice`)
    if (Number(handle) >= 0) streams.set(name, Number(handle))
  }
  return streams
}

/** What a reply to sendbackup or restore says. An ERROR anywhere in it wins. Throws `wire-malformed`. */
export function parseConnectReply(body: string): ConnectReply {
  if (body.length > REPLY_CHARACTERS_MAX) throw new Fault('wire-malformed', `a reply of ${body.length} characters is too long`)
  let streams: ReadonlyMap<StreamName, number> | undefined
  let features: FeatureSet | undefined
  let advice: RetryAdvice | undefined
  for (const line of body.split('\n')) {
    const error = parseErrorLine(line)
    if (error !== undefined) return { kind: 'error', text: error }
    if (line.startsWith('CONNECT ')) streams = parseConnect(line)
    else if (line.startsWith('OPTIONS')) features = parseOptionsLine(line).features
    else if (line.startsWith('RETRY')) advice = parseRetry(line.slice('RETRY'.length))
    else if (line !== '') throw new Fault('wire-malformed', `a reply has a line ${JSON.stringify(line.slice(0, 200))}`)
  }
  if (advice !== undefined) return { kind: 'retry', advice }
  if (streams === undefined) throw new Fault('wire-malformed', 'a reply has neither CONNECT nor ERROR')
  return { kind: 'connect', streams, ...(features === undefined ? {} : { features }) }
}
