// The lines of the stream CTL of a restore that the server pushes to an agent, ending in `\r\n`. The agent speaks first:
//
//   A FEATURES f    S TARGET "dir"    S HEADER-SEND-SIZE n, A HEADER-READY, n bytes on DATA, A HEADER-DONE
//   S INCLUDE-SEND n, A INCLUDE-READY, n bytes on DATA, A INCLUDE-DONE (when only some names are wanted)    S INCLUDE-EXCLUDE-DONE
//   S EXISTING-POLICY w (only when the target may be in use; w: EXISTING_POLICIES)
//   S PREV-NEXT-LEVEL p n (-1: none)    S NO-STATE-SEND    S USE-DAR NO, A USE-DAR NO
//   S AVAIL-DATAPATH AMANDA, A USE-DATAPATH AMANDA, S DATAPATH-OK    S DATA-SEND, A DATA-READY, the dump on DATA to its end
//
// Only FEATURES, TARGET and DATA-SEND must come: a server leaves out what the agent's features do not name.
// One request restores one level; the levels of a chain follow each other with the same target. MESG says how it ended (mesg.ts).

import { Fault } from '../../kernel/fault.ts'
import { quoteString, unquoteString } from './quote.ts'

export type RestoreLine =
  | { readonly kind: 'features'; readonly features: string }
  | { readonly kind: 'target'; readonly dir: string }
  /** The header of the dump follows on DATA. */
  | { readonly kind: 'header-send'; readonly bytes: number }
  | { readonly kind: 'include-send'; readonly bytes: number }
  /** Levels before and after this one in the chain; -1 for none. */
  | { readonly kind: 'levels'; readonly previous: number; readonly next: number }
  /** What becomes of names that are in the target already; without it the target must be missing or empty. */
  | { readonly kind: 'existing'; readonly policy: ExistingPolicyWord }
  | { readonly kind: 'word'; readonly word: RestoreWord }

/** Ours; no Amanda says it. */
export const EXISTING_POLICIES = ['refuse', 'replace', 'keep', 'newer', 'beside'] as const
export type ExistingPolicyWord = (typeof EXISTING_POLICIES)[number]

/** Lines without values. */
export type RestoreWord = (typeof WORDS)[number]

const WORDS = ['HEADER-READY', 'HEADER-DONE', 'INCLUDE-READY', 'INCLUDE-DONE', 'INCLUDE-EXCLUDE-DONE', 'NO-STATE-SEND', 'USE-DAR NO', 'AVAIL-DATAPATH AMANDA', 'USE-DATAPATH AMANDA', 'DATAPATH-OK', 'DATA-SEND', 'DATA-READY'] as const

const LEVELS = /^PREV-NEXT-LEVEL (-1|\d{1,3}) (-1|\d{1,3})$/

export function formatRestoreLine(line: RestoreLine): string {
  switch (line.kind) {
    case 'features':
      return `FEATURES ${line.features}\r\n`
    case 'target': {
      const quoted = quoteString(line.dir)
      return `TARGET ${quoted.startsWith('"') ? quoted : `"${quoted}"`}\r\n`
    }
    case 'header-send':
      return `HEADER-SEND-SIZE ${line.bytes}\r\n`
    case 'include-send':
      return `INCLUDE-SEND ${line.bytes}\r\n`
    case 'levels':
      return `PREV-NEXT-LEVEL ${line.previous} ${line.next}\r\n`
    case 'existing':
      return `EXISTING-POLICY ${line.policy}\r\n`
    case 'word':
      return `${line.word}\r\n`
  }
}

/** Reads a line; its line end may be cut off already. Throws `wire-malformed`. */
export function parseRestoreLine(text: string): RestoreLine {
  const line = text.replace(/\r?\n?$/, '')
  const word = WORDS.find((known) => known === line)
  if (word !== undefined) return { kind: 'word', word }
  if (line.startsWith('FEATURES ')) return { kind: 'features', features: line.slice('FEATURES '.length) }
  if (line.startsWith('TARGET ')) return { kind: 'target', dir: unquoteString(line.slice('TARGET '.length)) }
  const header = /^HEADER-SEND-SIZE (\d{1,9})$/.exec(line)
  if (header !== null) return { kind: 'header-send', bytes: Number(header[1]) }
  const include = /^INCLUDE-SEND (\d{1,9})$/.exec(line)
  if (include !== null) return { kind: 'include-send', bytes: Number(include[1]) }
  const policy = EXISTING_POLICIES.find((known) => line === `EXISTING-POLICY ${known}`)
  if (policy !== undefined) return { kind: 'existing', policy }
  const levels = LEVELS.exec(line)
  if (levels !== null) return { kind: 'levels', previous: Number(levels[1]), next: Number(levels[2]) }
  throw new Fault('wire-malformed', `restore: ${JSON.stringify(line.slice(0, 200))} is not understood`)
}
