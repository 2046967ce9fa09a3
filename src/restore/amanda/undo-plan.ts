// How the filters of a dump are undone by amrestore and amfetchdump: which programs run, in which order, and what the header of the bytes says that come out.
// The shell commands in a header are for people and never run; its program words run only when they are permitted.

import { Fault } from '../../kernel/fault.ts'
import type { ProgramPermit } from '../../stream/permitted-programs.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'

/** When a filter is undone: always, never, or if it ran on that side. */
export type UndoWhen = 'always' | 'never' | 'server' | 'client'

export interface UndoChoice {
  readonly decrypt: UndoWhen
  readonly decompress: UndoWhen
  /** What comes out uncompressed is compressed. */
  readonly compress: 'none' | 'fast' | 'best'
}

export type Argv = readonly [string, ...string[]]

export interface UndoPlan {
  readonly decrypt: Argv | undefined
  readonly decompress: Argv | undefined
  readonly compress: Argv | undefined
  /** The application's own bytes come out of `decompress`. */
  readonly isNative: boolean
  /** Something is compressed that stays encrypted. */
  readonly isHeldBack: boolean
}

const GZIP = '/bin/gzip'

function isDone(when: UndoWhen, side: 'server' | 'client'): boolean {
  return when === 'always' || when === side
}

function permitted(program: string, option: string, permits: ProgramPermit): Argv {
  const refuse = (why: string): Fault =>
    new Fault('program-refused', `the header of the dump names ${JSON.stringify(`${program} ${option}`)}, ${why}`, { next: `If you trust the dump and the program, repeat with --allow-program ${program}.` })
  if (!program.startsWith('/')) throw refuse('which is no path')
  if (!permits(program, option)) throw refuse('which is neither well known nor in a configuration of Amanda')
  return [program, option]
}

function decryptor(header: DumpFileHeader, when: UndoWhen, permits: ProgramPermit): Argv | undefined {
  if (!header.isEncrypted) return undefined
  const side = header.serverEncrypt === undefined ? 'client' : 'server'
  if (!isDone(when, side)) return undefined
  const program = header.serverEncrypt ?? header.clientEncrypt
  if (program === undefined) throw new Fault('filter-unknown', 'the dump is encrypted, but its header names no program')
  return permitted(program, (side === 'server' ? header.serverDecryptOption : header.clientDecryptOption) ?? '-d', permits)
}

/** Where gzip ran is not in the words of the header, but in the request that made the dump. */
function compressSide(header: DumpFileHeader): 'server' | 'client' {
  if (header.serverCustomCompress !== undefined) return 'server'
  return /<compress>\s*SERVER-/.test(header.dleXml ?? '') ? 'server' : 'client'
}

function decompressor(header: DumpFileHeader, permits: ProgramPermit): Argv {
  if (header.compress === '.gz' || header.compress === '.Z') return [GZIP, '-dc']
  const program = header.serverCustomCompress ?? header.clientCustomCompress
  if (program === undefined) throw new Fault('filter-unknown', `the dump is compressed as ${header.compress}, but its header names no program`)
  return permitted(program, '-d', permits)
}

/** Throws `program-refused` and `filter-unknown`. */
export function planUndo(header: DumpFileHeader, choice: UndoChoice, permits: ProgramPermit): UndoPlan {
  const decrypt = decryptor(header, choice.decrypt, permits)
  const isOpen = !header.isEncrypted || decrypt !== undefined
  const isCompressed = header.compress !== 'N'
  const isWanted = isCompressed && choice.compress === 'none' && isDone(choice.decompress, compressSide(header))
  const decompress = isWanted && isOpen ? decompressor(header, permits) : undefined
  const compress: Argv | undefined = !isCompressed && choice.compress !== 'none' ? [GZIP, choice.compress === 'fast' ? '--fast' : '--best'] : undefined
  return { decrypt, decompress, compress, isNative: isOpen && (!isCompressed || decompress !== undefined), isHeldBack: isWanted && !isOpen }
}

/**
 * The header of what comes out. `forgetsPrograms`: as amfetchdump, which names no more the programs that were undone (but those of an encryption on the
 * server); amrestore forgets those of an encryption only.
 */
export function headerAfterUndo(header: DumpFileHeader, plan: UndoPlan, forgets: 'compress-programs' | 'crypt-programs'): DumpFileHeader {
  const { serverCustomCompress, clientCustomCompress, serverEncrypt, clientEncrypt, serverDecryptOption, clientDecryptOption, ...plain } = header
  const keepsCompress = plan.decompress === undefined || forgets === 'crypt-programs'
  const keepsServerCrypt = plan.decrypt === undefined || forgets === 'compress-programs'
  const keepsClientCrypt = plan.decrypt === undefined
  const words = {
    ...(keepsCompress && serverCustomCompress !== undefined ? { serverCustomCompress } : {}),
    ...(keepsCompress && clientCustomCompress !== undefined ? { clientCustomCompress } : {}),
    ...(keepsServerCrypt && serverEncrypt !== undefined ? { serverEncrypt } : {}),
    ...(keepsServerCrypt && serverDecryptOption !== undefined ? { serverDecryptOption } : {}),
    ...(keepsClientCrypt && clientEncrypt !== undefined ? { clientEncrypt } : {}),
    ...(keepsClientCrypt && clientDecryptOption !== undefined ? { clientDecryptOption } : {}),
  }
  return {
    ...plain,
    ...words,
    isEncrypted: header.isEncrypted && plan.decrypt === undefined,
    ...(plan.decompress === undefined ? {} : { compress: 'N', uncompressCommand: '' }),
    // The blank in front stands in what stock Amanda writes as well.
    ...(plan.compress === undefined ? {} : { compress: '.gz', uncompressCommand: ` ${GZIP} -dc |` }),
  }
}
