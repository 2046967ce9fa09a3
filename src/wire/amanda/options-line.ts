// The OPTIONS line that opens every request and reply: `OPTIONS k=v;k=v;`. Amanda's services answer an option they do not know with
// an error, so a writer sets only what the peer's features allow; our reader passes over what it does not know.

import { Fault } from '../../kernel/fault.ts'
import { parseFeatures, type FeatureSet } from './features.ts'

export interface OptionsLine {
  readonly features?: FeatureSet
  readonly hostname?: string
  readonly auth?: string
  readonly maxDumps?: number
  readonly config?: string
  /** The run, `YYYYMMDDhhmmss`. */
  readonly timestamp?: string
}

const MAX_DUMPS_LIMIT = 16

function plain(value: string, key: string): string {
  if (/[;\n\0]/.test(value)) throw new Fault('wire-malformed', `option ${key}: ${JSON.stringify(value)} has a semicolon or a line end`)
  return value
}

/** The line without its line end. Throws `wire-malformed` for a value that cannot stand in it. */
export function formatOptionsLine(options: OptionsLine): string {
  let line = 'OPTIONS '
  if (options.features !== undefined) line += `features=${options.features.format()};`
  if (options.maxDumps !== undefined) line += `maxdumps=${options.maxDumps};`
  if (options.hostname !== undefined) line += `hostname=${plain(options.hostname, 'hostname')};`
  if (options.auth !== undefined) line += `auth=${plain(options.auth, 'auth')};`
  if (options.config !== undefined) line += `config=${plain(options.config, 'config')};`
  if (options.timestamp !== undefined) line += `timestamp=${plain(options.timestamp, 'timestamp')};`
  return line === 'OPTIONS ' ? 'OPTIONS ;' : line
}

function readOption(options: { -readonly [Key in keyof OptionsLine]: OptionsLine[Key] }, key: string, value: string): void {
  switch (key) {
    case 'features': {
      const features = parseFeatures(value)
      if (features !== undefined) options.features = features
      return
    }
    case 'hostname':
      options.hostname = value
      return
    case 'auth':
      options.auth = value
      return
    case 'config':
      // It names a directory of the client's configuration.
      if (value.includes('/') || value.startsWith('.')) throw new Fault('wire-malformed', `option config: ${JSON.stringify(value)} is not a name`)
      options.config = value
      return
    case 'timestamp':
      if (!/^\d{8}(\d{6})?$/.test(value)) throw new Fault('wire-malformed', `option timestamp: ${JSON.stringify(value)} is not a date`)
      options.timestamp = value
      return
    case 'maxdumps': {
      const count = /^\d{1,9}$/.test(value) ? Number(value) : 0
      if (count < 1) throw new Fault('wire-malformed', `option maxdumps: ${JSON.stringify(value)} is not a number above 0`)
      options.maxDumps = Math.min(count, MAX_DUMPS_LIMIT)
      return
    }
    default:
  }
}

/** Reads a line that begins with `OPTIONS `. Throws `wire-malformed` for a bad value or a key that comes twice. */
export function parseOptionsLine(line: string): OptionsLine {
  if (!line.startsWith('OPTIONS')) throw new Fault('wire-malformed', `${JSON.stringify(line.slice(0, 80))} where an OPTIONS line was expected`)
  const options: { -readonly [Key in keyof OptionsLine]: OptionsLine[Key] } = {}
  const seen = new Set<string>()
  for (const token of line.slice('OPTIONS'.length).trim().split(';')) {
    if (token === '') continue
    const equals = token.indexOf('=')
    const key = equals < 0 ? token : token.slice(0, equals)
    if (seen.has(key)) throw new Fault('wire-malformed', `option ${key} comes twice`)
    seen.add(key)
    readOption(options, key, equals < 0 ? '' : token.slice(equals + 1))
  }
  return options
}
