// What the catalog remembers and the two ways to it. Readers get the reader; only the server gets the writer. Each writer method is
// one transaction and is durable when it resolves. File names of a dump are not rows: they are in its index file. Everything here
// can be rebuilt from the volumes alone, so the catalog is never the only place of a fact that a restore needs.

import type { Branded } from '../kernel/branded.ts'

/** `run/host/disk/level` with each part percent-encoded: the same dump has the same id after a rebuild. */
export type DumpId = Branded<'DumpId'>

/** Timestamp of a run, `YYYYMMDDhhmmss` local time, unique. */
export type RunId = Branded<'RunId'>

export type DumpStatus =
  /** Being made; after a crash it is cleaned up. */
  | 'running'
  /** All of it is on the holding disk, on volumes or in the vault. */
  | 'complete'
  /** Some of it is kept; never used by the planner as a base, restored only when asked for by name. */
  | 'partial'
  /** Nothing is kept. */
  | 'failed'

export type DumpOutcome = 'good' | 'strange' | 'failed'

/** CRC-32C and byte count at one hop, as Amanda writes it: `%08x:%d`. */
export type CrcText = string

export interface DumpRecord {
  readonly id: DumpId
  readonly run: RunId
  readonly host: string
  readonly disk: string
  readonly level: number
  /** The dump this one builds on; undefined for level 0. */
  readonly baseRun?: RunId
  readonly status: DumpStatus
  readonly outcome?: DumpOutcome
  /** Stable code and one sentence of why it failed, is partial, or is whole and still waits on the holding disk. */
  readonly faultCode?: string
  readonly message?: string
  readonly startedMs: number
  readonly endedMs?: number
  /** Bytes that the application produced. */
  readonly nativeBytes: number
  /** Bytes that are stored, after filters; in a vault, what the dump added to it. */
  readonly storedBytes: number
  readonly nativeCrc?: CrcText
  readonly clientCrc?: CrcText
  readonly serverCrc?: CrcText
  /** First chunk on the holding disk while it is there. */
  readonly holdingPath?: string
  /** What the agent's messages said that was strange, at most a few kilobytes. */
  readonly strangeLines?: readonly string[]
  readonly attempts: number
  /** Bytes that were expected to be stored when the run was planned; undefined when nobody could tell. */
  readonly estimatedBytes?: number
  /** Wall time when the copy that is listed was last read back and its checksum agreed. Only `putVerified` sets it. */
  readonly verifiedMs?: number
  /** Name of its manifest when it is in a vault; such a dump has no parts. */
  readonly manifest?: string
  /** Bytes of files that its maker read, and that it knew to be unchanged without reading them; only of dumps that our agent made for a vault. */
  readonly readBytes?: number
  readonly unchangedBytes?: number
}

export interface PartRecord {
  readonly dump: DumpId
  /** Counts from 1 in the order of the data. */
  readonly partNumber: number
  readonly label: string
  readonly fileNumber: number
  readonly bytes: number
}

export interface VolumeRecord {
  readonly label: string
  readonly storage: string
  readonly slot: string
  /** Run that wrote it last; undefined when it is labelled and empty. */
  readonly run?: RunId
  readonly bytes: number
  readonly isReusable: boolean
}

export interface RunRecord {
  readonly id: RunId
  readonly startedMs: number
  readonly endedMs?: number
  /** `crashed` is set by the clean-up of the next start. */
  readonly status: 'running' | 'done' | 'crashed'
  /** Why it ran: schedule, catch-up or by hand. */
  readonly reason: 'schedule' | 'catch-up' | 'manual'
}

export interface HostRecord {
  readonly host: string
  /** Fingerprints of the keys that may speak for it. */
  readonly keyFingerprints: readonly string[]
  readonly lastSeenMs?: number
}

/** What happened to the links of a host: for the report, the status and the doctor. */
export interface LinkEventRecord {
  readonly atMs: number
  readonly host: string
  readonly kind: 'up' | 'down' | 'path-learned'
  /** Reason code of a `down`. */
  readonly code?: string
  /** Milliseconds since the last byte was heard when it went down; the new heartbeat for `path-learned`. */
  readonly milliseconds?: number
  readonly bytesResent?: number
}

export interface DumpFilter {
  readonly host?: string
  readonly disk?: string
  readonly run?: RunId
  readonly status?: DumpStatus
  /** Only dumps whose run is at or before it. */
  readonly notAfter?: RunId
}

export interface CatalogReader {
  /** Newest run first, then by host, disk and level. */
  dumps(filter?: DumpFilter): Promise<DumpRecord[]>
  dump(id: DumpId): Promise<DumpRecord | undefined>
  /** In the order of the data. */
  parts(dump: DumpId): Promise<PartRecord[]>
  partsOnVolume(label: string): Promise<PartRecord[]>
  volumes(): Promise<VolumeRecord[]>
  runs(limit?: number): Promise<RunRecord[]>
  hosts(): Promise<HostRecord[]>
  linkEvents(sinceMs: number, host?: string): Promise<LinkEventRecord[]>
}

export interface CatalogWriter {
  putRun(run: RunRecord): Promise<void>
  /** Inserts or replaces by id; `verifiedMs` stays as it was. */
  putDump(dump: DumpRecord): Promise<void>
  /** The dump was read back and its checksum agreed. It is no error when it is not listed any more. */
  putVerified(id: DumpId, atMs: number): Promise<void>
  /** The dump as complete with all its parts on volumes, in one transaction. What was verified was another copy of it: `verifiedMs` goes. */
  putTapedDump(dump: DumpRecord, parts: readonly PartRecord[]): Promise<void>
  removeDump(id: DumpId): Promise<void>
  putVolume(volume: VolumeRecord): Promise<void>
  /** The volume was emptied: its parts go, and every dump that lost its only copy goes with them. Returns those dumps. */
  eraseVolume(label: string): Promise<DumpId[]>
  putHost(host: HostRecord): Promise<void>
  addLinkEvent(event: LinkEventRecord): Promise<void>
  /** Removes link events and failed dumps from before `beforeMs`, and ended runs from before it of which no dump is left. */
  forgetBefore(beforeMs: number): Promise<void>
}

export interface Catalog extends CatalogReader, CatalogWriter, AsyncDisposable {}
