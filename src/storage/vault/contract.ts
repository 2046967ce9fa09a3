// What a vault offers: dumps go in through an intake, come out through a reader, and garbage goes by `prune`. One process owns a vault and serves many dumps at once.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Fault } from '../../kernel/fault.ts'
import type { ManifestFacts } from '../../wire/vault/manifest.ts'
import type { VaultUplink } from '../../wire/vault/uplink.ts'

/** What a manifest says of its dump, and its marks. */
export interface VaultDump extends Omit<ManifestFacts, 'ledgerSeq'> {
  /** Of the manifest, unique and never used again. */
  readonly manifest: string
  readonly verifiedMs: number | undefined
  readonly tags: readonly string[]
  /** It is never pruned. */
  readonly isPinned: boolean
}

export interface IntakeOrder extends Pick<ManifestFacts, 'host' | 'disk' | 'run' | 'level' | 'baseRun' | 'domain' | 'maker' | 'startedMs'> {
  readonly compressLevel: number
}

/** One dump on its way in. What it was told is known stays until it ends. */
export interface DumpIntake extends VaultUplink {
  /** Bytes that were stored for it, and how many of its bytes are durable (in sealed packs). */
  readonly storedBytes: number
  readonly durableBytes: number
  /**
   * Before `finish` the server sets what only it knows: the dump header, and a judgement that has to be awaited before the dump is listed. `settle` rejects with why it
   * must not be.
   */
  beforeCommit(settle: (nativeBytes: number, nativeCrc: string) => Promise<{ readonly header: string; readonly endedMs: number }>): void
  /** What was stored whole stays and is known to the next try; nothing is listed. May be called at any time, also twice. */
  abandon(reason: Fault): Promise<void>
}

export interface VaultDumpReader extends AsyncDisposable {
  readonly dump: VaultDump
  readonly bytes: number
  /** The exact bytes of the dump from `offset` on. Every block is authenticated and every id compared before a byte of it is given. */
  read(offset: number, length: number): ByteSource
  /** The dump without the content of files: operations of the recipe in order, for indexes and checks. */
  recipe(): AsyncIterable<RecipeStep>
  /** Sealed bytes that were read so far. */
  readonly bytesRead: number
}

export type RecipeStep =
  | { readonly kind: 'member' }
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly count: number }
  | { readonly kind: 'segment'; readonly id: Uint8Array; readonly length: number; readonly crc: number }

/** What stays. A dump stays when any of the rules keeps it, when it is pinned, or when a kept level above 0 builds on it. All per host and disk. */
export interface KeepRules {
  readonly last?: number
  readonly days?: number
  readonly daily?: number
  readonly weekly?: number
  readonly monthly?: number
  readonly yearly?: number
  readonly tags?: readonly string[]
}

export interface PrunePlan {
  readonly kept: readonly { readonly dump: VaultDump; readonly why: string }[]
  readonly removed: readonly { readonly dump: VaultDump; readonly why: string }[]
}

export interface PruneResult extends PrunePlan {
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly liveBytes: number
  readonly packsRemoved: number
  readonly packsRewritten: number
  readonly segmentsRemoved: number
}

export interface ForgetResult {
  /** Manifests that are not listed any more. */
  readonly forgotten: readonly string[]
  readonly kept: readonly { readonly manifest: string; readonly why: string }[]
}

export interface VaultProblem {
  /** Name of the object below the vault's directory. */
  readonly object: string
  readonly kind: 'missing' | 'damaged' | 'swapped' | 'rolled-back' | 'unknown' | 'segment-missing'
  readonly message: string
  /** Manifests that cannot be restored whole because of it. */
  readonly dumps: readonly string[]
}

export interface CheckResult {
  readonly problems: readonly VaultProblem[]
  readonly objects: number
  readonly bytes: number
  readonly isComplete: boolean
}

export interface VaultStats {
  readonly dumps: number
  readonly packs: number
  readonly segments: number
  readonly storedBytes: number
  /** Bytes of all dumps, as if each was stored by itself. */
  readonly nativeBytes: number
  /** Plain bytes of the segments. */
  readonly uniqueBytes: number
  readonly indexResidentBytes: number
}

export type VaultProgress = (step: string, done: number, total: number | undefined) => void

export interface Vault extends AsyncDisposable {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** Newest first. */
  dumps(): Promise<readonly VaultDump[]>
  beginDump(order: IntakeOrder): Promise<DumpIntake>
  /** Undefined when there is none of that name. Pins it against garbage collection until it is disposed of. */
  openDump(manifest: string): Promise<VaultDumpReader | undefined>
  /** Durable when it resolves. */
  setTags(manifest: string, tags: readonly string[]): Promise<void>
  setPinned(manifest: string, isPinned: boolean): Promise<void>
  setVerified(manifest: string, atMs: number): Promise<void>
  /** Takes dumps off the list, whole or damaged, whatever the keep rules say; what only they needed goes with the next `prune`. Rejects with `dump-missing` when one is not listed; then all stay. */
  forget(manifests: readonly string[]): Promise<ForgetResult>
  planPrune(rules: KeepRules, nowMs: number): Promise<PrunePlan>
  /** Removes the dumps of the plan, then what no dump names any more. What is younger than two days may be of a first backup that goes on, and stays unless `isNow`. Runs beside dumps; ends at the next safe place when `signal` aborts, and can then be called again. */
  prune(plan: PrunePlan, progress: VaultProgress, signal: AbortSignal, isNow?: boolean): Promise<PruneResult>
  /** `structure`: every object, trailer and reference; `data`: every byte as well. Goes on where a run that was cut ended, when `resume`. */
  check(depth: 'structure' | 'data', progress: VaultProgress, signal: AbortSignal, resume?: boolean): Promise<CheckResult>
  /** Objects that nothing names. */
  findOrphans(): Promise<readonly { readonly object: string; readonly bytes: number; readonly why: string }[]>
  stats(): Promise<VaultStats>
}
