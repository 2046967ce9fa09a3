// One dump of a disk into a vault, from the greeting to what is kept for the next: for sendbackup over the talk with a server, and for a backup without one.
//
//   welcome ─► base: the dump that the vault names, if what it left is here ─► archive ─► what this one leaves is held ─► finish ─► done: it is the base
//
// When the answer to `finish` is lost, what was held stays: the next welcome tells whether the dump counts.

import type { ArchiveSettings } from '../../archive/settings.ts'
import type { ThreadPool } from '../../archive/thread-pool.ts'
import { KeptWriter } from '../../archive/vault/kept-file.ts'
import { archiveToVault, type KeptBase, type VaultArchiveHooks } from '../../archive/vault/vault-archive.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { CommittedDump, DumpFacts, VaultUplink, VaultWelcome } from '../../wire/vault/uplink.ts'
import type { SnapshotAccess } from '../archive/archive-application.ts'
import type { SnapshotDraft, SnapshotFiles } from '../snapshot-files.ts'
import { keptFingerprint, openKeptBase } from './kept-base.ts'

export interface VaultDumpParts {
  readonly uplink: VaultUplink
  /** Of dumps into vaults alone. */
  readonly kept: SnapshotFiles
  readonly access: SnapshotAccess
  /** Of all dumps of the process. */
  readonly threads?: ThreadPool
}

export interface VaultDumpOrder {
  readonly host: string
  readonly disk: string
  readonly device: string
  /** `YYYYMMDDhhmmss`. */
  readonly run: string
  readonly settings: ArchiveSettings
  /** Nothing is kept for the next dump, which builds on what there was before. */
  readonly isUnrecorded: boolean
  /** Every file is read, whatever the last dump knows of it. */
  readonly isReread: boolean
}

export interface VaultDumpHooks extends VaultArchiveHooks {
  /** All was sent, and the end of the dump with it; the vault has not answered. What rejects here leaves the dump uncertain. */
  sent?(facts: DumpFacts): Promise<void>
}

export interface FinishedVaultDump {
  readonly facts: DumpFacts
  readonly committed: CommittedDump
}

/** Faults after which a file of the base is not trusted: the vault has not got what it names. */
const DISTRUST: ReadonlySet<string> = new Set(['vault-refused', 'vault-damaged', 'base-missing'])

export async function dumpToVault(parts: VaultDumpParts, order: VaultDumpOrder, hooks: VaultDumpHooks, signal: AbortSignal): Promise<FinishedVaultDump> {
  const welcome = await parts.uplink.welcome()
  const base = await findBase(parts, order, welcome)
  try {
    return await dumpOn(base, welcome, parts, order, hooks, signal)
  } catch (error) {
    const fault = faultOf(error)
    if (base !== undefined && DISTRUST.has(fault.code)) await parts.kept.discard({ path: base.path, base: undefined, basePath: undefined })
    throw fault
  }
}

async function findBase({ kept, access }: VaultDumpParts, order: VaultDumpOrder, welcome: VaultWelcome): Promise<KeptBase | undefined> {
  if (welcome.base === undefined) return undefined
  const path = await kept.ofRun(order, welcome.base.run)
  if (path === undefined || order.isReread) return undefined
  return openKeptBase(path, (file) => access.open(file), keptFingerprint(welcome, order.settings), order.settings)
}

async function dumpOn(base: KeptBase | undefined, welcome: VaultWelcome, parts: VaultDumpParts, order: VaultDumpOrder, hooks: VaultDumpHooks, signal: AbortSignal): Promise<FinishedVaultDump> {
  const { uplink, kept, access, threads } = parts
  const pool = threads === undefined ? {} : { threads }
  const { settings } = order
  if (order.isUnrecorded) {
    const facts = await archiveToVault({ settings, uplink, welcome, base, keep: undefined, hooks, ...pool }, signal)
    return await finish(uplink, facts, hooks)
  }
  const held = await kept.forDump({ ...order, level: 0 }, async (draft): Promise<{ readonly draft: SnapshotDraft; readonly facts: DumpFacts }> => {
    const writer = new KeptWriter(access.create(draft.path), () => access.scratch(`${draft.path}.scratch`), order.run.padEnd(14, '0'))
    try {
      const facts = await archiveToVault({ settings, uplink, welcome, base, keep: { writer, fingerprint: keptFingerprint(welcome, settings) }, hooks, ...pool }, signal)
      return { draft: await kept.hold(draft), facts }
    } catch (error) {
      writer.abandon()
      throw error
    }
  })
  const finished = await finish(uplink, held.facts, hooks)
  await kept.keep(held.draft)
  return finished
}

async function finish(uplink: VaultUplink, facts: DumpFacts, hooks: VaultDumpHooks): Promise<FinishedVaultDump> {
  const committing = uplink.finish(facts)
  committing.catch(() => undefined)
  await hooks.sent?.(facts)
  return { facts, committed: await committing }
}
