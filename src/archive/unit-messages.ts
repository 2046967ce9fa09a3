// What the coordinator and its workers tell each other. A unit of work is "go on in order from these directories until so much has come of it"; its output
// comes in blocks of shared memory that the coordinator lends and hands out in the order of the tree. All of it can be cloned between threads.

import type { ArchiveSettings } from './settings.ts'
import type { ScanFindings } from './snapshot/base-scan.ts'
import type { RenameFindings } from './snapshot/contract.ts'
import type { VaultStart } from './vault/vault-messages.ts'

/** Directories that wait, in order: names below one parent. */
export interface PendingGroup {
  /** Path below the top as a string of bytes (latin1), empty for the top. */
  readonly parent: string
  /** Each ends in a NUL. The top itself is the one empty name. */
  readonly names: Uint8Array
}

export const BLOCK_BYTES = 1024 * 1024

/** A member in a block that has other names: it stays only if none of them was handed out before. */
export interface LinkedMember {
  readonly key: string
  /** Names the file has on its disk. */
  readonly linkCount: number
  /** The member's path, `./…` as a string of bytes. */
  readonly path: string
  readonly start: number
  readonly end: number
  /** Of its line in the index; equal when there is none. */
  readonly indexStart: number
  readonly indexEnd: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeSeconds: number
  readonly mtimeRest: number
}

export interface BlockMessage {
  readonly kind: 'block'
  readonly unit: number
  readonly block: number
  /** Of the archive, from the block's start. */
  readonly bytes: number
  /** Lines of the index; the offsets of members are blanks to be filled. */
  readonly index: Uint8Array | undefined
  /** Pairs: where the blank is in `index`, where the member begins in the block. */
  readonly blanks: Uint32Array | undefined
  readonly linked: readonly LinkedMember[]
  /** Lines for the operator, as GNU tar words them. */
  readonly said: readonly string[]
  /** Records of the snapshot, one behind the other, and where each ends. */
  readonly records: Uint8Array | undefined
  readonly recordEnds: readonly number[]
}

export interface DoneMessage {
  readonly kind: 'done'
  readonly unit: number
  readonly rest: readonly PendingGroup[]
  /** Blocks that were lent and not used. */
  readonly unused: readonly number[]
  /** That were dumped. */
  readonly directories: number
  /** Of an estimate: bytes that the archive would have. */
  readonly estimatedBytes: number
}

/** A large file with other names: is it to be read here? Answered when all before it was handed out. */
export interface LinkQuestion {
  readonly kind: 'question'
  readonly unit: number
  readonly key: string
  readonly linkCount: number
  readonly path: string
}

export interface WantMessage {
  readonly kind: 'want'
  readonly unit: number
}

export interface FailedMessage {
  readonly kind: 'failed'
  readonly code: string
  readonly text: string
}

/** What was found for the base of a level above 0. */
export interface PlannedMessage {
  readonly kind: 'planned'
  readonly findings: RenameFindings
}

/** What one worker saw of the base. */
export interface ScannedMessage {
  readonly kind: 'scanned'
  readonly findings: ScanFindings
}

/** The dump is over, whether well or not: the thread holds nothing of it and takes another. */
export interface IdleMessage {
  readonly kind: 'idle'
}

/** What a dump's coordinator is told. */
export type WorkerMessage = ScannedMessage | PlannedMessage | BlockMessage | DoneMessage | LinkQuestion | WantMessage | FailedMessage

export interface UnitOrder {
  readonly kind: 'unit'
  readonly unit: number
  readonly groups: readonly PendingGroup[]
  readonly blocks: readonly number[]
}

export type CoordinatorMessage =
  | UnitOrder
  | { readonly kind: 'grant'; readonly block: number }
  /** To a question: the path that the file is in the archive under, undefined when it is to be read. */
  | { readonly kind: 'answer'; readonly target: string | undefined }
  /** To all, before all else: look whether anything was renamed since the base, in this part of it. */
  | { readonly kind: 'scan'; readonly part: number; readonly parts: number }
  /** To one worker, when something may have been: look for renames. */
  | { readonly kind: 'plan' }
  /** To all, before their first unit: build on the base. */
  | { readonly kind: 'base'; readonly findings: RenameFindings }
  /** To each, before all else, when the dump goes into a vault. */
  | { readonly kind: 'vault'; readonly start: VaultStart }

/** The first message of a dump. */
export interface DumpOrder {
  readonly kind: 'dump'
  readonly settings: ArchiveSettings
  readonly blocks: readonly SharedArrayBuffer[]
  /** The message `vault` follows. */
  readonly isForVault: boolean
}

/** What a thread is told by the pool; nothing else is heard between two dumps. */
export type PoolMessage = DumpOrder | { readonly kind: 'quit' }

/** Words of a worker's bell: the first rises with each message, the second is 1 when the dump is over. */
export const RUNG_WORD = 0
export const STOP_WORD = 1
/** Whose turn it is: a thread that nobody needed for long ends, unless it is taken at this moment; the one that changes the word first decides. */
export const STATE_WORD = 2
export const BELL_BYTES = 12
export const STATE_BUSY = 0
export const STATE_IDLE = 1
export const STATE_GONE = 2

/** Digits of the offset in a line of the index: sixteen are read, a hundred terabytes are enough. */
export const BLANK_DIGITS = 14

/** The records of a block one by one. */
export function* recordsOf({ records, recordEnds }: Pick<BlockMessage, 'records' | 'recordEnds'>): Generator<Uint8Array> {
  let start = 0
  for (const end of recordEnds) {
    if (records !== undefined) yield records.subarray(start, end)
    start = end
  }
}
