// Opens a vault that was unlocked (slot-files.ts): takes the lock, reads the ledger, removes what a process that died has left half done, opens the index. To read only,
// nothing is locked, written or removed.

import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import type { BlockThreads, VaultKeys } from '../../stream/vault/contract.ts'
import { ledgerName } from '../../wire/vault/ledger.ts'
import type { Vault } from './contract.ts'
import { readLedgerChain, type LedgerChain, type LedgerHead } from './ledger/ledger-chain.ts'
import { beginLedger } from './ledger/ledger.ts'
import { VaultCore, type VaultLimits } from './vault-core.ts'
import { UNFINISHED, VaultDirectory } from './vault-directory.ts'
import { lockVault, type LockOwner, type VaultLock } from './vault-lock.ts'
import { OpenedVault } from './vault.ts'

/** A note outside the vault of the newest ledger entry that was seen: so a vault that was put back to an older state as a whole is noticed. */
export interface HeadWitness {
  read(): Promise<LedgerHead | undefined>
  write(head: LedgerHead): Promise<void>
}

export interface OpenVaultParts {
  readonly disk: Disk
  readonly directory: string
  readonly keys: VaultKeys
  readonly threads: BlockThreads
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** To write. */
  readonly owner?: LockOwner
  /** The process of a lock certainly runs no more. */
  readonly isGone?: (other: LockOwner) => boolean
  readonly witness?: HeadWitness
  readonly limits?: VaultLimits
}

/** Rejects with `vault-locked`, `vault-damaged`, `vault-rolled-back`, `vault-newer`. `write` needs `owner` and `isGone`. */
export async function openVault(parts: OpenVaultParts, mode: 'write' | 'read'): Promise<Vault> {
  const directory = new VaultDirectory(parts.disk, parts.directory)
  const { owner, isGone } = parts
  if (mode === 'write' && (owner === undefined || isGone === undefined)) throw new Fault('internal', 'a vault is opened for writing without a name for its lock')
  const lock = owner === undefined || isGone === undefined || mode === 'read' ? undefined : await lockVault(directory, owner, isGone, parts.random)
  try {
    return await openLocked(parts, directory, lock)
  } catch (error) {
    await lock?.release().catch(() => undefined)
    throw faultOf(error)
  }
}

async function openLocked(parts: OpenVaultParts, directory: VaultDirectory, lock: VaultLock | undefined): Promise<Vault> {
  const { keys, witness, log } = parts
  const canWrite = lock !== undefined
  if (canWrite && (await isUnused(directory))) await beginLedger(directory, keys, Math.floor(parts.clock.wallMs()))
  // What a process that was killed has named may not be durable yet, and is built upon from here on.
  if (canWrite) await directory.syncDir('ledger')
  // The note first: who only reads does so beside a process that goes on writing.
  const seen = await witness?.read()
  const chain = await readLedgerChain(directory, keys)
  checkWitness(chain, seen)
  const core = new VaultCore(
    {
      ...parts, directory, limits: parts.limits ?? {},
      stillOwned: () => lock?.stillOwned() ?? Promise.reject(new Fault('permission-denied', 'the vault is open for reading only')),
      // The entry is durable; a witness that cannot be written only notices less.
      onHead: async (head) => witness?.write(head).catch((error: unknown) => log.warn('the newest entry of the vault could not be noted', { error: faultOf(error).message })),
    },
    chain,
  )
  try {
    await checkManifests(core, chain)
    if (canWrite) {
      await removeUnfinished(directory)
      await core.ledger.removeStale()
      await removeDerived(core)
    }
    await core.keeper.load(canWrite)
    return new OpenedVault(core, lock)
  } catch (error) {
    await core.close().catch(() => undefined)
    throw error
  }
}

/** Nothing was ever stored: who made it died before the first entry. A vault that lost its ledger is another matter. */
async function isUnused(directory: VaultDirectory): Promise<boolean> {
  for (const dir of ['ledger', 'packs', 'manifests', 'index']) if ((await directory.list(dir)).some((name) => !name.endsWith(UNFINISHED))) return false
  return true
}

function checkWitness({ head, checkpointSeq }: LedgerChain, seen: LedgerHead | undefined): void {
  if (seen === undefined) return
  const isOlder = seen.seq > head.seq
  const isOther = seen.seq === head.seq && seen.sha256 !== head.sha256
  if (isOlder || isOther) throw new Fault('vault-rolled-back', `the ledger of the vault ends with entry ${head.seq}${isOther ? ', which is another' : ''}; entry ${seen.seq} was there before`, { context: { object: `ledger/${ledgerName(seen.seq)}`, checkpoint: checkpointSeq } })
}

/** A manifest that says of itself that the ledger was longer shows that the ledger was put back to an older state. */
async function checkManifests(core: VaultCore, { head, state }: LedgerChain): Promise<void> {
  for (const name of await core.directory.list('manifests')) {
    if (name.endsWith(UNFINISHED) || state.manifests.has(name)) continue
    const { facts } = await core.manifests.read(name).catch(() => ({ facts: undefined }))
    if (facts !== undefined && facts.ledgerSeq > head.seq) throw new Fault('vault-rolled-back', `the ledger of the vault ends with entry ${head.seq}; manifest ${name} was written behind entry ${facts.ledgerSeq}`, { context: { object: `manifests/${name}` } })
  }
}

async function removeUnfinished(directory: VaultDirectory): Promise<void> {
  const dirs = ['ledger', 'manifests', 'index', 'marks', ...(await directory.list('packs')).map((name) => `packs/${name}`)]
  for (const dir of dirs) for (const name of await directory.list(dir)) if (name.endsWith(UNFINISHED)) await directory.remove(`${dir}/${name}`)
}

/** Index segments that the ledger does not name: they can always be made again. */
async function removeDerived({ directory, ledger }: VaultCore): Promise<void> {
  for (const name of await directory.list('index')) if (!ledger.state.indexes.has(name)) await directory.remove(`index/${name}`)
}
