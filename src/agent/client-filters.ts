// The filters that run on the client, and what MESG says of them so that the server can write the dump's header. Compression with zstd
// or gzip by their usual programs' names runs inside the agent; the bytes are the same. Other programs run only if this agent's own
// configuration lists them: a server must not be able to start anything it likes on a client.

import { Fault } from '../kernel/fault.ts'
import type { FilterSpec } from '../stream/filter.ts'
import type { Dle } from '../wire/amanda/dle.ts'
import type { MesgLine } from '../wire/amanda/mesg.ts'

export interface ClientFilters {
  readonly filters: readonly FilterSpec[]
  /** COMPRESS_SUFFIX, CLIENT_CUSTOM_COMPRESS, CLIENT_ENCRYPT, CLIENT_DECRYPT_OPTION. */
  readonly info: readonly MesgLine[]
  /** What undoes them in a shell, each ending in ` |`. */
  readonly undoCommand: string
}

const ZSTD_LEVEL_DEFAULT = 3
const GZIP_LEVEL_DEFAULT = 6
const ZSTD_PROGRAM = '/usr/bin/zstd'

function info(key: string, value: string): MesgLine {
  return { kind: 'info', key, value }
}

function levelOf(dle: Dle, fallback: number, limit: number): number {
  const text = dle.properties.find(({ name }) => name === 'compress-level')?.values.at(-1)
  const level = text !== undefined && /^\d{1,2}$/.test(text) ? Number(text) : fallback
  return Math.min(Math.max(level, 1), limit)
}

function permitted(program: string, what: string, allowed: readonly string[]): string {
  if (!program.startsWith('/')) throw new Fault('config-invalid', `the ${what} program ${JSON.stringify(program)} is not an absolute path`)
  if (!allowed.includes(program)) throw new Fault('not-permitted', `the agent may not run the ${what} program ${program}: it is not in \`filters\` of agent.yaml`, { next: `Add ${program} to \`filters\` in agent.yaml on the client, if that is what you want.` })
  return program
}

function compressFilter(dle: Dle, allowed: readonly string[]): ClientFilters {
  const { compress } = dle
  switch (compress.kind) {
    case 'fast':
    case 'best':
      return { filters: [{ kind: 'gzip', level: compress.kind === 'fast' ? 1 : 9 }], info: [info('COMPRESS_SUFFIX', '.gz')], undoCommand: '/bin/gzip -dc |' }
    case 'custom': {
      const name = compress.program.slice(compress.program.lastIndexOf('/') + 1)
      if (name === 'gzip') return { filters: [{ kind: 'gzip', level: levelOf(dle, GZIP_LEVEL_DEFAULT, 9) }], info: [info('COMPRESS_SUFFIX', '.gz')], undoCommand: '/bin/gzip -dc |' }
      const isZstd = name === 'zstd'
      const program = !isZstd ? permitted(compress.program, 'compression', allowed) : compress.program.startsWith('/') ? compress.program : ZSTD_PROGRAM
      const filter: FilterSpec = isZstd ? { kind: 'zstd', level: levelOf(dle, ZSTD_LEVEL_DEFAULT, 19) } : { kind: 'program', argv: [program] }
      return { filters: [filter], info: [info('COMPRESS_SUFFIX', 'cust'), info('CLIENT_CUSTOM_COMPRESS', program)], undoCommand: `${program} -d |` }
    }
    case 'none':
    case 'server-fast':
    case 'server-best':
    case 'server-custom':
      return { filters: [], info: [], undoCommand: '' }
  }
}

/** `allowed`: programs that may run. Rejects others with `not-permitted`, a filter program without an absolute path with `config-invalid`. */
export function clientFilters(dle: Dle, allowed: readonly string[]): ClientFilters {
  const compress = compressFilter(dle, allowed)
  if (dle.encrypt.kind !== 'custom') return compress
  const program = permitted(dle.encrypt.program, 'encryption', allowed)
  const { decryptOption } = dle.encrypt
  return {
    filters: [...compress.filters, { kind: 'program', argv: [program] }],
    info: [...compress.info, info('CLIENT_ENCRYPT', program), ...(decryptOption === '' ? [] : [info('CLIENT_DECRYPT_OPTION', decryptOption)])],
    undoCommand: `${program} ${decryptOption} | ${compress.undoCommand}`,
  }
}
