// hosts → disks → the flat disklist. Settings of a disk are those of its dumptype, overlaid with those of the host, overlaid with its own.

import { DIRECTORY_APPLICATIONS } from './directory-applications.ts'
import { excludesFor } from './default-excludes.ts'
import { adviceFor, layDumptype, type Complain, type Dumptypes, type FlatDumptype } from './dumptypes.ts'
import { bumpOf } from './bump.ts'
import type { BumpConfig, CompressConfig, DiskListEntry, EncryptConfig, ScriptConfig, StockAuth, StockClientConfig } from './resolved.ts'
import { checkStockDisk, stockClientOf } from './stock-clients.ts'
import type { DumptypeOverrides, HostInput } from './schema.ts'
import type { ValuePath } from './yaml-document.ts'

/** zstd 1 is faster than most disks; gzip 1 is what Amanda calls fast. */
const COMPRESS_LEVEL = 1

function compressOf(flat: FlatDumptype): CompressConfig {
  const given = typeof flat.compress === 'string' ? { kind: flat.compress } : flat.compress
  const where = ('where' in given ? given.where : undefined) ?? 'client'
  switch (given.kind) {
    case 'none':
      return { kind: 'none' }
    case 'custom':
      return { kind: 'custom', where, program: given.program }
    case 'zstd':
    case 'gzip':
      return { kind: given.kind, where, level: ('level' in given ? given.level : undefined) ?? COMPRESS_LEVEL }
  }
}

function encryptOf(flat: FlatDumptype): EncryptConfig {
  if (flat.encrypt === 'none') return { kind: 'none' }
  return { kind: 'custom', where: flat.encrypt.where ?? 'client', program: flat.encrypt.program, decryptOption: flat.encrypt['decrypt-option'] ?? '-d' }
}

function checkFilters(entry: DiskListEntry, path: ValuePath, complain: Complain): void {
  if (entry.encrypt.kind !== 'none' && entry.compress.kind !== 'none' && entry.encrypt.where === 'client' && entry.compress.where === 'server') {
    complain(path, 'the client encrypts what the server should compress, and encrypted data does not compress', 'Compress at the client, or not at all.')
  }
  if (entry.compress.kind === 'gzip' && entry.compress.level > 9) complain(path, 'gzip has levels 1 to 9', 'Lower the level, or use zstd.')
}

/** The agent leaves the default excludes out by itself for servers that know none. Ours says what it wants, so that it can be seen. */
function propertiesOf(flat: FlatDumptype): DiskListEntry['application']['properties'] {
  return DIRECTORY_APPLICATIONS.has(flat.application) ? { 'default-excludes': ['no'], ...flat.properties } : flat.properties
}

/** Amanda's own number for a script that names none. */
const SCRIPT_ORDER = 5000

function scriptsOf(flat: FlatDumptype): ScriptConfig[] {
  const inOrder = flat.scripts.toSorted((one, other) => (one.order ?? SCRIPT_ORDER) - (other.order ?? SCRIPT_ORDER))
  return inOrder.map(({ name, plugin, properties, ...rest }) => ({ name: name ?? plugin, plugin, executeOn: rest['execute-on'], executeWhere: rest['execute-where'] ?? 'client', properties: properties ?? {} }))
}

/** What the configuration says for disks that say nothing. */
export interface Cycle {
  readonly dumpCycleDays: number
  readonly bump: BumpConfig
}

interface DiskContext extends Cycle {
  readonly host: string
  readonly auth: StockAuth | undefined
  readonly dumptype: string
}

/** What few disks have. */
function rulesOf(flat: FlatDumptype, { bump }: DiskContext): Partial<DiskListEntry> {
  return {
    ...(flat['include-lists-optional'] === undefined ? {} : { includeListsOptional: flat['include-lists-optional'] }),
    ...(flat.bump === undefined ? {} : { bump: bumpOf(flat.bump, bump) }),
    ...(flat['expected-ratio'] === undefined ? {} : { expectedRatios: flat['expected-ratio'] }),
    ...(flat['promote-days'] === undefined ? {} : { promoteDays: flat['promote-days'] }),
    ...(flat['skip-full'] ? { isFullSkipped: true } : {}),
    ...(flat['skip-incremental'] ? { isIncrementalSkipped: true } : {}),
  }
}

function entryOf(disk: string, device: string, flat: FlatDumptype, context: DiskContext): DiskListEntry {
  return {
    host: context.host,
    ...(context.auth === undefined ? {} : { auth: context.auth }),
    disk,
    device,
    dumptype: context.dumptype,
    application: { name: flat.application, properties: propertiesOf(flat) },
    compress: compressOf(flat),
    encrypt: encryptOf(flat),
    excludeFiles: flat['absolute-excludes'] ? excludesFor(device, flat.exclude) : flat.exclude,
    excludeLists: flat['exclude-lists'],
    includeFiles: flat.include,
    includeLists: flat['include-lists'],
    listsOptional: flat['lists-optional'],
    ...rulesOf(flat, context),
    priority: flat.priority,
    strategy: flat.strategy,
    dumpCycleDays: flat['dump-cycle'] ?? context.dumpCycleDays,
    spindle: flat.spindle,
    maxDumps: flat['max-dumps'],
    holding: flat.holding,
    index: flat.index,
    record: flat.record,
    estimate: flat.estimate,
    partBytes: flat['part-size'],
    ...(flat.interface === undefined ? {} : { interface: flat.interface }),
    ...(flat['start-time'] === undefined ? {} : { startMinutes: flat['start-time'] }),
    ...(flat.retries === undefined ? {} : { retries: flat.retries }),
    scripts: scriptsOf(flat),
  }
}

/** How a dump begins its names on the holding disk (docs/formats/holding-disk.md); a level follows, and the number of a chunk. */
function holdingName(host: string, disk: string): string {
  return `${host.replaceAll('/', '_')}.${disk.replace(/[/:\\]/g, '_')}`
}

interface NamedDisk {
  readonly host: string
  readonly disk: string
  readonly path: ValuePath
}

/** Two disks whose dumps would have the same file name; `h.x` and `h.x.0` are such too: chunk 1 of the one is level 1 of the other. */
function checkHoldingNames(disks: readonly NamedDisk[], complain: Complain): void {
  const seen = new Map<string, NamedDisk>()
  const clash = (one: NamedDisk, other: NamedDisk): void => complain(one.path, `the disks ${one.disk} of ${one.host} and ${other.disk} of ${other.host} would have the same file name on the holding disk`, 'Give one of them another name with `disk` and `device`.')
  for (const disk of disks) {
    const name = holdingName(disk.host, disk.disk)
    const same = seen.get(name)
    if (same === undefined) seen.set(name, disk)
    else if (same.host !== disk.host || same.disk !== disk.disk) clash(disk, same)
  }
  for (const [name, disk] of seen) {
    const shorter = /\.\d$/.test(name) ? seen.get(name.slice(0, -2)) : undefined
    if (shorter !== undefined) clash(disk, shorter)
  }
}

/** The entries of one host; how it is reached, `auth`, is undefined for one with an agent. */
function hostEntries(host: string, input: HostInput, auth: StockAuth | undefined, dumptypes: Dumptypes, cycle: Cycle, complain: Complain, named: NamedDisk[]): DiskListEntry[] {
  const isList = Array.isArray(input)
  const group = isList ? { disks: input as Extract<HostInput, readonly unknown[]> } : (input as Exclude<HostInput, readonly unknown[]>)
  const hostDumptype = 'dumptype' in group ? group.dumptype : undefined
  const hostOverrides: DumptypeOverrides = isList ? {} : (group as DumptypeOverrides)
  const seen = new Set<string>()
  return group.disks.flatMap((given, index) => {
    const disk = typeof given === 'string' ? { disk: given } : given
    const path: ValuePath = isList ? ['hosts', host, index] : ['hosts', host, 'disks', index]
    const dumptype = ('dumptype' in disk ? disk.dumptype : undefined) ?? hostDumptype ?? 'default'
    const base = dumptypes.get(dumptype)
    if (base === undefined) {
      complain(path, `there is no dumptype ${dumptype}`, adviceFor(dumptype, dumptypes.names))
      return []
    }
    if (seen.has(disk.disk)) complain(path, `the disk ${disk.disk} of ${host} is listed twice`, 'Remove one, or give it another name with `disk` and `device`.')
    seen.add(disk.disk)
    named.push({ host, disk: disk.disk, path })
    const flat = layDumptype(layDumptype(base, hostOverrides), typeof given === 'string' ? {} : given)
    const entry = entryOf(disk.disk, ('device' in disk ? disk.device : undefined) ?? disk.disk, flat, { host, auth, dumptype, ...cycle })
    // An unchanged client knows devices and shares by other names.
    if (auth === undefined && DIRECTORY_APPLICATIONS.has(entry.application.name) && !entry.device.startsWith('/')) {
      complain(path, `\`${entry.device}\` is not an absolute path`, 'Write the directory from `/` on; to give it another name, use `disk` and `device`.')
    }
    checkFilters(entry, path, complain)
    if (auth !== undefined) checkStockDisk(entry, auth, path, complain)
    return [entry]
  })
}

export interface Disklist {
  readonly entries: DiskListEntry[]
  readonly stockClients: readonly StockClientConfig[]
}

export function layOutDisklist(hosts: Readonly<Record<string, HostInput>>, dumptypes: Dumptypes, cycle: Cycle, complain: Complain): Disklist {
  const named: NamedDisk[] = []
  const stockClients: StockClientConfig[] = []
  const entries = Object.entries(hosts).flatMap(([host, input]) => {
    const client = stockClientOf(host, 'transport' in input ? input.transport : undefined, ['hosts', host], complain)
    if (client !== undefined) stockClients.push(client)
    return hostEntries(host, input, client?.auth, dumptypes, cycle, complain, named)
  })
  checkHoldingNames(named, complain)
  return { entries, stockClients }
}
