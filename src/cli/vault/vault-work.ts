// What the vault commands do, whoever does it: the running server, which owns its vault, or this process, which opens one for as long as the command runs.

import type { KeepRules, CheckResult, ForgetResult, PrunePlan, PruneResult, Vault, VaultDump, VaultProgress, VaultStats } from '../../storage/vault/contract.ts'
import type { ControlRequest, ControlResults, ServerEvent } from '../../server/control/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import type { ControlClient } from '../control-client.ts'

export interface Orphan {
  readonly object: string
  readonly bytes: number
  readonly why: string
}

export interface VaultWork extends AsyncDisposable {
  dumps(): Promise<readonly VaultDump[]>
  stats(): Promise<VaultStats>
  orphans(): Promise<readonly Orphan[]>
  check(depth: 'structure' | 'data', isResumed: boolean, progress: VaultProgress): Promise<CheckResult>
  /** Without `rules`: those of the configuration. With `isDryRun` nothing is removed; `isNow`: what interrupted dumps stored goes too, however young. */
  prune(rules: KeepRules | undefined, how: { readonly isDryRun: boolean; readonly isNow: boolean }, progress: VaultProgress): Promise<{ readonly plan: PrunePlan; readonly result?: PruneResult }>
  tag(manifest: string, tags: readonly string[]): Promise<void>
  pin(manifest: string, isPinned: boolean): Promise<void>
  forget(manifests: readonly string[]): Promise<ForgetResult>
}

export interface LocalVault extends AsyncDisposable {
  readonly vault: Vault
  /** Of the configuration, if there is one. */
  readonly keep: KeepRules | undefined
}

export function localVaultWork(local: LocalVault, nowMs: () => number, signal: AbortSignal): VaultWork {
  const { vault } = local
  return {
    dumps: () => vault.dumps(),
    stats: () => vault.stats(),
    orphans: () => vault.findOrphans(),
    check: (depth, isResumed, progress) => vault.check(depth, progress, signal, isResumed),
    async prune(rules, { isDryRun, isNow }, progress) {
      const chosen = rules ?? local.keep
      if (chosen === undefined) throw new Fault('usage-wrong', 'it is not said which dumps to keep', { next: 'Add for example `--keep-daily 14 --keep-weekly 8`, or `keep` to the storage of the configuration.' })
      const plan = await vault.planPrune(chosen, nowMs())
      return isDryRun ? { plan } : { plan, result: await vault.prune(plan, progress, signal, isNow) }
    },
    tag: (manifest, tags) => vault.setTags(manifest, tags),
    pin: (manifest, isPinned) => vault.setPinned(manifest, isPinned),
    forget: (manifests) => vault.forget(manifests),
    [Symbol.asyncDispose]: async () => await local[Symbol.asyncDispose](),
  }
}

export function serverVaultWork(client: ControlClient): VaultWork {
  const call = async <Kind extends ControlRequest['kind']>(request: Extract<ControlRequest, { kind: Kind }>, progress?: VaultProgress): Promise<ControlResults[Kind]> => {
    const onEvent = (event: ServerEvent): void => {
      if (event.kind === 'vault-progress') progress?.(event.step, event.done, event.total)
    }
    return (await client.call(request, onEvent)) as ControlResults[Kind]
  }
  return {
    dumps: async () => (await call({ kind: 'vault-dumps' })).dumps,
    stats: async () => (await call({ kind: 'vault-stats' })).stats,
    orphans: async () => (await call({ kind: 'vault-orphans' })).orphans,
    check: async (depth, isResumed, progress) => (await call({ kind: 'vault-check', depth, ...(isResumed ? { resume: true } : {}) }, progress)).result,
    prune: (rules, { isDryRun, isNow }, progress) => call({ kind: 'vault-prune', ...(rules === undefined ? {} : { rules }), ...(isDryRun ? { isDryRun } : {}), ...(isNow ? { isNow } : {}) }, progress),
    async tag(manifest, tags) {
      await call({ kind: 'vault-tag', manifest, tags })
    },
    async pin(manifest, isPinned) {
      await call({ kind: 'vault-pin', manifest, isPinned })
    },
    forget: (manifests) => call({ kind: 'vault-forget', manifests }),
    [Symbol.asyncDispose]: async () => await client[Symbol.asyncDispose](),
  }
}
