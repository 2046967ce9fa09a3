// The log of the long-running commands: JSON lines to a file (pino), and plain lines to stderr for whoever watches. The only file
// that knows pino. Fields whose name says that they are secret are never written, whoever logs them.

import { mkdirSync, renameSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Logger } from 'pino'
import type { Log, LogFields } from '../kernel/log.ts'
import { printable } from './text-table.ts'

/** A log that is larger becomes `<file>.1`, and so on to `<file>.4`, which goes. */
const FILE_BYTES_MAX = 32 * 1024 ** 2
const OLD_FILES = 4
/** Entries between two looks at the size. */
const ENTRIES_BETWEEN_LOOKS = 1000

const SECRET_NAME = /token|secret|passphrase|password|private/i

function withoutSecrets(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, SECRET_NAME.test(name) ? '[hidden]' : value]))
}

export interface LogOptions {
  /** Undefined: stderr only. */
  readonly file?: string
  readonly isVerbose: boolean
  /** Gets one plain line an entry. */
  readonly plain?: (line: string) => void
  /** For tests; default FILE_BYTES_MAX. */
  readonly fileBytesMax?: number
}

type Level = 'debug' | 'info' | 'warn' | 'error'

const PLAIN_LEVELS: readonly Level[] = ['info', 'warn', 'error']

function wrap(logger: Logger | undefined, options: LogOptions, own: LogFields, onEntry: () => void = () => undefined): Log {
  const write = (level: Level, message: string, fields: LogFields = {}): void => {
    const clean = withoutSecrets(fields)
    logger?.[level](clean, message)
    onEntry()
    if (options.plain === undefined || !(options.isVerbose || PLAIN_LEVELS.includes(level))) return
    const words = Object.entries({ ...own, ...clean }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${String(value)}`]))
    options.plain(`${new Date().toISOString()} ${level === 'info' ? '' : `${level}: `}${printable([message, ...words].join(' '))}\n`)
  }
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    child: (fields) => {
      const clean = withoutSecrets(fields)
      return wrap(logger?.child(clean), options, { ...own, ...clean }, onEntry)
    },
  }
}

/** Makes room for a new `file` when it has grown past `bytesMax`. Returns whether it did. A disk that does not let us costs no log. */
function rotate(file: string, bytesMax: number): boolean {
  try {
    if (statSync(file).size <= bytesMax) return false
  } catch {
    return false
  }
  for (let number = OLD_FILES; number >= 1; number--) {
    try {
      renameSync(number === 1 ? file : `${file}.${number - 1}`, `${file}.${number}`)
    } catch {
      // There are not so many yet.
    }
  }
  return true
}

export function openLog(options: LogOptions): Log {
  if (options.file === undefined) return wrap(undefined, options, {})
  mkdirSync(path.dirname(options.file), { recursive: true, mode: 0o750 })
  // Written at once: the last lines before a crash are the ones that matter.
  const { file, fileBytesMax = FILE_BYTES_MAX } = options
  rotate(file, fileBytesMax)
  // Only who writes a file needs it.
  const { destination, pino } = createRequire(import.meta.url)('pino') as typeof import('pino')
  const output = destination({ dest: file, sync: true, mode: 0o640 })
  let entries = 0
  const onEntry = (): void => {
    if (++entries % ENTRIES_BETWEEN_LOOKS === 0 && rotate(file, fileBytesMax)) output.reopen()
  }
  const logger = pino({ level: options.isVerbose ? 'debug' : 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime }, output)
  return wrap(logger, options, {}, onEntry)
}
