// The control protocol between the command line and the running server, over a Unix socket in the run directory: one JSON object a
// line (`docs/protocol/control.md`). The client sends requests with an id of its own; the server answers each with exactly one
// `result` or `fault` line that carries the id; a `watch`, and a `dump` or `flush` that waits, give `event` lines before it. Types only. Values are plain JSON.

import type { CompareCounts, LiveDifference } from '../../wire/compare/compare-lines.ts'
import type { ExistingPolicyWord } from '../../wire/amanda/restore-dialogue.ts'
import type { PathFacts, PathProgress } from '../../wire/probe/path-facts.ts'
import type { CheckResult, ForgetResult, KeepRules, PrunePlan, PruneResult, VaultDump, VaultStats } from '../../storage/vault/contract.ts'
import type { DumpId, DumpOutcome, DumpStatus, RunId, RunRecord } from '../../catalog/contract.ts'

/** Name of the socket in the run directory. */
export const CONTROL_SOCKET_NAME = 'control.sock'

/** A longer line ends the connection: no request or answer of ours comes near it. */
export const CONTROL_LINE_BYTES_MAX = 4 * 1024 * 1024

/** `full`, `incremental` (never a full), or a level that is taken as it is if there is a base for it. */
export type ForcedLevel = 'full' | 'incremental' | number

/** A host, or some of its disks. No entry at all: everything in the disk list. */
export interface DumpSelection {
  readonly host: string
  readonly disks?: readonly string[]
}

export type ControlRequest =
  /** Queues a run. The result comes at once; with `wait` it comes when the run has ended, and before it the events of that run. */
  | { readonly kind: 'dump'; readonly selection: readonly DumpSelection[]; readonly level?: ForcedLevel; readonly wait?: boolean }
  /** Writes what the holding disk holds to volumes, as a run without dumps. */
  | { readonly kind: 'flush'; readonly wait?: boolean }
  | { readonly kind: 'status' }
  /** Events as they happen, first a `snapshot` event. Ends when the client closes or, with `untilRun`, when that run has ended. */
  | { readonly kind: 'watch'; readonly untilRun?: RunId }
  /** Cancels the run, or only some of its dumps. What arrived is kept as partial where that is useful. */
  | { readonly kind: 'cancel'; readonly run?: RunId; readonly selection?: readonly DumpSelection[] }
  | { readonly kind: 'check'; readonly selection?: readonly DumpSelection[] }
  | { readonly kind: 'agents' }
  /** A one-time token for a host that is to be enrolled. */
  | { readonly kind: 'enrol-token'; readonly host: string; readonly validForMs?: number }
  /** The host's keys are refused from now on and its session ends. */
  | { readonly kind: 'revoke'; readonly host: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  /** The agent makes a new key at its next connection. */
  | { readonly kind: 'renew'; readonly host: string }
  /** Sends dumps to an agent, which extracts them below `target`. */
  | { readonly kind: 'restore-to-agent'; readonly request: RestoreToAgent }
  /** Compares what the newest dumps of a disk hold with the disk itself, through its agent. */
  | { readonly kind: 'compare-live'; readonly host: string; readonly disk: string; readonly notAfter?: RunId; /** Contents of files too. */ readonly isDeep?: boolean }
  /** Measures the path between an agent and this server; events tell how far it is. Ends when the client goes. */
  | { readonly kind: 'measure-path'; readonly host: string; readonly upToMs: number; readonly pourMs: number }
  | VaultRequest
  /** Graceful: running dumps end as cancelled (kept as partial), volumes are closed. `afterRun` waits for the run first. */
  | { readonly kind: 'stop'; readonly afterRun?: boolean }

/** About the vault that the server has open; `usage-wrong` when its storage is none. Long ones tell how far they are (`vault-progress`) and end when the client goes. */
export type VaultRequest =
  | { readonly kind: 'vault-dumps' }
  | { readonly kind: 'vault-stats' }
  | { readonly kind: 'vault-orphans' }
  | { readonly kind: 'vault-check'; readonly depth: 'structure' | 'data'; /** Goes on where the last one was cut. */ readonly resume?: boolean }
  /** By `rules`, or by those of the configuration. With `isDryRun` nothing is removed. */
  | { readonly kind: 'vault-prune'; readonly rules?: KeepRules; readonly isDryRun?: boolean; /** What interrupted dumps stored goes too, however young. */ readonly isNow?: boolean }
  | { readonly kind: 'vault-tag'; readonly manifest: string; readonly tags: readonly string[] }
  | { readonly kind: 'vault-pin'; readonly manifest: string; readonly isPinned: boolean }
  /** Damaged ones as well. */
  | { readonly kind: 'vault-forget'; readonly manifests: readonly string[] }
  /** The dump was read back by another process and is whole. */
  | { readonly kind: 'vault-verified'; readonly manifest: string; readonly atMs: number }
  /** Nothing of the dumps goes while the client stays: for a process that reads them beside the server. A `vault-held` event says that it holds. */
  | { readonly kind: 'vault-hold'; readonly manifests: readonly string[] }

export type ControlRequestKind = ControlRequest['kind']

export interface RestoreToAgent {
  /** Where the dump came from. */
  readonly host: string
  readonly disk: string
  /** Agent that receives it. */
  readonly toHost: string
  /** Directory on that agent. */
  readonly target: string
  /** Only these paths of the dump; empty: all. */
  readonly paths: readonly string[]
  /** What becomes of names that are there already; undefined: the target must be missing or empty. */
  readonly existing?: ExistingPolicyWord
  /** The newest state at or before it; undefined: the newest. */
  readonly notAfter?: RunId
  /** Programs that the headers of the dumps may name besides the known ones. */
  readonly allowPrograms?: readonly string[]
}

export interface LiveComparisonValue {
  /** Run of the newest dump that was compared. */
  readonly run: RunId
  readonly counts: CompareCounts
  /** The first of each kind. */
  readonly differences: readonly LiveDifference[]
  /** Runs of dumps of the chain that have no index. */
  readonly withoutIndex: readonly RunId[]
  /** The application may leave something out of the dumps of this disk, so what is only on the disk may be meant. */
  readonly hasPatterns: boolean
}

/** What the `result` line of each request carries. */
export interface ControlResults {
  readonly dump: { readonly run: RunId; readonly summary?: RunSummary }
  readonly flush: { readonly run: RunId; readonly summary?: RunSummary }
  readonly status: StatusSnapshot
  readonly watch: { readonly reason: 'run-ended' | 'stopping' }
  readonly cancel: { readonly dumpsCancelled: number }
  readonly check: { readonly findings: readonly CheckFinding[] }
  readonly agents: { readonly agents: readonly AgentStatus[] }
  readonly 'enrol-token': { readonly host: string; readonly token: string; readonly expiresMs: number }
  readonly revoke: { readonly host: string }
  readonly rename: { readonly host: string }
  readonly renew: { readonly host: string }
  readonly 'restore-to-agent': { readonly bytes: number; readonly files?: number; readonly strangeLines: readonly string[] }
  readonly 'compare-live': LiveComparisonValue
  readonly 'measure-path': { readonly facts: PathFacts }
  readonly 'vault-dumps': { readonly dumps: readonly VaultDump[] }
  readonly 'vault-stats': { readonly stats: VaultStats }
  readonly 'vault-orphans': { readonly orphans: readonly { readonly object: string; readonly bytes: number; readonly why: string }[] }
  readonly 'vault-check': { readonly result: CheckResult }
  /** `result` is missing when nothing was to be done but looked at. */
  readonly 'vault-prune': { readonly plan: PrunePlan; readonly result?: PruneResult }
  readonly 'vault-tag': { readonly manifest: string }
  readonly 'vault-pin': { readonly manifest: string }
  readonly 'vault-forget': ForgetResult
  readonly 'vault-verified': { readonly manifest: string }
  /** Only when the server stops. */
  readonly 'vault-hold': { readonly reason: 'stopping' }
  readonly stop: { readonly wasRunning: boolean }
}

/** A Fault as it crosses the socket. */
export interface FaultValue {
  readonly code: string
  readonly message: string
  readonly next: string
}

/** One line from the client. */
export interface ControlCall {
  readonly id: number
  readonly request: ControlRequest
}

/** One line from the server. */
export type ControlReply =
  | { readonly id: number; readonly kind: 'result'; readonly result: ControlResults[ControlRequestKind] }
  | { readonly id: number; readonly kind: 'fault'; readonly fault: FaultValue }
  | { readonly id: number; readonly kind: 'event'; readonly event: ServerEvent }

export type DumpPhase =
  /** Waits for its estimate. */
  | 'estimating'
  /** Has a plan and waits for a place. `waitReason` says for which. */
  | 'waiting'
  /** Its agent is not connected, or the request is on its way. */
  | 'connecting'
  /** Bytes flow. */
  | 'dumping'
  /** All bytes have arrived; they are made durable and checked. */
  | 'finishing'
  /** On the holding disk, waits for the taper. */
  | 'held'
  /** Being written to a volume. */
  | 'taping'
  | 'done'

export type WaitReason = 'all-dumpers-busy' | 'host-busy' | 'spindle-busy' | 'no-bandwidth' | 'no-holding-space' | 'retry-delay' | 'start-time' | 'volume-busy'

/** The connection of a dump's agent. `down` is a pause, not an end: the dump goes on when the link is back. */
export interface LinkStatus {
  readonly state: 'up' | 'down' | 'none'
  /** Cuts since the dump started, and how many of them were followed by a resume. */
  readonly cuts: number
  readonly resumes: number
  readonly bytesResent: number
  readonly downSinceMs?: number
  readonly lastReason?: string
}

export interface DumpProgress {
  readonly id: DumpId
  readonly run: RunId
  readonly host: string
  readonly disk: string
  readonly level: number
  /** Why this level. */
  readonly reason: string
  readonly phase: DumpPhase
  readonly waitReason?: WaitReason
  readonly attempt: number
  /** Bytes that arrived from the agent. */
  readonly bytes: number
  /** Bytes of them that are durable. */
  readonly durableBytes: number
  /** Undefined when nobody could tell. */
  readonly estimatedBytes?: number
  /** Over the last few seconds. */
  readonly bytesPerSecond: number
  /** Bytes on volumes. */
  readonly tapedBytes: number
  /** Bytes that are kept of it, after filters; set when it has ended. */
  readonly storedBytes?: number
  readonly startedMs?: number
  readonly endedMs?: number
  readonly to?: 'holding' | 'volume' | 'vault'
  /** Into a vault: bytes that were sent and stored, that the maker read, and that it knew to be unchanged. */
  readonly sentBytes?: number
  readonly readBytes?: number
  readonly unchangedBytes?: number
  readonly link: LinkStatus
  readonly outcome?: DumpOutcome
  readonly status?: DumpStatus
  readonly faultCode?: string
  readonly message?: string
  /** The doctor's codes of what failed or was strange, the gravest first (docs/doctor). */
  readonly doctorCodes?: readonly string[]
}

export interface RunProgress {
  readonly run: RunRecord
  readonly phase: 'estimating' | 'dumping' | 'flushing' | 'ending'
  readonly dumps: readonly DumpProgress[]
  /** Set when volumes cannot be written: dumps stay on the holding disk. */
  readonly degraded?: FaultValue
}

export interface VolumeStatus {
  readonly label: string
  readonly slot: string
  readonly bytes: number
  readonly isReusable: boolean
  readonly run?: RunId
  /** In the drive of the running taper. */
  readonly isLoaded: boolean
}

export interface AgentStatus {
  readonly host: string
  readonly isConnected: boolean
  readonly keyFingerprints: readonly string[]
  readonly lastSeenMs?: number
  readonly version?: string
  readonly roundTripMs?: number
  readonly heartbeatMs?: number
  /** Since the server started. */
  readonly cuts: number
  readonly resumes: number
  readonly bytesResent: number
}

export interface QueuedRun {
  readonly run: RunId
  readonly reason: RunRecord['reason']
  readonly kind: 'dump' | 'flush'
  readonly selection: readonly DumpSelection[]
}

export interface StatusSnapshot {
  readonly name: string
  readonly version: string
  readonly startedMs: number
  readonly nowMs: number
  readonly isStopping: boolean
  readonly current?: RunProgress
  /** Runs that wait for the current one. */
  readonly queue: readonly QueuedRun[]
  readonly lastRun?: RunSummary
  /** Of the last run that ended, when reports are mailed. */
  readonly lastMail?: MailOutcome
  /** Next run by the schedule. */
  readonly nextRunMs?: number
  readonly holding: { readonly freeBytes: number; readonly dumps: number; readonly heldBytes: number }
  readonly volumes: readonly VolumeStatus[]
  /** When the storage is one. */
  readonly vault?: VaultStats
  readonly agents: readonly AgentStatus[]
}

export interface RunSummary {
  readonly run: RunId
  readonly reason: RunRecord['reason']
  readonly startedMs: number
  readonly endedMs: number
  readonly good: number
  readonly strange: number
  readonly failed: number
  readonly partial: number
  /** Dumps of this or earlier runs that reached volumes. */
  readonly taped: number
  /** Dumps that wait on the holding disk. */
  readonly leftOnHolding: number
  /** Dumps of this run that are whole in the vault. */
  readonly inVault: number
  /** Of the dumps of this run, after filters. */
  readonly storedBytes: number
  readonly dumps: readonly DumpProgress[]
  readonly logPath: string
}

export type CheckSeverity = 'ok' | 'note' | 'warning' | 'error'

export interface CheckFinding {
  readonly severity: CheckSeverity
  /** Stable, kebab-case. */
  readonly code: string
  readonly message: string
  /** What the operator should do; empty for `ok` and `note`. */
  readonly next: string
  readonly host?: string
  readonly disk?: string
  /** What it was seen in, a line each. */
  readonly details?: readonly string[]
}

/** What became of the report of a run that should be mailed. */
export interface MailOutcome {
  readonly run: RunId
  readonly atMs: number
  /** `not-wanted`: the run went as `mail.when` is not told of. */
  readonly status: 'sent' | 'failed' | 'not-wanted'
  /** Why it failed, in one sentence. */
  readonly message?: string
}

/** Something that the clean-up after a crash did. */
export interface RecoveryAction {
  readonly kind:
    | 'run-marked-crashed'
    | 'dump-completed'
    | 'dump-kept-partial'
    | 'dump-failed'
    | 'dump-relisted'
    | 'dump-delisted'
    | 'holding-removed'
    | 'holding-damaged'
    | 'part-unknown'
    | 'part-missing'
    | 'part-unfinished'
    | 'volume-corrected'
    | 'flush-needed'
    | 'vault-corrected'
  readonly message: string
  readonly run?: RunId
  readonly host?: string
  readonly disk?: string
  readonly level?: number
  readonly label?: string
  readonly path?: string
}

export type ServerEvent =
  | { readonly kind: 'snapshot'; readonly snapshot: StatusSnapshot }
  | { readonly kind: 'recovered'; readonly atMs: number; readonly actions: readonly RecoveryAction[] }
  | { readonly kind: 'run-queued'; readonly atMs: number; readonly queued: QueuedRun }
  | { readonly kind: 'run-started'; readonly atMs: number; readonly run: RunRecord }
  | { readonly kind: 'run-phase'; readonly atMs: number; readonly run: RunId; readonly phase: RunProgress['phase'] }
  | { readonly kind: 'run-ended'; readonly atMs: number; readonly summary: RunSummary }
  /** Comes after `run-ended`, when reports are mailed. */
  | { readonly kind: 'report-mailed'; readonly atMs: number; readonly mail: MailOutcome }
  /** A phase began, or an attempt ended and another follows. */
  | { readonly kind: 'dump-changed'; readonly atMs: number; readonly dump: DumpProgress }
  /** At most one a second and dump while bytes flow. */
  | { readonly kind: 'dump-progress'; readonly atMs: number; readonly dump: DumpProgress }
  | { readonly kind: 'dump-ended'; readonly atMs: number; readonly dump: DumpProgress }
  | { readonly kind: 'agent-connected'; readonly atMs: number; readonly host: string }
  | { readonly kind: 'agent-disconnected'; readonly atMs: number; readonly host: string; readonly reason: string }
  /** A link was lost; the session and its dumps wait. `idleMs`: how long nothing was sent or heard. `text`: what is known beyond the reason. */
  | { readonly kind: 'link-down'; readonly atMs: number; readonly host: string; readonly reason: string; readonly text?: string; readonly idleMs?: number }
  | { readonly kind: 'link-up'; readonly atMs: number; readonly host: string; readonly resumed: boolean; readonly bytesResent: number; readonly downMs?: number }
  | { readonly kind: 'path-learned'; readonly atMs: number; readonly host: string; readonly heartbeatMs: number }
  | { readonly kind: 'volume-started'; readonly atMs: number; readonly label: string; readonly slot: string }
  | { readonly kind: 'volume-ended'; readonly atMs: number; readonly label: string; readonly bytes: number }
  /** Volumes cannot be written; dumps stay on the holding disk. */
  | { readonly kind: 'degraded'; readonly atMs: number; readonly fault: FaultValue }
  | { readonly kind: 'warning'; readonly atMs: number; readonly code: string; readonly message: string; readonly host?: string; readonly disk?: string }
  | { readonly kind: 'vault-progress'; readonly atMs: number; readonly step: string; readonly done: number; readonly total?: number }
  | { readonly kind: 'vault-held'; readonly atMs: number; readonly manifests: readonly string[] }
  /** The keep rules were applied, or would have been: `removed` dumps went or would go. */
  | { readonly kind: 'vault-pruned'; readonly atMs: number; readonly removed: number; readonly kept: number; readonly freedBytes: number; readonly isDryRun: boolean }
  | { readonly kind: 'path-progress'; readonly atMs: number; readonly progress: PathProgress }
  | { readonly kind: 'stopping'; readonly atMs: number }
