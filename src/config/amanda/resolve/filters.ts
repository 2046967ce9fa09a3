// `compress` and `encrypt` of a dumptype.

import type { DumptypeOverrides } from '../../schema.ts'
import type { SettingsReader } from './ledger.ts'

type Compress = NonNullable<DumptypeOverrides['compress']>
type Encrypt = NonNullable<DumptypeOverrides['encrypt']>

/** What `gzip --fast` and `gzip --best` are. */
const LEVELS = { FAST: 1, BEST: 9 } as const

/** A program by its whole path; undefined, with a remark, when there is none. */
function programOf(dumptype: SettingsReader, asking: string, keyword: string): string | undefined {
  const program = dumptype.text(keyword)
  if (program.startsWith('/')) return program
  const name = keyword.toLowerCase().replaceAll('_', '-')
  dumptype.remark(asking, 'unusable', program === '' ? `it asks for a program that \`${name}\` must name` : `the program \`${program}\` of \`${name}\` must be named by its whole path`)
  return undefined
}

export function compressOf(dumptype: SettingsReader): Compress {
  const [side = '', kind = ''] = dumptype.word('COMPRESS').split(' ')
  if (kind === '') return 'none'
  const where = side === 'SERVER' ? 'server' : 'client'
  if (kind === 'FAST' || kind === 'BEST') return { kind: 'gzip', where, level: LEVELS[kind] }
  const program = programOf(dumptype, 'COMPRESS', where === 'server' ? 'SERVER_CUSTOM_COMPRESS' : 'CLIENT_CUSTOM_COMPRESS')
  return program === undefined ? 'none' : { kind: 'custom', where, program }
}

export function encryptOf(dumptype: SettingsReader): Encrypt {
  const word = dumptype.word('ENCRYPT')
  if (word === 'NONE') return 'none'
  const where = word === 'SERVER' ? 'server' : 'client'
  const program = programOf(dumptype, 'ENCRYPT', where === 'server' ? 'SERVER_ENCRYPT' : 'CLIENT_ENCRYPT')
  const option = dumptype.line(where === 'server' ? 'SERVER_DECRYPT_OPTION' : 'CLIENT_DECRYPT_OPTION')
  return program === undefined ? 'none' : { program, where, 'decrypt-option': option === '' ? '-d' : option }
}
