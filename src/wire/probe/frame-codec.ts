// Frames of the probe protocol to bytes and back, by their table (frame.ts). Bytes behind the fields that this version knows belong to a newer
// one and are passed over, but for `bytes`, which is the rest. What is wrong with bytes is `wire-malformed`. Bounded: one unfinished frame.

import { assert } from '../../kernel/assert.ts'
import { ByteReader, ByteWriter } from '../../kernel/bytes.ts'
import { Fault } from '../../kernel/fault.ts'
import { PROBE_BODY_BYTES_MAX, PROBE_HEADER_BYTES, PROBE_LAYOUTS, PROBE_MAGIC, PROBE_OPTIONAL_TYPE_MIN, type ProbeFrame, type ProbeFrameKind } from './frame.ts'

const ID_BYTES = 16

type Field = 'u8' | 'u16' | 'u32' | 'u64' | 'text' | 'id' | 'bytes' | readonly string[]
type Value = number | string | Uint8Array

interface Layout {
  readonly kind: ProbeFrameKind
  readonly type: number
  readonly fields: readonly (readonly [string, Field])[]
}

const LAYOUT_LIST: readonly Layout[] = Object.entries(PROBE_LAYOUTS).map(([kind, { type, fields }]) => ({ kind: kind as ProbeFrameKind, type, fields: Object.entries(fields) as [string, Field][] }))
const BY_KIND = new Map(LAYOUT_LIST.map((layout) => [layout.kind, layout]))
const BY_TYPE = new Map(LAYOUT_LIST.map((layout) => [layout.type, layout]))

function writeField(writer: ByteWriter, field: Field, value: Value): void {
  if (typeof field === 'object') return void writer.u8(field.indexOf(value as string))
  switch (field) {
    case 'u8':
      return void writer.u8(value as number)
    case 'u16':
      return void writer.u16(value as number)
    case 'u32':
      return void writer.u32(value as number)
    case 'u64':
      return void writer.u64(value as number)
    case 'text':
      return void writer.text16(value as string)
    case 'id':
    case 'bytes':
      return void writer.put(value as Uint8Array)
  }
}

/** One whole frame. Texts are bounded by the callers; numbers must fit their fields. */
export function encodeProbeFrame(frame: ProbeFrame): Buffer {
  const layout = BY_KIND.get(frame.kind)
  assert(layout !== undefined, 'every frame has a layout')
  const writer = new ByteWriter(64).u32(0)
  const values = frame as unknown as Readonly<Record<string, Value>>
  for (const [name, field] of layout.fields) writeField(writer, field, values[name] ?? 0)
  const out = writer.finish()
  const length = out.length - PROBE_HEADER_BYTES
  assert(length <= PROBE_BODY_BYTES_MAX, `a probe frame ${frame.kind} is larger than the limit`)
  out.writeUInt32BE(layout.type * 0x100_0000 + length, 0)
  return out
}

function readField(reader: ByteReader, field: Field, name: string): Value {
  if (typeof field === 'object') {
    const number = reader.u8(name)
    const word = field[number]
    if (word === undefined) throw new Fault('wire-malformed', `${name} is ${number}, which is not known`)
    return word
  }
  switch (field) {
    case 'u8':
      return reader.u8(name)
    case 'u16':
      return reader.u16(name)
    case 'u32':
      return reader.u32(name)
    case 'u64':
      return reader.u64(name)
    case 'text':
      return reader.text16(name)
    case 'id':
      return new Uint8Array(reader.take(ID_BYTES, name))
    case 'bytes':
      return reader.take(reader.remaining, name)
  }
}

function decodeBody(layout: Layout, body: Uint8Array): ProbeFrame {
  const reader = new ByteReader(body)
  const frame: Record<string, Value> = { kind: layout.kind }
  for (const [name, field] of layout.fields) frame[name] = readField(reader, field, name)
  if (frame['magic'] !== undefined && frame['magic'] !== PROBE_MAGIC) throw new Fault('wire-malformed', 'the peer does not speak the probe protocol')
  return frame as unknown as ProbeFrame
}

export class ProbeFrameDecoder {
  readonly #head = Buffer.alloc(PROBE_HEADER_BYTES)
  #headBytes = 0
  #body: Buffer | undefined
  #bodyBytes = 0

  /** The frames that `chunk` completes. Throws `wire-malformed`; after that the decoder must not be used. */
  push(chunk: Uint8Array): ProbeFrame[] {
    const frames: ProbeFrame[] = []
    let at = 0
    for (;;) {
      while (this.#headBytes < PROBE_HEADER_BYTES && at < chunk.length) this.#head[this.#headBytes++] = chunk[at++] ?? 0
      if (this.#headBytes < PROBE_HEADER_BYTES) return frames
      this.#body ??= this.#newBody()
      const count = Math.min(this.#body.length - this.#bodyBytes, chunk.length - at)
      this.#body.set(chunk.subarray(at, at + count), this.#bodyBytes)
      this.#bodyBytes += count
      at += count
      if (this.#bodyBytes < this.#body.length) return frames
      const frame = this.#finish(this.#body)
      if (frame !== undefined) frames.push(frame)
    }
  }

  #newBody(): Buffer {
    const length = this.#head.readUIntBE(1, 3)
    if (length > PROBE_BODY_BYTES_MAX) throw new Fault('wire-malformed', `a probe frame of ${length} bytes is larger than the limit`)
    return Buffer.allocUnsafe(length)
  }

  #finish(body: Buffer): ProbeFrame | undefined {
    const type = this.#head.readUInt8(0)
    this.#headBytes = 0
    this.#body = undefined
    this.#bodyBytes = 0
    const layout = BY_TYPE.get(type)
    if (layout !== undefined) return decodeBody(layout, body)
    if (type >= PROBE_OPTIONAL_TYPE_MIN) return undefined
    throw new Fault('wire-malformed', `a probe frame of the unknown type ${type}`)
  }
}
