// The taper moves finished dumps to volumes. It takes one dump at a time, splits it into parts, chooses volumes (taperscan.ts,
// retention.ts), and gives its outcome as a value. Order for every dump: volume durable → tapelist and run log → catalog → holding file
// removed, so that a crash at any instant loses nothing and lists nothing that is not there.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Fault } from '../../kernel/fault.ts'
import type { DumpRecord, PartRecord } from '../../catalog/contract.ts'
import type { HoldingTotals } from '../../storage/holding/contract.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import type { RunLogEntry } from '../../wire/amanda/run-log.ts'

/** The trace log of a run, shared by all that write lines to it. `openRunLog` in run-log-file.ts makes one. */
export interface RunLog extends AsyncDisposable {
  readonly path: string
  append(...entries: readonly RunLogEntry[]): Promise<void>
  /** What was appended is durable when it resolves. */
  sync(): Promise<void>
}

export type TapeSource =
  /** A finished dump on the holding disk. It is removed there when it is safe on volumes and the outcome is `taped`. */
  | { readonly kind: 'holding'; readonly path: string }
  /**
   * A stream from the dumper that was not held. `totals` must settle once `data` has ended well. Parts pass through a cache of one part on
   * disk, so that a part can be written again on the next volume. `row` settles with `totals` and is put instead of the request's record, so
   * that sizes and outcome are in the catalog in the same transaction as the parts.
   */
  | { readonly kind: 'direct'; readonly header: DumpFileHeader; readonly data: ByteSource; readonly totals: Promise<HoldingTotals>; readonly row: Promise<DumpRecord> }

export interface TapeRequest {
  readonly source: TapeSource
  /**
   * The row to put when the dump is on volumes. The taper sets `status` (`complete`; `partial` if the source is), `storedBytes` and
   * `serverCrc` to what it read, and drops `holdingPath`. The run may be an earlier one (flush).
   */
  readonly record: DumpRecord
  /** Overrides the storage's part size. */
  readonly partBytes?: number
}

/** A volume that was started during a dump. */
export interface VolumeStart {
  readonly label: string
  readonly slot: string
  /** Counts from 1 in this run. */
  readonly tapeNumber: number
  /** `new`: labelled for the first time. `reused`: emptied and labelled again; `erasedDumps` went with it. */
  readonly kind: 'new' | 'reused'
  readonly erasedDumps: number
}

export type TapeOutcome =
  /** The whole source is on volumes and in the catalog. `isPartial` when the source was a partial dump. */
  | { readonly kind: 'taped'; readonly isPartial: boolean; readonly bytes: number; readonly serverCrc: string; readonly parts: readonly PartRecord[]; readonly volumes: readonly VolumeStart[] }
  /** Partial dumps are not taped here (configuration); the holding file stays. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /**
   * Nothing was recorded; the holding file stays and can be taped by a later run. `fault.code` says why: `no-volume` (none may be
   * written), `volumes-per-run`, `holding-damaged`, a disk's fault, `cancelled`, or what the direct stream ended with. Parts that reached a volume are
   * only a waste of room there.
   */
  | { readonly kind: 'failed'; readonly fault: Fault; readonly wastedParts: number; readonly volumes: readonly VolumeStart[] }

/** What the taper does now, for `status`. */
export type TaperEvent =
  | { readonly kind: 'volume-started'; readonly volume: VolumeStart }
  | { readonly kind: 'volume-ended'; readonly label: string; readonly bytes: number; readonly files: number; readonly message: string }
  | { readonly kind: 'part-written'; readonly part: PartRecord; readonly host: string; readonly disk: string; readonly level: number }
  | { readonly kind: 'part-rewritten'; readonly partNumber: number; readonly label: string; readonly reason: string }
  | { readonly kind: 'progress'; readonly record: DumpRecord['id']; readonly bytes: number }
  /** A volume that was looked at and not taken, with the reason, for the operator. */
  | { readonly kind: 'volume-refused'; readonly slot: string; readonly label: string | undefined; readonly reason: string }

/** A volume the next run would take, for `check` and the report. */
export interface VolumeForecast {
  readonly slot: string
  readonly label: string
  readonly kind: 'new' | 'reused'
}

export interface Taper extends AsyncDisposable {
  /** Writes one dump. Calls are queued and done in order. Never rejects: everything that can go wrong is in the outcome. */
  tape(request: TapeRequest, signal: AbortSignal): Promise<TapeOutcome>
  /** The volumes that would be taken now, in order; fewer than `count` when there are not enough. Changes nothing. */
  forecast(count: number): Promise<readonly VolumeForecast[]>
  /** Ends the run: the current volume is closed and its summary line logged. Called by dispose as well. */
  endRun(): Promise<void>
}
