// What a dump header says about the filters a dump went through, and the filters that undo it. Words and commands are Amanda's
// (docs/formats/dump-header.md), so that the restore hint in the header works when it is pasted into `sh`, and stock amfetchdump
// reads our dumps. zstd, which Amanda does not know, is written as a custom compressor: `zstd -d` undoes it from stdin to stdout.

import { Fault } from '../kernel/fault.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import type { FilterSpec } from './filter.ts'
import { KNOWN_PROGRAMS_ONLY, type ProgramPermit } from './permitted-programs.ts'

export type CompressChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'zstd' | 'gzip'; readonly where: 'client' | 'server'; readonly level: number }
  | { readonly kind: 'custom'; readonly where: 'client' | 'server'; readonly program: string }

export type EncryptChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'custom'; readonly where: 'client' | 'server'; readonly program: string; readonly decryptOption: string }

export type HeaderFilterFields = Pick<
  DumpFileHeader,
  'compress' | 'isEncrypted' | 'serverCustomCompress' | 'clientCustomCompress' | 'serverEncrypt' | 'clientEncrypt' | 'serverDecryptOption' | 'clientDecryptOption' | 'decryptCommand' | 'uncompressCommand'
>

/** Where Debian, Fedora and the BSD ports' Linux packages install it. Stock Amanda starts programs by path only. */
const ZSTD_PROGRAM = '/usr/bin/zstd'
const GZIP_UNCOMPRESS = '/bin/gzip -dc |'

/** The filters to run on `side`, in order: compress, then encrypt. */
export function filtersAt(side: 'client' | 'server', compress: CompressChoice, encrypt: EncryptChoice): FilterSpec[] {
  if (compress.kind !== 'none' && encrypt.kind !== 'none' && encrypt.where === 'client' && compress.where === 'server') {
    throw new Fault('config-invalid', 'a dump that the client encrypts cannot be compressed on the server', { next: 'Compress on the client, or encrypt on the server.' })
  }
  const filters: FilterSpec[] = []
  if (compress.kind !== 'none' && compress.where === side) {
    if (compress.kind === 'custom') filters.push({ kind: 'program', argv: [compress.program] })
    else filters.push({ kind: compress.kind, level: compress.level })
  }
  if (encrypt.kind !== 'none' && encrypt.where === side) filters.push({ kind: 'program', argv: [encrypt.program] })
  return filters
}

/** The header's words and commands for these filters. */
export function headerFilterFields(compress: CompressChoice, encrypt: EncryptChoice): HeaderFilterFields {
  return { ...compressFields(compress), ...encryptFields(encrypt) }
}

function compressFields(compress: CompressChoice): Pick<HeaderFilterFields, 'compress' | 'uncompressCommand' | 'serverCustomCompress' | 'clientCustomCompress'> {
  switch (compress.kind) {
    case 'none':
      return { compress: 'N', uncompressCommand: '' }
    case 'gzip':
      return { compress: '.gz', uncompressCommand: GZIP_UNCOMPRESS }
    case 'zstd':
    case 'custom': {
      const program = compress.kind === 'custom' ? compress.program : ZSTD_PROGRAM
      const field = compress.where === 'client' ? { clientCustomCompress: program } : { serverCustomCompress: program }
      return { compress: 'cust', uncompressCommand: `${program} -d |`, ...field }
    }
  }
}

function encryptFields(encrypt: EncryptChoice): Pick<HeaderFilterFields, 'isEncrypted' | 'decryptCommand' | 'serverEncrypt' | 'clientEncrypt' | 'serverDecryptOption' | 'clientDecryptOption'> {
  if (encrypt.kind === 'none') return { isEncrypted: false, decryptCommand: '' }
  const { program, decryptOption } = encrypt
  const fields = encrypt.where === 'client' ? { clientEncrypt: program, clientDecryptOption: decryptOption } : { serverEncrypt: program, serverDecryptOption: decryptOption }
  return { isEncrypted: true, decryptCommand: `${program} ${decryptOption} |`, ...fields }
}

/**
 * The filters that give the application's bytes back: decrypt, then uncompress. The words of the header decide; its shell commands are
 * for people and are never run. Throws `filter-unknown` when the header does not say how, `program-refused` for a program that is not permitted.
 */
export function undoFilters(header: DumpFileHeader, permits: ProgramPermit = KNOWN_PROGRAMS_ONLY): FilterSpec[] {
  const undo: FilterSpec[] = []
  const encrypted = [
    [header.serverEncrypt, header.serverDecryptOption],
    [header.clientEncrypt, header.clientDecryptOption],
  ] as const
  for (const [program, option] of encrypted) if (program !== undefined) undo.push({ kind: 'program', argv: permitted(program, option ?? '-d', permits) })
  if (header.isEncrypted && undo.length === 0) throw new Fault('filter-unknown', 'the dump is encrypted, but its header names no program')
  const compressed = uncompressFilter(header, permits)
  return compressed === undefined ? undo : [...undo, compressed]
}

function uncompressFilter(header: DumpFileHeader, permits: ProgramPermit): FilterSpec | undefined {
  switch (header.compress) {
    case 'N':
      return undefined
    case '.gz':
      return { kind: 'gunzip' }
    case '.zst':
      return { kind: 'unzstd' }
    case '.Z':
      return { kind: 'program', argv: ['/bin/gzip', '-dc'] }
    default: {
      const program = header.serverCustomCompress ?? header.clientCustomCompress
      if (program === undefined) throw new Fault('filter-unknown', `the dump is compressed as ${header.compress}, but its header names no program`)
      if (/(^|\/)zstd$/.test(program)) return { kind: 'unzstd' }
      return { kind: 'program', argv: permitted(program, '-d', permits) }
    }
  }
}

/** A header comes from a volume, which anybody may have written. */
function permitted(program: string, option: string, permits: ProgramPermit): [string, string] {
  if (!program.startsWith('/')) throw new Fault('filter-unknown', `the header names the program ${JSON.stringify(program)} without its path`)
  if (!permits(program, option)) {
    throw new Fault('program-refused', `the header names ${JSON.stringify(`${program} ${option}`)}, which is neither well known nor in the configuration`, { next: `If you trust the volume and the program, repeat with --allow-program ${program}.` })
  }
  return [program, option]
}
