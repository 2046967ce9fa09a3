// What the threads of a dump into a vault and the main thread tell each other beside unit-messages.ts, and the memory that they share. All of it can be cloned
// between threads.

import type { MessagePort } from 'node:worker_threads'
import type { BlockCompression } from '../../wire/vault/uplink.ts'

/** Words that all threads share. */
export const WAITING_KIB_WORD = 0
export const IDLE_WORD = 1
/** Content that threads are done with, in `DONE_UNIT_BYTES`. */
export const DONE_WORD = 2
/** A word counts to 128 TiB. */
export const DONE_UNIT_BYTES = 64 * 1024
export const VAULT_WORDS_BYTES = 12

/** Sealed bytes of all threads that were not taken by the vault yet; a thread that would add to more waits. */
export const WAITING_KIB_MAX = 8 * 1024

export interface VaultStart {
  readonly port: MessagePort
  readonly vaultId: Uint8Array
  readonly idKey: Uint8Array
  readonly seed: Uint8Array
  readonly compressLevel: number
  readonly filter: SharedArrayBuffer | undefined
  /** What the last dump left (kept-file.ts). */
  readonly keptPath: string | undefined
  readonly words: SharedArrayBuffer
  readonly numbers: SharedArrayBuffer
  readonly ids: SharedArrayBuffer
  readonly blocks: readonly SharedArrayBuffer[]
  /** Of all threads (unit-messages.ts). */
  readonly bells: readonly SharedArrayBuffer[]
}

export interface BlockSealed {
  readonly kind: 'sealed'
  readonly pack: number
  readonly packId: Uint8Array
  readonly number: number
  readonly compression: BlockCompression
  readonly plainBytes: number
  readonly ids: Uint8Array
  readonly lengths: Uint32Array
  readonly sealed: Uint8Array
}

export type VaultWorkerMessage =
  | BlockSealed
  /** Which of the ids has the vault? */
  | { readonly kind: 'ask'; readonly query: number; readonly ids: Uint8Array }
  /** `pack` gives out no more numbers. */
  | { readonly kind: 'closed'; readonly pack: number; readonly count: number }
  /** A number of `pack` that no block will come of. */
  | { readonly kind: 'burnt'; readonly pack: number }
  /** A pack is wanted soon. */
  | { readonly kind: 'want' }
  /** All that the thread had was sent before this. */
  | { readonly kind: 'drained'; readonly readBytes: number; readonly unchangedBytes: number; readonly owners: readonly string[] }

export type VaultMainMessage =
  | { readonly kind: 'answer'; readonly query: number; readonly bits: Uint8Array }
  /** No more files come: send what there is. */
  | { readonly kind: 'drain' }
