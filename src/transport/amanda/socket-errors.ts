// What the system says of a socket or of a program that does not start, in the words that Amanda's operators know from the C library and the doctor looks for.

import { systemErrorCode } from '../../kernel/fault.ts'

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  ENOENT: 'No such file or directory',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EPIPE: 'Broken pipe',
  ETIMEDOUT: 'Connection timed out',
}

export function socketErrorText(error: unknown): string {
  const code = systemErrorCode(error)
  return WORDS[code ?? ''] ?? (error instanceof Error ? error.message : String(error))
}
