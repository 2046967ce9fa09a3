// What passes between the thread that owns links and the thread that cuts one stream. Each call but `grant` is answered once, in order.

import type { FaultCode } from '../../kernel/fault-codes.ts'
import type { PackGrant } from '../../wire/vault/uplink.ts'
import type { FinishedCut, SettledBlocks } from './cut-work.ts'

export type CutCall =
  /** The memory comes back with the answer. */
  | { readonly kind: 'bytes'; readonly buffer: ArrayBuffer; readonly usedBytes: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'settle'; readonly known: Uint8Array; readonly grants: readonly PackGrant[] }
  | { readonly kind: 'finish'; readonly grants: readonly PackGrant[] }

export type CutMessage = CutCall | { readonly kind: 'close' }

export type CutAnswer =
  | { readonly kind: 'cut'; readonly ids: Uint8Array<ArrayBuffer>; readonly buffer: ArrayBuffer | undefined }
  | ({ readonly kind: 'settled' } & SettledBlocks)
  | ({ readonly kind: 'finished' } & FinishedCut)
  | { readonly kind: 'failed'; readonly code: FaultCode; readonly text: string }
