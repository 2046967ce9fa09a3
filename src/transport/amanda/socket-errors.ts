// What the system says of a socket, in the words that Amanda's operators know from the C library and the doctor looks for.

import { systemErrorCode } from '../../kernel/fault.ts'

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EPIPE: 'Broken pipe',
  ETIMEDOUT: 'Connection timed out',
}

export function socketErrorText(error: unknown): string {
  const code = systemErrorCode(error)
  return WORDS[code ?? ''] ?? (error instanceof Error ? error.message : String(error))
}
