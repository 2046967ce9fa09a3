// The bytes of a dump from one place to another, put together from its recipe. One task plans ahead: it reads the recipe, looks the segments of each piece of it up at
// once and has their blocks opened (block-window.ts). `read` takes what is ready: small things are copied together, large ones are given as they lie in their block.

import { Fault, faultOf } from '../../kernel/fault.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { RecipeStep } from './contract.ts'
import { BlockWindow, type NeededBlock } from './block-window.ts'
import { blockKey, WantedList, type OpenBlocks } from './open-blocks.ts'
import { locateAll, recipePieces, stepBytes, type RecipePiece, type RecipeSource } from './recipe-walk.ts'
import type { SegmentPlace } from './segment-places.ts'

/** Bytes of the dump that are planned ahead, at least two pieces of the recipe and at most so many. */
const PLANNED_BYTES_MAX = 48 * 1024 * 1024
const PLANNED_PIECES_MAX = 48
/** What small things are copied into. */
const PIECE_BYTES = 256 * 1024
/** A segment from this size on is given without copying. */
const WHOLE_BYTES_MIN = 64 * 1024
const ZEROS = Buffer.alloc(PIECE_BYTES)

type Planned =
  /** Bytes as they are, or zeros. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; count: number }
  /** `[from, to)` of a segment. */
  | { readonly kind: 'segment'; readonly id: Uint8Array; readonly place: SegmentPlace; readonly block: NeededBlock; readonly from: number; readonly to: number }

interface PlannedPiece {
  readonly steps: readonly Planned[]
  readonly bytes: number
}

export class DumpRead implements ByteSource {
  readonly #source: RecipeSource
  readonly #blocks: OpenBlocks
  readonly #window: BlockWindow
  readonly #offset: number
  readonly #end: number
  readonly #onEnd: () => void
  #pieces: PlannedPiece[] = []
  #plannedBytes = 0
  #knownPieces = 0
  #stepCount = 0
  #isPlanned = false
  /** Told when the steps before it are given. */
  #failure: Fault | undefined
  #ended: Fault | undefined
  #isBegun = false
  #wakePlanner: (() => void) | undefined
  #wakeReader: (() => void) | undefined
  /** Of the first piece: the step that is next. */
  #step = 0
  /** Of a `bytes` or `segment` step: bytes that were given. */
  #given = 0
  #buffer: Buffer | undefined
  /** The block of which a segment is lent until the next read. */
  #lent: NeededBlock | undefined

  /** `onEnd` is called once, at its end or when it is cancelled. */
  constructor(source: RecipeSource, offset: number, end: number, onEnd: () => void) {
    this.#source = source
    this.#onEnd = onEnd
    this.#blocks = source.blocks
    this.#window = new BlockWindow(source.blocks)
    this.#offset = offset
    this.#end = end
  }

  async read(): Promise<Uint8Array | null> {
    if (!this.#isBegun) void this.#plan()
    this.#isBegun = true
    this.#takeBack()
    let filled = 0
    for (;;) {
      if (this.#ended !== undefined) throw this.#ended
      const step = this.#current()
      if (step === undefined) {
        if (filled > 0) break
        if (this.#failure !== undefined) throw this.#failure
        if (this.#isPlanned) {
          this.#onEnd()
          return null
        }
        await new Promise<void>((resolve) => (this.#wakeReader = resolve))
        continue
      }
      const whole = step.kind === 'segment' && step.to - step.from >= WHOLE_BYTES_MIN
      if (whole && filled > 0) break
      // What is ready is given rather than kept back for what is not.
      if (step.kind === 'segment' && step.block.open === undefined && filled > 0) break
      const bytes = step.kind === 'segment' ? await this.#segment(step) : step.kind === 'zeros' ? ZEROS.subarray(0, step.count) : step.bytes
      if (whole) {
        this.#lent = step.block
        this.#nextStep()
        return bytes
      }
      this.#buffer ??= Buffer.allocUnsafeSlow(PIECE_BYTES)
      const taken = Math.min(bytes.length - (step.kind === 'zeros' ? 0 : this.#given), PIECE_BYTES - filled)
      if (step.kind === 'zeros') {
        this.#buffer.fill(0, filled, filled + taken)
        step.count -= taken
      } else {
        this.#buffer.set(this.#given === 0 && taken === bytes.length ? bytes : bytes.subarray(this.#given, this.#given + taken), filled)
        this.#given += taken
      }
      filled += taken
      if (step.kind === 'zeros' ? step.count === 0 : this.#given === bytes.length) this.#endStep(step)
      if (filled === PIECE_BYTES) break
    }
    return this.#buffer?.subarray(0, filled) ?? null
  }

  cancel(reason: Fault): void {
    this.#ended ??= reason
    this.#onEnd()
    this.#wakePlanner?.()
    this.#wakeReader?.()
  }

  #current(): Planned | undefined {
    return this.#pieces[0]?.steps[this.#step]
  }

  #takeBack(): void {
    if (this.#lent === undefined) return
    this.#window.endUse(this.#lent)
    this.#lent = undefined
    this.#openAhead()
  }

  #endStep(step: Planned): void {
    if (step.kind === 'segment') {
      this.#window.endUse(step.block)
      this.#openAhead()
    }
    this.#nextStep()
  }

  #nextStep(): void {
    this.#given = 0
    this.#step++
    const [piece] = this.#pieces
    if (piece === undefined || this.#step < piece.steps.length) return
    this.#pieces.shift()
    this.#plannedBytes -= piece.bytes
    this.#step = 0
    this.#wakePlanner?.()
  }

  #openAhead(): void {
    this.#window.openAhead(this.#isPlanned ? Number.POSITIVE_INFINITY : this.#knownPieces)
  }

  async #segment({ id, place, block, from, to }: Planned & { readonly kind: 'segment' }): Promise<Uint8Array> {
    try {
      const bytes = this.#blocks.segment(block.open ?? (await this.#window.get(block)), id, place)
      return (bytes instanceof Uint8Array ? bytes : await bytes).subarray(from, to)
    } catch (error) {
      // Garbage collection beside this process may have moved the segment: it is looked up once more.
      return (await this.#segmentAgain(id, place, error)).subarray(from, to)
    }
  }

  async #segmentAgain(id: Uint8Array, before: SegmentPlace, error: unknown): Promise<Uint8Array> {
    const [found] = await locateAll(this.#source.places, [id])
    if (found === undefined || blockKey(found.place) === blockKey(before)) throw error
    const list = new WantedList()
    list.add(id, found.place)
    const open = this.#blocks.take(blockKey(found.place)) ?? (await this.#blocks.open(found.place, list))
    // It is not given back: what is taken of it may be lent.
    return await this.#blocks.segment(open, id, found.place)
  }

  async #plan(): Promise<void> {
    try {
      const { starts, entries } = this.#source
      const first = entryAt(starts, this.#offset)
      let end = first
      while (end < entries.length && (starts[end] ?? 0) < this.#end) end++
      for await (const piece of recipePieces(this.#source, first, end)) {
        const planned = await this.#planPiece(piece)
        if (planned.steps.length > 0) {
          this.#pieces.push(planned)
          this.#plannedBytes += planned.bytes
        }
        this.#knownPieces++
        this.#openAhead()
        this.#wakeReader?.()
        while (this.#ended === undefined && this.#pieces.length >= 2 && (this.#plannedBytes >= PLANNED_BYTES_MAX || this.#pieces.length >= PLANNED_PIECES_MAX)) await new Promise<void>((resolve) => (this.#wakePlanner = resolve))
        if (this.#ended !== undefined) return
      }
    } catch (error) {
      this.#failure = faultOf(error)
    }
    this.#isPlanned = true
    this.#openAhead()
    this.#wakeReader?.()
  }

  /** The steps of a piece that lie in the range, with the places of their segments. */
  async #planPiece({ steps, offset, nativeBytes }: RecipePiece): Promise<PlannedPiece> {
    let inRange = steps
    let position = offset
    if (offset < this.#offset || offset + nativeBytes > this.#end) {
      inRange = steps.filter((step) => {
        const start = position
        position += stepBytes(step)
        return start < this.#end && position > this.#offset
      })
      position = offset + skippedBytes(steps, inRange[0])
    }
    const wanted: Uint8Array[] = []
    for (const step of inRange) if (step.kind === 'segment') wanted.push(step.id)
    const found = wanted.length === 0 ? [] : await locateAll(this.#source.places, wanted)
    const planned: Planned[] = []
    let bytes = 0
    let segments = 0
    for (const step of inRange) {
      const length = stepBytes(step)
      const from = Math.max(0, this.#offset - position)
      const to = Math.min(length, this.#end - position)
      position += length
      if (from >= to) continue
      bytes += to - from
      if (step.kind === 'literal') planned.push({ kind: 'bytes', bytes: step.bytes.subarray(from, to) })
      else if (step.kind === 'zeros') planned.push({ kind: 'zeros', count: to - from })
      else if (step.kind === 'segment') planned.push(this.#planSegment(step, found[segments++]?.place, from, to))
    }
    return { steps: planned, bytes }
  }

  #planSegment({ id, length }: RecipeStep & { readonly kind: 'segment' }, place: SegmentPlace | undefined, from: number, to: number): Planned {
    if (place?.length !== length) throw new Fault('vault-damaged', `the segment ${Buffer.from(id).toString('hex')} has ${place?.length ?? 0} bytes in the vault and ${length} in a recipe`)
    return { kind: 'segment', id, place, block: this.#window.need(id, place, this.#knownPieces, this.#stepCount++), from, to }
  }
}

function skippedBytes(steps: readonly RecipeStep[], first: RecipeStep | undefined): number {
  let bytes = 0
  for (const step of steps) {
    if (step === first) break
    bytes += stepBytes(step)
  }
  return bytes
}

/** The last entry that begins at or before `offset`. */
function entryAt(starts: Float64Array, offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
