// The `<dle>` of a request from an entry of the disk list. Pure.

import type { RunId } from '../../catalog/contract.ts'
import type { CompressConfig, DiskListEntry, EncryptConfig, ScriptConfig, StockAuth } from '../../config/resolved.ts'
import type { Dle, DleCompress, DleEncrypt, DleProperty, DleScript } from '../../wire/amanda/dle.ts'

function dleCompress(compress: CompressConfig): DleCompress {
  if (compress.kind === 'none') return { kind: 'none' }
  const kind = compress.where === 'client' ? 'custom' : 'server-custom'
  return { kind, program: compress.kind === 'custom' ? compress.program : compress.kind }
}

/** Amanda has gzip by two names. */
const BEST_LEVEL_MIN = 6

/** What the server does is said as well: the words stand in the header of the dump, and stock Amanda's programs undo what they say. */
function stockCompress(compress: CompressConfig): DleCompress {
  if (compress.kind === 'none' || compress.kind === 'custom') return dleCompress(compress)
  if (compress.kind === 'zstd') return { kind: 'none' }
  const word = compress.level < BEST_LEVEL_MIN ? 'fast' : 'best'
  return { kind: compress.where === 'server' ? `server-${word}` : word }
}

function dleEncrypt(encrypt: EncryptConfig): DleEncrypt {
  if (encrypt.kind === 'none') return { kind: 'none' }
  return { kind: encrypt.where === 'client' ? 'custom' : 'server-custom', program: encrypt.program, decryptOption: encrypt.decryptOption }
}

/** Asks for lines of the index with attributes (docs/formats/index-file.md). Our agents answer it; others pass over properties they do not know. */
const INDEX_ATTRIBUTES: DleProperty = { name: 'index-attributes', values: ['yes'] }

function dleProperties(properties: Readonly<Record<string, readonly string[]>>): DleProperty[] {
  return Object.entries(properties).map(([name, values]) => ({ name, values }))
}

/** Those of the server are no business of a client. */
function dleScript({ plugin, executeOn, properties }: ScriptConfig): DleScript {
  return { plugin, executeWhere: 'CLIENT', executeOn: executeOn.join(',').toUpperCase(), properties: dleProperties(properties) }
}

/** What an unchanged client makes dumps with without an application. */
const OLD_PROGRAMS = new Set(['gnutar', 'dump'])

/** What our agents alone understand is left out, and GNUTAR is a program of its own there. */
function stockDle(entry: DiskListEntry, auth: StockAuth, dle: Dle): Dle {
  const { application, baseRun: _baseRun, ...rest } = dle
  const program = application === undefined || OLD_PROGRAMS.has(entry.application.name) ? { program: entry.application.name.toUpperCase() } : { program: 'APPLICATION', application }
  return { ...rest, ...program, auth, compress: stockCompress(entry.compress), properties: [] }
}

/** `baseRun` only where the request has one level. */
export function dleOfEntry(entry: DiskListEntry, levels: readonly number[], baseRun?: RunId): Dle {
  const dle = ownDle(entry, levels, baseRun)
  return entry.auth === undefined ? dle : stockDle(entry, entry.auth, dle)
}

function ownDle(entry: DiskListEntry, levels: readonly number[], baseRun: RunId | undefined): Dle {
  const { application, compress } = entry
  const properties: DleProperty[] = compress.kind === 'zstd' || compress.kind === 'gzip' ? [{ name: 'compress-level', values: [String(compress.level)] }] : []
  if (entry.index) properties.push(INDEX_ATTRIBUTES)
  return {
    program: 'APPLICATION',
    application: { plugin: application.name, properties: dleProperties(application.properties) },
    estimates: [entry.estimate === 'server' ? 'SERVER' : entry.estimate === 'calcsize' ? 'CALCSIZE' : 'CLIENT'],
    disk: entry.disk,
    ...(entry.device === entry.disk ? {} : { device: entry.device }),
    levels: levels.map((level) => ({ level, isServers: false })),
    ...(baseRun === undefined ? {} : { baseRun }),
    spindle: entry.spindle,
    compress: dleCompress(compress),
    encrypt: dleEncrypt(entry.encrypt),
    record: entry.record,
    index: entry.index,
    exclude: { files: entry.excludeFiles, lists: entry.excludeLists, isOptional: entry.listsOptional },
    include: { files: entry.includeFiles, lists: entry.includeLists, isOptional: entry.includeListsOptional ?? entry.listsOptional },
    properties,
    scripts: entry.scripts.filter(({ executeWhere }) => executeWhere === 'client').map(dleScript),
  }
}
