// Opens sealed blocks. All that a block says of itself is a claim of a peer or a disk: sizes are checked before anything is allocated, and no byte is looked at before
// the tag has proved it. Synchronous; used in threads.

import { createDecipheriv } from 'node:crypto'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import { blockAad, blockNonce, isBlockSize } from '../../wire/vault/block-seal.ts'
import { BLOCK_SEGMENTS_MAX, ID_BYTES, RECIPE_SEGMENT_BYTES_MAX, SEGMENT_BYTES_MAX, TAG_BYTES, TRAILER_NUMBER } from '../../wire/vault/limits.ts'
import type { SealedBlock } from '../../wire/vault/uplink.ts'
import { BLOCK_CIPHER, CIPHER_PIECE_BYTES } from './block-seal.ts'
import type { KeyedBlock, WantedSegments } from './contract.ts'
import type { SegmentHash } from './segment-hash.ts'
import { ZstdUnpacker } from './zstd-blocks.ts'

function damaged(block: SealedBlock, what: string): Fault {
  const pack = Buffer.from(block.packId).toString('hex')
  return new Fault('vault-damaged', `block ${block.number} of pack ${pack}: ${what}`, { context: { pack, block: block.number } })
}

/** Sizes of the block itself; those of its segments are another matter. */
function checkSizes(block: SealedBlock): void {
  const { plainBytes, sealed, number } = block
  if (!Number.isInteger(number) || number < 0 || number > TRAILER_NUMBER) throw damaged(block, 'its number is not permitted')
  if (!isBlockSize(plainBytes, sealed.length, block.compression)) throw damaged(block, `${plainBytes} plain and ${sealed.length} sealed bytes are not permitted`)
}

function checkSegments(block: SealedBlock): void {
  const { ids, lengths } = block
  if (lengths.length < 1 || lengths.length > BLOCK_SEGMENTS_MAX || ids.length !== lengths.length * ID_BYTES) throw damaged(block, 'the number of its segments is not permitted')
  const bytesMax = block.kind === 'recipe' ? RECIPE_SEGMENT_BYTES_MAX : SEGMENT_BYTES_MAX
  let sum = 0
  for (const length of lengths) {
    if (length < 1 || length > bytesMax) throw damaged(block, `a segment of ${length} bytes is not permitted`)
    sum += length
  }
  if (sum !== block.plainBytes) throw damaged(block, 'its segments are not as long as it is')
}

export class BlockOpener {
  readonly #unpacker = new ZstdUnpacker()
  #packed = new Uint8Array(0)
  #plain = new Uint8Array(0)

  /** The plain bytes, lent until the next call. Throws `vault-damaged`. */
  open(keyed: KeyedBlock): Uint8Array {
    checkSizes(keyed.block)
    // A byte more, so that a frame that holds more is noticed.
    if (this.#plain.length < keyed.block.plainBytes + 1) this.#plain = new Uint8Array(keyed.block.plainBytes + 1)
    return this.#openInto(keyed, this.#plain.subarray(0, keyed.block.plainBytes + 1))
  }

  /** The same in fresh memory, which holds nothing else. */
  openFresh(keyed: KeyedBlock): Uint8Array<ArrayBuffer> {
    checkSizes(keyed.block)
    return this.#openInto(keyed, new Uint8Array(keyed.block.plainBytes + 1))
  }

  /** Opens it and compares the id of every segment; `hash` has the key of the domain. The plain bytes are lent until the next call. Throws `vault-block-false`. */
  check(keyed: KeyedBlock, hash: SegmentHash): Uint8Array {
    try {
      checkSegments(keyed.block)
      const plain = this.open(keyed)
      let at = 0
      for (const [index, length] of keyed.block.lengths.entries()) {
        if (!hash.isId(plain.subarray(at, at + length), keyed.block.ids, index * ID_BYTES)) throw damaged(keyed.block, `segment ${index} has another id`)
        at += length
      }
      return plain
    } catch (error) {
      const fault = faultOf(error)
      throw fault.code === 'vault-damaged' ? new Fault('vault-block-false', fault.message, { context: fault.context }) : fault
    }
  }

  close(): void {
    this.#unpacker.close()
  }

  #openInto<T extends ArrayBufferLike>({ vaultId, key, block }: KeyedBlock, target: Uint8Array<T>): Uint8Array<T> {
    const clearBytes = block.sealed.length - TAG_BYTES
    if (block.compression === 'none') this.#decipher(vaultId, key, block, target)
    else {
      if (this.#packed.length < clearBytes) this.#packed = new Uint8Array(clearBytes)
      this.#decipher(vaultId, key, block, this.#packed)
      if (!this.#unpacker.unpack(this.#packed.subarray(0, clearBytes), target)) throw damaged(block, 'what is in it is not what it says')
    }
    return target.subarray(0, block.plainBytes)
  }

  #decipher(vaultId: Uint8Array, key: Uint8Array, block: SealedBlock, target: Uint8Array): void {
    const clearBytes = block.sealed.length - TAG_BYTES
    const decipher = createDecipheriv(BLOCK_CIPHER, key, blockNonce(block.number), { authTagLength: TAG_BYTES })
    decipher.setAAD(blockAad(vaultId, block))
    decipher.setAuthTag(block.sealed.subarray(clearBytes))
    for (let at = 0; at < clearBytes; at += CIPHER_PIECE_BYTES) {
      const piece = decipher.update(block.sealed.subarray(at, Math.min(at + CIPHER_PIECE_BYTES, clearBytes)))
      target.set(piece, at)
      releaseBytes(piece)
    }
    try {
      decipher.final()
    } catch {
      throw damaged(block, 'its tag is wrong')
    }
  }
}

/** Compares the ids of `wanted` with `plain`, the bytes of `block`. Throws `vault-damaged`. */
export function checkWanted(block: SealedBlock, plain: Uint8Array, wanted: WantedSegments, hash: SegmentHash): void {
  for (const [index, length] of wanted.lengths.entries()) {
    const start = wanted.starts[index] ?? 0
    const isThere = start + length <= plain.length && (index + 1) * ID_BYTES <= wanted.ids.length
    if (!isThere || !hash.isId(plain.subarray(start, start + length), wanted.ids, index * ID_BYTES)) throw damaged(block, `segment ${Buffer.from(wanted.ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES)).toString('hex')} is not where the index says`)
  }
}
