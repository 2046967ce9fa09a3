// What produces the data of a dump, and what takes it back: GNU tar, a command, a plug-in of stock Amanda, our own archiver. The services
// (sendbackup, sendsize, selfcheck, restore) know only this contract; an application knows nothing of requests and streams.

import type { ByteSource } from '../kernel/byte-stream.ts'
import type { ByteStream } from '../transport/contract.ts'
import type { DleSelection } from '../wire/amanda/dle.ts'
import type { MesgLine } from '../wire/amanda/mesg.ts'
import type { SelfcheckFinding } from '../wire/amanda/selfcheck-reply.ts'

/** The disk a request is about. */
export interface DiskJob {
  /** The name the server knows this machine by. */
  readonly host: string
  readonly disk: string
  /** The directory or device that is read. */
  readonly device: string
  readonly config: string | undefined
  /** The run, `YYYYMMDDhhmmss`. */
  readonly run: string
  readonly exclude: DleSelection
  readonly include: DleSelection
  /** Of the dumptype, then of the application, which win. */
  readonly properties: ReadonlyMap<string, readonly string[]>
  /** Those of the application alone: all that a plug-in is told, since it ends with an error for one it does not know. */
  readonly applicationProperties: ReadonlyMap<string, readonly string[]>
  readonly index: boolean
  /** The server wants lines of the index with their attributes (wire/tar/index-entry.ts). */
  readonly indexAttributes: boolean
  readonly record: boolean
}

export interface DumpJob extends DiskJob {
  readonly level: number
  /** Run of the dump this one builds on; a stock server does not name it. */
  readonly baseRun: string | undefined
  /** It goes into a vault of the server, whole, and only what that lacks is sent. */
  readonly isForVault?: boolean
}

/** How the program ended. `failed` carries the text for the operator. */
export type DumpOutcome =
  | { readonly kind: 'good'; readonly sizeKib: number }
  | { readonly kind: 'failed'; readonly text: string }

/** Where the lines of the index come from. */
export type IndexSource =
  /** The data is a tar stream; its members are the index. */
  | { readonly kind: 'tar' }
  /** The program writes them itself. */
  | { readonly kind: 'stream'; readonly source: ByteSource }
  /** The same, and each line has its attributes (wire/tar/index-entry.ts), which are taken off for a server that does not want them. */
  | { readonly kind: 'entries'; readonly source: ByteSource }
  | { readonly kind: 'fixed'; readonly lines: readonly string[] }

/** Passes a line on to MESG. Waits while MESG is full, which stops the program. */
export type Say = (line: MesgLine) => Promise<void>

export interface RunningDump {
  readonly data: ByteSource
  readonly index: IndexSource
  readonly state?: ByteSource
  /** Resolves after the program and its messages have ended, which they do only when `data` is read. Never rejects. */
  readonly outcome: Promise<DumpOutcome>
  /** The dump went well and is handed over: makes it a base for later levels. Durable when it resolves. */
  commit(): Promise<void>
  /** Ends the program if it runs and removes what the dump left in the state directory. May be called at any time, also twice. */
  abandon(): Promise<void>
}

/** A dump that goes into a vault of the server over `data`, which this owns in both directions. */
export interface VaultRun {
  readonly data: ByteStream
  readonly say: Say
  readonly signal: AbortSignal
  /** All was sent: says so to the server, which then tells whether the dump counts. */
  sent(facts: { readonly nativeBytes: number; readonly nativeCrc: number }): Promise<void>
}

export interface PreparedDump {
  /** For the header of the dump: `/bin/tar`, or `APPLICATION` with its name. */
  readonly program: string
  readonly application?: string
  /** A shell command for people, that restores from stdin. */
  readonly recoverCommand: string
  start(say: Say): Promise<RunningDump>
  /** Instead of `start`; undefined: it cannot. Resolves when the dump is in the vault. */
  intoVault?(run: VaultRun): Promise<void>
  abandon(): Promise<void>
}

export interface Application {
  readonly name: string
  /** Largest level it can make. */
  readonly levelMax: number
  /** What stands in the way of a dump of this disk. Never rejects for what is wrong with the disk: that is a finding. */
  selfcheck(job: DiskJob, signal: AbortSignal): Promise<SelfcheckFinding[]>
  /** KiB of a dump at this level; -1 when it cannot be told, -2 when there is no such level. Rejects with the Fault that says why it failed. */
  estimate(job: DumpJob, signal: AbortSignal): Promise<number>
  /** Does all that can fail early, so that the reply can say it. Rejects with `base-missing` when the dump it builds on is unknown here. */
  prepareDump(job: DumpJob, signal: AbortSignal): Promise<PreparedDump>
}
