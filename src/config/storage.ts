// `storage` of holdfast.yaml: volumes or a vault, each with its defaults. A vault compresses and encrypts all that it takes, so what dumptypes say of
// that is held against it here.

import { SERVER_DEFAULTS as DEFAULTS } from './defaults.ts'
import type { Complain } from './dumptypes.ts'
import type { DirectoriesConfig, DiskListEntry, FlushConfig, StorageConfig, VaultKeepConfig, VaultKeySource, VaultStorageConfig, VtapeStorageConfig } from './resolved.ts'
import type { StorageInput } from './schema.ts'

type VaultInput = Extract<StorageInput, { kind: 'vault' }>
type VolumesInput = Exclude<StorageInput, VaultInput>

export function storageOf(given: StorageInput, directories: DirectoriesConfig, complain: Complain, warn: Complain): StorageConfig {
  return given.kind === 'vault' ? vaultOf(given, directories, complain, warn) : volumesOf(given, complain, warn)
}

function volumesOf(given: VolumesInput, complain: Complain, warn: Complain): VtapeStorageConfig {
  const keep = given.keep ?? {}
  const slotCount = given.slots ?? DEFAULTS.storage.slotCount
  const volumeBytes = given['volume-size'] ?? DEFAULTS.storage.volumeBytes
  const labelTemplate = given.label ?? DEFAULTS.storage.labelTemplate
  const digits = /%+/.exec(labelTemplate)?.[0].length ?? 0
  if (digits === 0 && slotCount > 1) complain(['storage', 'label'], 'the label has no `%`, so all volumes would have the same name', 'Put one `%` for each digit, such as `$c-%%%`.')
  else if (10 ** digits <= slotCount) complain(['storage', 'label'], `the label has room for ${10 ** digits - 1} volumes, fewer than the ${slotCount} slots`, 'Add a `%` to the label.')
  const retainVolumes = keep.volumes ?? Math.min(DEFAULTS.storage.retainVolumes, slotCount)
  if (retainVolumes >= slotCount && slotCount > 1) warn(['storage', 'keep', 'volumes'], 'all volumes are kept, so nothing can be written once they are full', 'Keep fewer volumes or add slots.')
  const autolabel = given.autolabel ?? DEFAULTS.storage.autolabel
  return {
    name: given.name ?? DEFAULTS.storage.name,
    kind: 'vtape',
    directory: given.directory,
    slotCount,
    volumeBytes,
    partBytes: given['part-size'] ?? Math.min(DEFAULTS.storage.partBytes, volumeBytes),
    labelTemplate,
    autolabel: { empty: autolabel.some((each) => each === 'empty'), foreign: autolabel.some((each) => each === 'foreign') },
    volumesPerRun: given['volumes-per-run'] ?? Math.min(DEFAULTS.storage.volumesPerRun, slotCount),
    retainVolumes,
    retainDays: keep.days ?? DEFAULTS.storage.retainDays,
    retainFulls: keep.fulls ?? DEFAULTS.storage.retainFulls,
    ...(given.flush === undefined ? {} : { flush: flushOf(given.flush, warn) }),
  }
}

function flushOf({ dumped = 0, scheduled = 0, rest = 0, order = 'first', earlier = 'all' }: NonNullable<VolumesInput['flush']>, warn: Complain): FlushConfig {
  if (earlier === 'none' && dumped + scheduled + rest > 0) warn(['storage', 'flush'], 'a run may leave dumps on the holding disk, and no later run writes them to volumes', 'Leave `earlier` out, or run `holdfast flush` from time to time.')
  return { dumpedPercent: dumped, scheduledPercent: scheduled, restPercent: rest, order, earlier }
}

function vaultOf(given: VaultInput, directories: DirectoriesConfig, complain: Complain, warn: Complain): VaultStorageConfig {
  return {
    name: given.name ?? DEFAULTS.storage.name,
    kind: 'vault',
    directory: given.directory,
    secret: secretOf(given, directories, complain),
    dedupDomain: given['dedup-domain'] ?? DEFAULTS.vault.dedupDomain,
    compressLevel: given['compress-level'] ?? DEFAULTS.vault.compressLevel,
    keep: keepOf(given, warn),
  }
}

function secretOf(given: VaultInput, directories: DirectoriesConfig, complain: Complain): VaultKeySource {
  const { 'key-file': keyFile, 'passphrase-file': file, 'passphrase-command': command } = given
  const count = [keyFile, file, command].filter((each) => each !== undefined).length
  if (count > 1) complain(['storage'], 'a vault is opened by one of `key-file`, `passphrase-file` and `passphrase-command`', 'Keep one of them.')
  const [program, ...rest] = command ?? []
  if (program !== undefined && !program.startsWith('/')) complain(['storage', 'passphrase-command'], `\`${program}\` is not an absolute path`, 'Write the program from `/` on.')
  if (program !== undefined) return { kind: 'passphrase-command', argv: [program, ...rest] }
  if (file !== undefined) return { kind: 'passphrase-file', file }
  const secret = { kind: 'key-file', file: keyFile ?? `${directories.state}/vault.key` } as const
  if (secret.file.startsWith(`${given.directory}/`)) complain(['storage', 'key-file'], 'the key file lies in the vault that it opens: whoever has the one has the other', 'Put the key file elsewhere.')
  return secret
}

/** Rules that keep nothing at all are a slip, and one that nobody could make good. */
function keepOf(given: VaultInput, warn: Complain): VaultKeepConfig | undefined {
  if (given.keep === undefined) return undefined
  const keep = Object.fromEntries(Object.entries(given.keep).filter(([, value]) => value !== undefined && value !== 0)) as VaultKeepConfig
  if (Object.keys(keep).length > 0) return keep
  warn(['storage', 'keep'], '`keep` has no rule that keeps a dump, so nothing is removed', 'Write for example `keep: {daily: 14, weekly: 8, monthly: 12}`.')
  return undefined
}

/** Compressed before it is cut, no two dumps have anything in common; encrypted it may be, when even the server must not read it. */
export function withoutFiltersFor(storage: StorageConfig, disklist: readonly DiskListEntry[], warn: Complain): readonly DiskListEntry[] {
  if (storage.kind !== 'vault') return disklist
  const compressed = disklist.filter(({ compress }) => compress.kind !== 'none')
  const encrypted = disklist.filter(({ encrypt }) => encrypt.kind !== 'none')
  const [first] = compressed
  if (first !== undefined) warn(['storage'], `\`compress\` of ${first.host} ${first.disk}${compressed.length > 1 ? ` and ${compressed.length - 1} more disks` : ''} is not used: a vault compresses by itself, and what is compressed before cannot be deduplicated`, 'Remove `compress`; `compress-level` of the vault sets the level.')
  const [other] = encrypted
  if (other !== undefined) warn(['storage'], `\`encrypt\` of ${other.host} ${other.disk}${encrypted.length > 1 ? ` and ${encrypted.length - 1} more disks` : ''} makes every dump wholly new: nothing of it is deduplicated`, 'Remove `encrypt` unless this server must not read the dumps: the vault encrypts by itself.')
  return disklist.map((entry) => (entry.compress.kind === 'none' ? entry : { ...entry, compress: { kind: 'none' } }))
}
