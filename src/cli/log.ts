// The log of the long-running commands: JSON lines to a file (pino), and plain lines to stderr for whoever watches. The only file
// that knows pino. Fields whose name says that they are secret are never written, whoever logs them.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { destination, pino, type Logger } from 'pino'
import type { Log, LogFields } from '../kernel/log.ts'
import { printable } from './text-table.ts'

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
}

type Level = 'debug' | 'info' | 'warn' | 'error'

const PLAIN_LEVELS: readonly Level[] = ['info', 'warn', 'error']

function wrap(logger: Logger | undefined, options: LogOptions, own: LogFields): Log {
  const write = (level: Level, message: string, fields: LogFields = {}): void => {
    const clean = withoutSecrets(fields)
    logger?.[level](clean, message)
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
      return wrap(logger?.child(clean), options, { ...own, ...clean })
    },
  }
}

export function openLog(options: LogOptions): Log {
  if (options.file === undefined) return wrap(undefined, options, {})
  mkdirSync(path.dirname(options.file), { recursive: true, mode: 0o750 })
  // Written at once: the last lines before a crash are the ones that matter.
  const logger = pino({ level: options.isVerbose ? 'debug' : 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ dest: options.file, sync: true, mode: 0o640 }))
  return wrap(logger, options, {})
}
