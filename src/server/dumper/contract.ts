// What the dumper is asked for and what it answers. Expected failures of a dump are values here; the dumper rejects only for defects of ours.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { DumpFacts, VaultUplink } from '../../wire/vault/uplink.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import type { Fault } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import type { Turns } from '../../kernel/turns.ts'
import type { IndexWriter } from '../../catalog/index-file/index-writer.ts'
import type { CrcText, DumpRecord, RunId } from '../../catalog/contract.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { HeldDump, HoldingAllotment, HoldingArea } from '../../storage/holding/contract.ts'
import type { Transport } from '../../transport/contract.ts'
import type { Vault } from '../../storage/vault/contract.ts'
import type { Place } from '../driver/driver-state.ts'
import type { TapeOutcome, Taper } from '../taper/contract.ts'

/** Cuts all of `source` into segments and blocks, sends them with the recipe through `uplink`, and gives the facts of the stream; `finish` is the caller's. */
export type CutStream = (source: ByteSource, uplink: VaultUplink, hooks: { readonly onBytes: (bytes: number) => void }, signal: AbortSignal) => Promise<DumpFacts>

export interface DumperDoors {
  readonly clock: Clock
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly transport: Transport
  readonly holding: HoldingArea
  readonly taper: Taper
  /** Undefined: the storage is none. */
  readonly vault?: VaultDoors
  /** Directory of the index files. */
  readonly indexDir: string
  /** Where the names of a dump go; left out: to an index file of ours below `indexDir`. */
  readonly openIndex?: (dump: Pick<DumpRecord, 'run' | 'host' | 'disk' | 'level'>) => Promise<IndexWriter>
  /** One index is put in order at a time: twenty at once would take twenty times the memory and no less time. */
  readonly indexTurns: Turns
  /** Whether the link to `host` is up: a cut link is not silence of the client. */
  readonly isLinkUp: (host: string) => boolean
  readonly log: Log
}

export interface DumpOrder {
  readonly configName: string
  readonly run: RunId
  readonly entry: DiskListEntry
  readonly level: number
  readonly baseRun: RunId | undefined
  /** Of stored bytes; chooses the holding disk. */
  readonly expectedBytes: number | undefined
  readonly to: Place
  /** What it may take on the holding disks; left out: what there is. */
  readonly room?: HoldingAllotment
  /** The row as it is while the dump runs. */
  readonly record: DumpRecord
  readonly connectTimeoutMs: number
  readonly dataTimeoutMs: number
}

export interface DumpSteps {
  readonly onPhase: (phase: 'connecting' | 'dumping' | 'finishing' | 'taping') => void
  /** Bytes that arrived, and how many of them are durable. At most a few a second. `vault`: of a dump into a vault, what is known so far. */
  readonly onProgress: (bytes: number, durableBytes: number, vault?: VaultCounts) => void
}

export interface VaultDoors {
  readonly vault: Vault
  readonly domainOf: (host: string) => string
  readonly compressLevel: number
  /** Cuts a stream that was not cut at its source, in threads. */
  readonly cut: CutStream
}

/** Of a dump into a vault: bytes sent (or, of a raw stream, stored), read by the maker, and known to be unchanged. */
export interface VaultCounts {
  readonly sentBytes: number
  readonly readBytes?: number
  readonly unchangedBytes?: number
}

export interface DumpTotals {
  readonly nativeBytes: number
  readonly storedBytes: number
  readonly originalKib: number
  readonly nativeCrc?: CrcText
  readonly clientCrc?: CrcText
  readonly serverCrc: CrcText
}

/** What the client said for people: with their marks `| ` and `? `. */
export interface DumpLines {
  readonly lines: readonly string[]
}

export type DumpReport =
  | ({ readonly kind: 'good' | 'strange'; readonly totals: DumpTotals; readonly held: HeldDump; readonly manifest?: undefined } & DumpLines)
  | ({ readonly kind: 'good' | 'strange'; readonly totals: DumpTotals; readonly held?: undefined; readonly manifest?: undefined; readonly taped: Extract<TapeOutcome, { kind: 'taped' }> } & DumpLines)
  | ({ readonly kind: 'good' | 'strange'; readonly totals: DumpTotals; readonly held?: undefined; readonly taped?: undefined; readonly manifest: string; readonly counts: VaultCounts } & DumpLines)
  | ({
      readonly kind: 'failed'
      readonly fault: Fault
      /** What arrived, kept as a partial dump. */
      readonly partial?: HeldDump
      readonly bytes: number
      /** The client asked for another try. */
      readonly advice?: { readonly delayMs?: number; readonly level?: number }
      /** The volume failed, not the dump. */
      readonly isVolumeFault: boolean
    } & DumpLines)
