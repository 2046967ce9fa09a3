// A line of a log of ours: one JSON object an entry (`server.log`, `agent.log`; written by src/cli/log.ts). The fault code in it says which kind of fault
// it is. Other programs write such lines as well: what has no level and no message is not ours. Pure.

import { FAULT_CODES, type FaultCode } from '../../kernel/fault-codes.ts'

/** Levels of pino. */
const WARN = 40
const ERROR = 50

/** One of them is in each line that may be told. */
export const OWN_WORDS: readonly string[] = ['"code":"', `"level":${ERROR}`]

export interface OwnLine {
  /** The entry in words: message, disk, reason. */
  readonly text: string
  readonly atMs: number | undefined
  readonly host: string | undefined
  readonly disk: string | undefined
  readonly run: string | undefined
  readonly code: FaultCode | undefined
}

function isFaultCode(code: unknown): code is FaultCode {
  return typeof code === 'string' && Object.hasOwn(FAULT_CODES, code)
}

/** Undefined: it is no line of ours, or says nothing that went wrong. */
export function parseOwnLine(raw: string): OwnLine | undefined {
  if (!raw.startsWith('{"level":')) return undefined
  let entry: Readonly<Record<string, unknown>>
  try {
    entry = JSON.parse(Buffer.from(raw, 'latin1').toString('utf8')) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
  const { level, msg, code } = entry
  if (typeof level !== 'number' || typeof msg !== 'string' || level < WARN) return undefined
  // Codes of the link's own are in warnings of what the tether mends by itself.
  if (!isFaultCode(code) && level < ERROR) return undefined
  const field = (name: string): string | undefined => (typeof entry[name] === 'string' ? entry[name] : undefined)
  const reason = field('reason') ?? field('error') ?? field('message') ?? field('text')
  const atMs = Date.parse(field('time') ?? '')
  const text = [field('time'), `${msg}${reason === undefined ? '' : `: ${reason}`}`, isFaultCode(code) ? `[${code}]` : ''].filter((part) => part !== undefined && part !== '').join(' ')
  return { text, atMs: Number.isNaN(atMs) ? undefined : atMs, host: field('host'), disk: field('disk'), run: field('run'), code: isFaultCode(code) ? code : undefined }
}
