// Bytes of a DATA stream to talk frames (talk.ts), however they are cut. A payload is copied once, into a buffer of its own that belongs to the frame. What the other side may not send
// is `wire-malformed`, before anything is allocated for it; after that the decoder must not be used.

import { copyBytes } from '../../kernel/copy-bytes.ts'
import { Fault } from '../../kernel/fault.ts'
import { COMPRESSIONS, isBlockSize, SEALED_KINDS } from './block-seal.ts'
import { BLOCK_SEGMENTS_MAX, ID_BYTES, KEY_BYTES, NAME_BYTES_MAX, PACK_ID_BYTES, QUERY_IDS_MAX, TRAILER_NUMBER, VAULT_ID_BYTES } from './limits.ts'
import { sumsTo } from './pack-trailer.ts'
import { decodeRecipeEntries } from './recipe-entries.ts'
import { PAYLOAD_BYTES_MAX, REFUSAL_BYTES_MAX, TALK_HEAD_BYTES, TALK_TYPES, type AgentFrame, type ServerFrame, type TalkSide } from './talk.ts'
import type { SealedBlock, VaultBase } from './uplink.ts'
import { VaultReader } from './vault-bytes.ts'

class TalkDecoder<Frame> {
  readonly #limits: Readonly<Record<number, number>>
  readonly #read: (type: number, payload: Uint8Array) => Frame
  readonly #allocate: (bytes: number) => Buffer
  readonly #head = Buffer.alloc(TALK_HEAD_BYTES)
  #headBytes = 0
  #payload: Buffer | undefined
  #payloadBytes = 0

  constructor(from: TalkSide, read: (type: number, payload: Uint8Array) => Frame, allocate: (bytes: number) => Buffer) {
    this.#limits = PAYLOAD_BYTES_MAX[from]
    this.#read = read
    this.#allocate = allocate
  }

  /** Whether the stream may end here: between two frames. */
  get isBetweenFrames(): boolean {
    return this.#headBytes === 0
  }

  /** The frames that `piece` completes; it is read no more afterwards. */
  push(piece: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      while (this.#headBytes < TALK_HEAD_BYTES && at < piece.length) this.#head[this.#headBytes++] = piece[at++] ?? 0
      if (this.#headBytes < TALK_HEAD_BYTES) return frames
      this.#payload ??= this.#begin()
      const count = Math.min(this.#payload.length - this.#payloadBytes, piece.length - at)
      if (count > 0) {
        copyBytes(piece.subarray(at, at + count), this.#payload, this.#payloadBytes)
        this.#payloadBytes += count
        at += count
      }
      if (this.#payloadBytes < this.#payload.length) return frames
      const payload = this.#payload
      this.#payload = undefined
      this.#headBytes = 0
      frames.push(this.#read(this.#head.readUInt8(0), payload))
    }
  }

  #begin(): Buffer {
    const type = this.#head.readUInt8(0)
    const bytes = this.#head.readUInt32LE(1)
    const limit = this.#limits[type]
    if (limit === undefined) throw new Fault('wire-malformed', `a frame of the vault has the type ${type}`)
    if (bytes > limit) throw new Fault('wire-malformed', `a frame of the vault of type ${type} has ${bytes} bytes`)
    this.#payloadBytes = 0
    return this.#allocate(bytes)
  }
}

/** `allocate` gives a buffer of exactly so many bytes; a frame is a view of it. */
export function createAgentFrameDecoder(allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafe(bytes)): TalkDecoder<AgentFrame> {
  return new TalkDecoder('agent', readAgentFrame, allocate)
}

export function createServerFrameDecoder(allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafe(bytes)): TalkDecoder<ServerFrame> {
  return new TalkDecoder('server', readServerFrame, allocate)
}

function readAgentFrame(type: number, payload: Uint8Array): AgentFrame {
  const reader = new VaultReader(payload, 'wire-malformed')
  switch (type) {
    case TALK_TYPES.hello:
      return { kind: 'hello', version: reader.u16('version') }
    case TALK_TYPES.query:
      if (payload.length === 0 || payload.length % ID_BYTES !== 0) throw reader.fault(`a query of ${payload.length} bytes`)
      return { kind: 'query', ids: reader.take(payload.length, 'ids') }
    case TALK_TYPES.block:
      return { kind: 'block', block: readBlock(reader) }
    case TALK_TYPES['want-pack']:
      return { kind: 'want-pack' }
    case TALK_TYPES['seal-pack']:
      return { kind: 'seal-pack', packId: reader.take(PACK_ID_BYTES, 'pack') }
    case TALK_TYPES['want-filter']:
      return { kind: 'want-filter' }
    case TALK_TYPES.recipe:
      return { kind: 'recipe', entries: decodeRecipeEntries(payload, 'wire-malformed') }
    default:
      return { kind: 'finish', facts: { nativeBytes: reader.u64('bytes'), nativeCrc: reader.u32('checksum'), members: reader.u64('members'), readBytes: reader.u64('bytes read'), unchangedBytes: reader.u64('unchanged bytes') } }
  }
}

function readBlock(reader: VaultReader): SealedBlock {
  const packId = reader.take(PACK_ID_BYTES, 'pack')
  const number = reader.u32('block number')
  const kind = SEALED_KINDS[reader.u8('kind')]
  const compression = COMPRESSIONS[reader.u8('compression')]
  reader.u16('reserved')
  const plainBytes = reader.u32('bytes')
  const segments = reader.u32('segments')
  if (kind === undefined || kind === 'trailer' || compression === undefined || number === TRAILER_NUMBER) throw reader.fault(`block ${number} is of an unknown kind`)
  if (segments === 0 || segments > BLOCK_SEGMENTS_MAX) throw reader.fault(`block ${number} has ${segments} segments`)
  const ids = reader.take(segments * ID_BYTES, 'ids')
  const lengths = reader.u32List(segments, 'lengths')
  const sealed = reader.take(reader.remaining, 'block')
  if (!sumsTo(lengths, plainBytes) || !isBlockSize(plainBytes, sealed.length, compression)) throw reader.fault(`block ${number} does not have the sizes that it says`)
  return { packId, number, kind, compression, plainBytes, ids, lengths, sealed }
}

function readServerFrame(type: number, payload: Uint8Array): ServerFrame {
  const reader = new VaultReader(payload, 'wire-malformed')
  switch (type) {
    case TALK_TYPES.welcome: {
      const version = reader.u16('version')
      const welcome = { vaultId: reader.take(VAULT_ID_BYTES, 'vault'), idKey: reader.take(KEY_BYTES, 'key'), seed: reader.take(KEY_BYTES, 'seed'), compressLevel: reader.u8('level'), base: readBase(reader) }
      if (welcome.compressLevel < 1 || welcome.compressLevel > 19) throw reader.fault(`a level of compression of ${welcome.compressLevel}`)
      return { kind: 'welcome', version, welcome }
    }
    case TALK_TYPES.answer:
      if (payload.length === 0 || payload.length > QUERY_IDS_MAX / 8) throw reader.fault(`an answer of ${payload.length} bytes`)
      return { kind: 'answer', known: reader.take(payload.length, 'answer') }
    case TALK_TYPES.pack:
      return { kind: 'pack', packId: reader.take(PACK_ID_BYTES, 'pack'), key: reader.take(KEY_BYTES, 'key') }
    case TALK_TYPES.filter:
      return { kind: 'filter', filter: payload.length === 0 ? undefined : reader.take(payload.length, 'filter') }
    case TALK_TYPES.taken:
      return { kind: 'taken', bytes: reader.u64('bytes') }
    case TALK_TYPES.done:
      return { kind: 'done', manifest: shortText(reader, NAME_BYTES_MAX) }
    case TALK_TYPES.refused:
      return { kind: 'refused', code: shortText(reader, REFUSAL_BYTES_MAX), text: shortText(reader, REFUSAL_BYTES_MAX) }
    default:
      return { kind: 'sealed', packId: reader.take(PACK_ID_BYTES, 'pack') }
  }
}

function readBase(reader: VaultReader): VaultBase | undefined {
  const flag = reader.u8('base')
  if (flag > 1) throw reader.fault(`a flag is ${flag}`)
  return flag === 0 ? undefined : { manifest: shortText(reader, NAME_BYTES_MAX), run: shortText(reader, NAME_BYTES_MAX) }
}

function shortText(reader: VaultReader, bytesMax: number): string {
  const text = reader.text16('text')
  if (Buffer.byteLength(text) > bytesMax) throw reader.fault('a text is too long')
  return text
}
