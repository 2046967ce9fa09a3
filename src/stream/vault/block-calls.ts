// What passes between the server's thread and a block thread. Sealed or plain bytes go in through memory that both share, so that a call costs one copy and
// no allocation; what comes out is handed over whole.

import type { FaultCode } from '../../kernel/fault-codes.ts'
import type { SealFacts } from './block-seal.ts'
import type { KeyedBlock, WantedSegments } from './contract.ts'
import type { SealedBlock } from '../../wire/vault/uplink.ts'

/** One call; each is answered once, in order. */
export type BlockCall =
  | { readonly kind: 'check'; readonly block: KeyedBlock; readonly idKey: Uint8Array }
  | { readonly kind: 'open'; readonly block: KeyedBlock; readonly wanted: WantedSegments | undefined }
  | { readonly kind: 'seal'; readonly facts: SealFacts; readonly compressLevel: number; readonly plain: Uint8Array }

export type BlockThreadMessage = BlockCall | { readonly kind: 'close' }

export type BlockResult = Uint8Array | SealedBlock | undefined

export type BlockAnswer =
  | { readonly kind: 'done'; readonly result: BlockResult }
  | { readonly kind: 'failed'; readonly code: FaultCode; readonly text: string; readonly context: Readonly<Record<string, string | number | boolean | undefined>> }
