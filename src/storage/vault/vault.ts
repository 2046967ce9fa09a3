// A vault that is open: dumps in, dumps out, garbage collection, checks. One object serves a process; everything may be called at once, and only one collection or check
// of it runs at a time.

import { Fault } from '../../kernel/fault.ts'
import { Turns } from '../../kernel/turns.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import type { CheckResult, DumpIntake, ForgetResult, IntakeOrder, KeepRules, PrunePlan, PruneResult, Vault, VaultDump, VaultDumpReader, VaultProgress, VaultStats } from './contract.ts'
import { checkVault } from './check/check-vault.ts'
import { createDumpReader } from './dump-reader.ts'
import { DomainFilters } from './intake/domain-filter.ts'
import { VaultIntake, type IntakeBase } from './intake/dump-intake.ts'
import { findOrphans } from './prune/orphans.ts'
import { planKeeping } from './prune/keep-rules.ts'
import { collectGarbage } from './prune/collect-garbage.ts'
import { forgetDumps } from './prune/remove-dumps.ts'
import type { SegmentPlace, SegmentPlaces } from './segment-places.ts'
import type { PackHolder, VaultCore } from './vault-core.ts'
import type { VaultLock } from './vault-lock.ts'

export class OpenedVault implements Vault {
  readonly id: string
  readonly #core: VaultCore
  readonly #lock: VaultLock | undefined
  readonly #filters: DomainFilters
  readonly #work = new Turns()
  readonly #intakes = new Set<VaultIntake>()

  constructor(core: VaultCore, lock: VaultLock | undefined) {
    this.#core = core
    this.#lock = lock
    this.#filters = new DomainFilters(core)
    this.id = Buffer.from(core.keys.vaultId).toString('hex')
  }

  dumps(): Promise<readonly VaultDump[]> {
    return this.#core.manifests.dumps()
  }

  async beginDump(order: IntakeOrder): Promise<DumpIntake> {
    for (const old of this.#intakes) if (old.isEnded) this.#intakes.delete(old)
    const intake = new VaultIntake(this.#core, order, await this.#baseOf(order), (domain) => this.#filters.filterOf(domain))
    this.#intakes.add(intake)
    return intake
  }

  async openDump(manifest: string): Promise<VaultDumpReader | undefined> {
    const core = this.#core
    if (!core.holdManifest(manifest)) return undefined
    const holder: PackHolder = { packs: new Set() }
    core.beginHolding(holder)
    const close = (): Promise<void> => {
      core.endHolding(holder)
      core.releaseManifest(manifest)
      return Promise.resolve()
    }
    try {
      const dump = await core.manifests.dump(manifest)
      if (dump === undefined) {
        await close()
        return undefined
      }
      const { entries } = await core.manifests.read(manifest)
      return createDumpReader({ dump, entries, vaultId: core.keys.vaultId, idKey: core.keys.idKey(dump.domain), places: placesFor(core, holder, dump.domain), packs: core.packFiles, threads: core.threads, close })
    } catch (error) {
      await close()
      throw error
    }
  }

  async setTags(manifest: string, tags: readonly string[]): Promise<void> {
    await this.#core.marks.change(manifest, { tags: [...new Set(tags)].toSorted() }, Math.floor(this.#core.clock.wallMs()))
  }

  async setPinned(manifest: string, isPinned: boolean): Promise<void> {
    await this.#core.marks.change(manifest, { isPinned }, Math.floor(this.#core.clock.wallMs()))
  }

  async setVerified(manifest: string, atMs: number): Promise<void> {
    await this.#core.marks.change(manifest, { verifiedMs: Math.floor(atMs) }, Math.floor(this.#core.clock.wallMs()))
  }

  /** Not beside a collection, which reads the manifests that were listed when it began. */
  forget(manifests: readonly string[]): Promise<ForgetResult> {
    return this.#work.take(() => forgetDumps(this.#core, manifests))
  }

  async planPrune(rules: KeepRules, nowMs: number): Promise<PrunePlan> {
    return planKeeping(await this.dumps(), rules, nowMs)
  }

  prune(plan: PrunePlan, progress: VaultProgress, signal: AbortSignal, isNow = false): Promise<PruneResult> {
    return this.#work.take(() => collectGarbage(this.#core, plan, { progress, signal, isNow }))
  }

  check(depth: 'structure' | 'data', progress: VaultProgress, signal: AbortSignal, resume = false): Promise<CheckResult> {
    return this.#work.take(() => checkVault(this.#core, depth, { progress, signal, resume, canWrite: this.#lock !== undefined }))
  }

  findOrphans(): Promise<readonly { readonly object: string; readonly bytes: number; readonly why: string }[]> {
    return findOrphans(this.#core)
  }

  async stats(): Promise<VaultStats> {
    const { catalogue, ledger, index } = this.#core
    const dumps = await this.dumps()
    const stats = { packs: 0, segments: 0, storedBytes: 0, uniqueBytes: 0 }
    for (const pack of catalogue.listed()) {
      stats.packs += 1
      stats.segments += pack.segments
      stats.storedBytes += pack.bytes
      stats.uniqueBytes += pack.plainBytes
    }
    for (const objects of [ledger.state.indexes, ledger.state.manifests, ledger.state.marks]) for (const { bytes } of objects.values()) stats.storedBytes += bytes
    return { ...stats, dumps: dumps.length, nativeBytes: dumps.reduce((sum, { nativeBytes }) => sum + nativeBytes, 0), indexResidentBytes: index.residentBytes }
  }

  /** Dumps that are still on their way in are given up: what they stored whole stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const intake of this.#intakes) await intake.abandon(new Fault('server-stopping', 'the vault is closed'))
      this.#intakes.clear()
      await this.#core.close()
    } finally {
      await this.#lock?.release()
    }
  }

  /** The newest whole dump of the disk by the same kind of maker, in the same domain. */
  async #baseOf(order: IntakeOrder): Promise<IntakeBase | undefined> {
    const base = (await this.dumps()).find((dump) => dump.host === order.host && dump.disk === order.disk && dump.maker === order.maker && dump.domain === order.domain && dump.level === 0)
    if (base === undefined) return undefined
    // Held before it is read, so that it cannot be removed between.
    if (!this.#core.holdManifest(base.manifest)) return undefined
    try {
      const { entries } = await this.#core.manifests.read(base.manifest)
      return { manifest: base.manifest, run: base.run, entries }
    } catch (error) {
      this.#core.releaseManifest(base.manifest)
      this.#core.log.warn('the base of a dump cannot be read; the dump is made without', { manifest: base.manifest, error: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }
}

/** Places for a reader, which keeps the packs that it is told of; only those of the dump's domain. */
function placesFor(core: VaultCore, holder: PackHolder, domain: string): SegmentPlaces {
  return {
    async locate(ids) {
      const result = await core.findFor(holder, ids, (pack) => pack.state !== 'gone' && pack.domain === domain)
      const places: (SegmentPlace | undefined)[] = []
      for (let index = 0; index < ids.length / ID_BYTES; index++) places.push(result.found[index] === 1 ? core.placeOf(result, index) : undefined)
      return places
    },
  }
}
