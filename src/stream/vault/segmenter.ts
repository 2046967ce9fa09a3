// Cuts content into segments where the content itself says so: what is inserted or deleted changes the segments around it and no others. Content lies in the memory of the
// segmenter, into which files are read directly. How it cuts: segmenter.as. Synchronous; one serves one thread.

import { assert } from '../../kernel/assert.ts'
import { KEY_BYTES, SEGMENT_BYTES_MAX, SMALL_FILE_BYTES } from '../../wire/vault/limits.ts'
import { scalarCut } from './segmenter-scalar.ts'
import { segmenterSecret } from './segmenter-secret.ts'
import { SEGMENTER_WASM } from './segmenter-wasm.ts'

export interface SegmentSizes {
  readonly bytesMin: number
  /** From here on cuts are 16 times as likely. */
  readonly bytesNormal: number
  readonly bytesMax: number
}

const KIB = 1024
export const SEGMENT_SIZES: SegmentSizes = { bytesMin: 64 * KIB, bytesNormal: 256 * KIB, bytesMax: 1024 * KIB }
/** For content of more than LARGE_CONTENT_BYTES. */
export const LARGE_SEGMENT_SIZES: SegmentSizes = { bytesMin: 256 * KIB, bytesNormal: 1024 * KIB, bytesMax: SEGMENT_BYTES_MAX }
export const LARGE_CONTENT_BYTES = 1024 * KIB * KIB

/** How content of so many bytes is cut; undefined: not at all, it is one segment. */
export function segmentSizesFor(contentBytes: number): SegmentSizes | undefined {
  if (contentBytes < SMALL_FILE_BYTES) return undefined
  return contentBytes > LARGE_CONTENT_BYTES ? LARGE_SEGMENT_SIZES : SEGMENT_SIZES
}

/** One of so many positions is judged. */
const JUDGED_PARTS = 1024
const HASHES = 2 ** 32
const LIMIT = HASHES / JUDGED_PARTS

/** Of a judgement, so that one position in `parts` passes both hashes. */
function limitFor(parts: number): number {
  return Math.min(HASHES - 1, Math.floor((HASHES * JUDGED_PARTS) / parts))
}

export interface Segmenter {
  /** Where content lies. */
  readonly slot: Uint8Array<ArrayBuffer>
  /** Bytes of the segment that begins at `start` of the slot, where content lies up to `end`. 0: it goes on behind `end`; never when `isLast`, when the content ends there. */
  next(sizes: SegmentSizes, start: number, end: number, isLast: boolean): number
}

type Cut = (from: number, end: number, normal: number, early: number, late: number) => number

function nextSegment(cut: Cut, sizes: SegmentSizes, start: number, end: number, isLast: boolean): number {
  const from = start + sizes.bytesMin
  const limit = Math.min(end, start + sizes.bytesMax)
  if (from < limit) {
    const at = cut(from, limit, start + sizes.bytesNormal, limitFor(4 * sizes.bytesNormal), limitFor(sizes.bytesNormal / 4))
    if (at > 0) return at - start
  }
  if (end - start >= sizes.bytesMax) return sizes.bytesMax
  return isLast ? end - start : 0
}

const PAGE_BYTES = 64 * KIB
/** In the first page, in front of the slot. */
const SECRET_ADDRESS = 1024
const SLOT_ADDRESS = PAGE_BYTES

interface WasmExports {
  cut(from: number, end: number, normal: number, secret: number, factor: number, limit: number, early: number, late: number): number
}

/** What is used of WebAssembly, of which Node's types say nothing. */
interface WasmEngine {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: WasmExports }
  readonly CompileError: new () => Error
}

const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmEngine }
let compiled: object | undefined

function vectorSegmenter(seed: Uint8Array, slotBytes: number): Segmenter {
  const { factor, window } = segmenterSecret(seed)
  const pages = 1 + Math.ceil(slotBytes / PAGE_BYTES)
  const memory = new wasm.Memory({ initial: pages, maximum: pages })
  compiled ??= new wasm.Module(Buffer.from(SEGMENTER_WASM, 'base64'))
  const { exports } = new wasm.Instance(compiled, { env: { memory, abort: () => {} } })
  new Int32Array(memory.buffer, SECRET_ADDRESS, window.length).set(window)
  const inSlot: Cut = (from, end, normal, early, late) => {
    const at = exports.cut(SLOT_ADDRESS + from, SLOT_ADDRESS + end, SLOT_ADDRESS + normal, SECRET_ADDRESS, factor, LIMIT, early, late)
    return at === 0 ? 0 : at - SLOT_ADDRESS
  }
  return {
    slot: new Uint8Array(memory.buffer, SLOT_ADDRESS, slotBytes),
    next: (sizes, start, end, isLast) => nextSegment(inSlot, sizes, start, end, isLast),
  }
}

function scalarSegmenter(seed: Uint8Array, slotBytes: number): Segmenter {
  const secret = segmenterSecret(seed)
  const slot = new Uint8Array(slotBytes)
  const inSlot: Cut = (from, end, normal, early, late) => scalarCut(slot, from, end, normal, secret, LIMIT, early, late)
  return { slot, next: (sizes, start, end, isLast) => nextSegment(inSlot, sizes, start, end, isLast) }
}

/** `scalar`: without WebAssembly, although it is there. */
export function openSegmenter(seed: Uint8Array, slotBytes: number, kind: 'fastest' | 'scalar' = 'fastest'): Segmenter {
  assert(seed.length === KEY_BYTES && slotBytes > 0, 'a segmenter has a seed of 32 bytes, and room')
  if (kind === 'scalar') return scalarSegmenter(seed, slotBytes)
  try {
    return vectorSegmenter(seed, slotBytes)
  } catch (error) {
    // A processor without vectors.
    if (error instanceof wasm.CompileError) return scalarSegmenter(seed, slotBytes)
    throw error
  }
}
