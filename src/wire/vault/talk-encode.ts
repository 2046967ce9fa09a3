// Talk frames to bytes (talk.ts). A BLOCK is given as two pieces, its head and the sealed bytes as they lie, so that they are not copied here.

import { assert, unreachable } from '../../kernel/assert.ts'
import { COMPRESSIONS, SEALED_KINDS } from './block-seal.ts'
import { encodeRecipeEntries } from './recipe-entries.ts'
import { BLOCK_FIELDS_BYTES, REFUSAL_BYTES_MAX, TALK_HEAD_BYTES, TALK_TYPES, type AgentFrame, type ServerFrame } from './talk.ts'
import type { SealedBlock } from './uplink.ts'
import { VaultWriter } from './vault-bytes.ts'

/** A whole frame in one piece. For BLOCK see `encodeBlockFrame`. */
export function encodeTalkFrame(frame: Exclude<AgentFrame, { kind: 'block' }> | ServerFrame): Uint8Array {
  const writer = new VaultWriter(128).u8(TALK_TYPES[frame.kind]).u32(0)
  writePayload(writer, frame)
  const bytes = writer.bytes()
  bytes.writeUInt32LE(bytes.length - TALK_HEAD_BYTES, 1)
  return bytes
}

/** What to write in front of `block.sealed`; both together are a frame. */
export function encodeBlockFrame(block: SealedBlock): Uint8Array {
  const segments = block.lengths.length
  assert(block.ids.length === segments * 32, 'each segment has an id and a length')
  const head = BLOCK_FIELDS_BYTES + segments * 36
  const writer = new VaultWriter(TALK_HEAD_BYTES + head).u8(TALK_TYPES.block).u32(head + block.sealed.length)
  writer.put(block.packId).u32(block.number).u8(SEALED_KINDS.indexOf(block.kind)).u8(COMPRESSIONS.indexOf(block.compression)).u16(0)
  return writer.u32(block.plainBytes).u32(segments).put(block.ids).u32List(block.lengths).bytes()
}

function writePayload(writer: VaultWriter, frame: Exclude<AgentFrame, { kind: 'block' }> | ServerFrame): void {
  switch (frame.kind) {
    case 'hello':
      return void writer.u16(frame.version).u16(0)
    case 'query':
      return void writer.put(frame.ids)
    case 'want-pack':
    case 'want-filter':
      return
    case 'seal-pack':
    case 'sealed':
      return void writer.put(frame.packId)
    case 'recipe':
      return void writer.put(encodeRecipeEntries(frame.entries))
    case 'finish':
      return void writer.u64(frame.facts.nativeBytes).u32(frame.facts.nativeCrc).u64(frame.facts.members).u64(frame.facts.readBytes).u64(frame.facts.unchangedBytes)
    case 'welcome': {
      const { vaultId, idKey, seed, compressLevel, base } = frame.welcome
      writer.u16(frame.version).put(vaultId).put(idKey).put(seed).u8(compressLevel).u8(base === undefined ? 0 : 1)
      if (base !== undefined) writer.text16(base.manifest).text16(base.run)
      return
    }
    case 'answer':
      return void writer.put(frame.known)
    case 'pack':
      return void writer.put(frame.packId).put(frame.key)
    case 'filter':
      return void writer.put(frame.filter ?? new Uint8Array(0))
    case 'taken':
      return void writer.u64(frame.bytes)
    case 'done':
      return void writer.text16(frame.manifest)
    case 'refused':
      return void writer.text16(cut(frame.code)).text16(cut(frame.text))
    default:
      unreachable(frame)
  }
}

function cut(text: string): string {
  let short = text
  while (Buffer.byteLength(short) > REFUSAL_BYTES_MAX) short = short.slice(0, Math.floor(short.length * 0.9))
  return short.toWellFormed()
}
