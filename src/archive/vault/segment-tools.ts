// What a thread makes of content: cuts, ids and sealed blocks, by the parts of stream/vault. Opened once for a thread.

import { BlockSealer } from '../../stream/vault/block-seal.ts'
import { openSegmentHash } from '../../stream/vault/segment-hash.ts'
import { LARGE_SEGMENT_SIZES, openSegmenter, SEGMENT_SIZES } from '../../stream/vault/segmenter.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import type { BlockKind, SealedBlock } from '../../wire/vault/uplink.ts'
import type { BlockPlace } from './pack-numbers.ts'
import { STAGE_BYTES, type Cutter } from './segment-stage.ts'

export interface SegmentFacts {
  readonly vaultId: Uint8Array
  readonly idKey: Uint8Array
  readonly seed: Uint8Array
  readonly compressLevel: number
}

export interface SegmentTools {
  /** Of the one dump that goes on. */
  readonly cutter: Cutter
  /** Lent until the next call. */
  idOf(bytes: Uint8Array): Uint8Array
  /** The result has memory of its own. */
  seal(place: BlockPlace, kind: BlockKind, plain: Uint8Array, ids: Uint8Array, lengths: Uint32Array): SealedBlock
}

/** Files beyond this have larger segments: fewer to name, and to look for. */
const LARGE_FILE_BYTES = 1024 ** 3

function openCutter(seed: Uint8Array): Cutter {
  const segmenter = openSegmenter(seed, STAGE_BYTES)
  let sizes = SEGMENT_SIZES
  return {
    memory: segmenter.slot,
    begin: (fileBytes) => void (sizes = fileBytes > LARGE_FILE_BYTES ? LARGE_SEGMENT_SIZES : SEGMENT_SIZES),
    cut(start, end, isEnd) {
      const bytes = segmenter.next(sizes, start, end, isEnd)
      return bytes === 0 ? -1 : start + bytes
    },
  }
}

export async function openSegmentTools({ vaultId, idKey, seed, compressLevel }: SegmentFacts): Promise<SegmentTools> {
  const hash = await openSegmentHash(idKey)
  const sealer = new BlockSealer(compressLevel)
  const id = Buffer.alloc(ID_BYTES)
  let cutter: Cutter | undefined
  return {
    get cutter() {
      return (cutter ??= openCutter(seed))
    },
    idOf(bytes) {
      hash.idInto(bytes, id, 0)
      return id
    },
    seal: ({ packId, key, number }, kind, plain, ids, lengths) => sealer.seal({ vaultId, key, packId, number, kind, ids, lengths }, plain),
  }
}
