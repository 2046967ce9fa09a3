// What a dump header is, in the one line that Amanda's programs print of it.

import type { DumpFileHeader, DumpHeader } from './dump-header.ts'
import { quoteString } from './quote.ts'

const KINDS = { file: 'FILE:', 'cont-file': 'CONT_FILE:', 'split-file': 'split dumpfile:' } as const

function filterWords(header: DumpFileHeader): string {
  const words: readonly (readonly [string, string | undefined])[] = [
    ['crypt', header.isEncrypted ? 'enc' : undefined],
    ['server_custom_compress', header.serverCustomCompress],
    ['client_custom_compress', header.clientCustomCompress],
    ['server_encrypt', header.serverEncrypt],
    ['client_encrypt', header.clientEncrypt],
    ['server_decrypt_option', header.serverDecryptOption],
    ['client_decrypt_option', header.clientDecryptOption],
  ]
  return words.map(([name, value]) => (value === undefined ? '' : ` ${name} ${value}`)).join('')
}

/** `undefined`: the header could not be understood. */
export function headerSummary(header: DumpHeader | undefined): string {
  switch (header?.kind) {
    case undefined:
      return 'WEIRD file'
    case 'tapestart':
      return `start of tape: date ${header.datestamp} label ${header.label}`
    case 'tapeend':
      return `end of tape: date ${header.datestamp}`
    case 'noop':
      return 'NOOP file'
    case 'file':
    case 'cont-file':
    case 'split-file': {
      const total = header.part === undefined || header.part.total < 0 ? 'UNKNOWN' : String(header.part.total)
      const part = header.kind === 'split-file' ? `part ${header.part?.number ?? 1}/${total} ` : ''
      return `${KINDS[header.kind]} date ${header.datestamp} host ${header.host} disk ${quoteString(header.disk)} ${part}lev ${header.level} comp ${header.compress} program ${header.program}${filterWords(header)}`
    }
  }
}
