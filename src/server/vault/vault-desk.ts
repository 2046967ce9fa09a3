// Answers what the control protocol asks about the vault that this server has open. One prune and one check at a time: a second asker waits for the
// first. What a prune removes is taken out of the catalog as well, after the vault has forgotten it.

import type { Catalog } from '../../catalog/contract.ts'
import type { VaultStorageConfig } from '../../config/resolved.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { EventSink } from '../../kernel/log.ts'
import { Turns } from '../../kernel/turns.ts'
import type { ForgetResult, KeepRules, PrunePlan, PruneResult, Vault, VaultDumpReader, VaultProgress } from '../../storage/vault/contract.ts'
import type { ControlResults, ServerEvent, VaultRequest } from '../control/contract.ts'

/** An open dump costs memory; who reads more than this at once is no restore. */
const HELD_MAX = 10_000
/** Between two words of progress. */
const TELL_MS = 500

export interface VaultDeskDoors {
  readonly clock: Clock
  readonly vault: Vault
  readonly storage: VaultStorageConfig
  readonly catalog: Pick<Catalog, 'dumps' | 'removeDump' | 'putVerified'>
}

export class VaultDesk {
  readonly #doors: VaultDeskDoors
  readonly #pruneTurns = new Turns()
  readonly #checkTurns = new Turns()

  constructor(doors: VaultDeskDoors) {
    this.#doors = doors
  }

  /** `emit` gets progress. Rejects with a Fault. */
  async handle(request: VaultRequest, emit: EventSink<ServerEvent>, signal: AbortSignal): Promise<ControlResults[VaultRequest['kind']]> {
    const { vault } = this.#doors
    switch (request.kind) {
      case 'vault-dumps':
        return { dumps: await vault.dumps() }
      case 'vault-stats':
        return { stats: await vault.stats() }
      case 'vault-orphans':
        return { orphans: await vault.findOrphans() }
      case 'vault-check':
        return { result: await this.#checkTurns.take(() => vault.check(request.depth, this.#telling(emit), signal, request.resume)) }
      case 'vault-prune':
        return await this.#prune(request, emit, signal)
      case 'vault-tag':
        await vault.setTags(request.manifest, request.tags)
        return { manifest: request.manifest }
      case 'vault-pin':
        await vault.setPinned(request.manifest, request.isPinned)
        return { manifest: request.manifest }
      case 'vault-forget':
        return await this.#forgetByName(request.manifests)
      case 'vault-verified':
        await this.verified(request.manifest, request.atMs)
        return { manifest: request.manifest }
      case 'vault-hold':
        return await this.#hold(request.manifests, emit, signal)
    }
  }

  /** Notes it in the vault, where a rebuilt catalog finds it, and in the catalog. */
  async verified(manifest: string, atMs: number): Promise<void> {
    const { vault, catalog } = this.#doors
    await vault.setVerified(manifest, atMs)
    for (const dump of await catalog.dumps({ status: 'complete' })) if (dump.manifest === manifest) await catalog.putVerified(dump.id, atMs)
  }

  plan(rules: KeepRules): Promise<PrunePlan> {
    const { vault, clock } = this.#doors
    return vault.planPrune(rules, clock.wallMs())
  }

  /** Removes what `plan` removes, and then what nothing names any more. What a cut run removed is out of the catalog all the same. */
  async carryOut(plan: PrunePlan, progress: VaultProgress, signal: AbortSignal, isNow = false): Promise<PruneResult> {
    return await this.#pruneTurns.take(async () => {
      try {
        return await this.#doors.vault.prune(plan, progress, signal, isNow)
      } finally {
        await this.#dropRows(plan.removed.map(({ dump }) => dump.manifest))
      }
    })
  }

  async #prune(request: Extract<VaultRequest, { kind: 'vault-prune' }>, emit: EventSink<ServerEvent>, signal: AbortSignal): Promise<ControlResults['vault-prune']> {
    const rules = request.rules ?? this.#doors.storage.keep
    // Without rules nothing is chosen, and what is garbage already can go all the same.
    const plan = rules === undefined ? { kept: (await this.#doors.vault.dumps()).map((dump) => ({ dump, why: 'there are no keep rules' })), removed: [] } : await this.plan(rules)
    if (request.isDryRun === true) return { plan }
    return { plan, result: await this.carryOut(plan, this.#telling(emit), signal, request.isNow === true) }
  }

  async #forgetByName(manifests: readonly string[]): Promise<ForgetResult> {
    const result = await this.#doors.vault.forget(manifests)
    await this.#dropRows(result.forgotten)
    return result
  }

  /** The catalog forgets those of `manifests` that the vault has no more. */
  async #dropRows(manifests: readonly string[]): Promise<void> {
    const { vault, catalog } = this.#doors
    const wanted = new Set(manifests)
    for (const { manifest } of await vault.dumps()) wanted.delete(manifest)
    if (wanted.size === 0) return
    for (const { id, manifest } of await catalog.dumps()) if (manifest !== undefined && wanted.has(manifest)) await catalog.removeDump(id)
  }

  async #hold(manifests: readonly string[], emit: EventSink<ServerEvent>, signal: AbortSignal): Promise<ControlResults['vault-hold']> {
    const { vault, clock } = this.#doors
    if (manifests.length > HELD_MAX) throw new Fault('usage-wrong', `${manifests.length} dumps are more than can be held at once`)
    const held: VaultDumpReader[] = []
    try {
      for (const manifest of manifests) {
        const reader = await vault.openDump(manifest)
        if (reader === undefined) throw new Fault('dump-missing', `the vault has no dump ${manifest}`)
        held.push(reader)
      }
      emit({ kind: 'vault-held', atMs: clock.wallMs(), manifests })
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
        if (signal.aborted) resolve()
      })
      return { reason: 'stopping' }
    } finally {
      for (const reader of held) await reader[Symbol.asyncDispose]()
    }
  }

  #telling(emit: EventSink<ServerEvent>): VaultProgress {
    const { clock } = this.#doors
    let toldMs = Number.NEGATIVE_INFINITY
    let toldStep: string | undefined
    return (step, done, total) => {
      const nowMs = clock.monotonicMs()
      if (step === toldStep && nowMs - toldMs < TELL_MS && done !== total) return
      toldMs = nowMs
      toldStep = step
      emit({ kind: 'vault-progress', atMs: clock.wallMs(), step, done, ...(total === undefined ? {} : { total }) })
    }
  }
}
