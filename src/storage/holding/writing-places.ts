// Where the bytes of one dump go, piece after piece: into the pieces of an allotment, or, without one, always to the holding disk with most
// room. Counts what the dump took of each disk, so that its room can be settled when it has ended.

import { Fault } from '../../kernel/fault.ts'
import { DUMP_HEADER_BYTES } from '../../wire/amanda/dump-header.ts'
import type { HoldingAllotment, HoldingPiece } from './contract.ts'
import type { HoldingRoom } from './holding-room.ts'

/** A chunk must have room for its header and this much data, or it is not begun. */
export const CHUNK_BYTES_MIN = DUMP_HEADER_BYTES + 32 * 1024

/** The disk with most room of those where a chunk can be begun. */
export async function roomiest(rooms: readonly HoldingRoom[]): Promise<HoldingRoom | undefined> {
  let best: { room: HoldingRoom; bytes: number } | undefined
  for (const room of rooms) {
    const bytes = await room.roomBytes()
    if (bytes >= CHUNK_BYTES_MIN && bytes > (best?.bytes ?? 0)) best = { room, bytes }
  }
  return best?.room
}

export class WritingPlaces {
  readonly #rooms: readonly HoldingRoom[]
  readonly #allotment: HoldingAllotment | undefined
  readonly #taken = new Map<HoldingRoom, number>()
  #pieces: HoldingPiece[]
  #room: HoldingRoom
  /** Of the piece that is being filled. */
  #pieceBytes: number

  private constructor(rooms: readonly HoldingRoom[], first: HoldingRoom, pieceBytes: number, allotment: HoldingAllotment | undefined) {
    this.#rooms = rooms
    this.#room = first
    this.#pieceBytes = pieceBytes
    this.#allotment = allotment
    this.#pieces = allotment?.pieces.slice(1) ?? []
  }

  /** Rejects with `holding-full` when there is no room to begin with. */
  static async begin(rooms: readonly HoldingRoom[], allotment: HoldingAllotment | undefined): Promise<WritingPlaces> {
    const piece = allotment?.pieces[0]
    const first = piece === undefined ? await roomiest(rooms) : rooms[piece.disk]
    if (first === undefined) throw new Fault('holding-full', rooms.length === 0 ? 'no holding disk is configured' : `no holding disk has room (${rooms.map(({ limits }) => limits.directory).join(', ')})`)
    return new WritingPlaces(rooms, first, piece?.bytes ?? Number.POSITIVE_INFINITY, allotment)
  }

  /** The holding disk that is being filled. */
  get room(): HoldingRoom {
    return this.#room
  }

  /** What may still be written there. */
  async leftBytes(): Promise<number> {
    return Math.min(this.#pieceBytes, await this.#room.roomBytes())
  }

  take(bytes: number): void {
    this.#pieceBytes -= bytes
    this.#room.take(bytes)
    this.#taken.set(this.#room, (this.#taken.get(this.#room) ?? 0) + bytes)
  }

  /** Goes on to the next piece; rejects with `holding-full`, or with why there will be none. What is left of this one is given up, but on the same disk. */
  async next(): Promise<void> {
    if (this.#allotment === undefined) {
      const room = await roomiest(this.#rooms)
      if (room === undefined) throw new Fault('holding-full', 'no holding disk has room left')
      this.#room = room
      return
    }
    if (this.#pieces.length === 0) this.#pieces = [...(await this.#allotment.more())]
    const piece = this.#pieces.shift()
    const room = piece === undefined ? undefined : this.#rooms[piece.disk]
    if (piece === undefined || room === undefined) throw new Fault('holding-full', 'no holding disk has room left')
    this.#pieceBytes = piece.bytes + (room === this.#room ? this.#pieceBytes : 0)
    this.#room = room
  }

  /** The dump has ended, well or not. */
  close(): void {
    for (const room of this.#rooms) room.settle(this.#taken.get(room) ?? 0)
    this.#taken.clear()
  }
}
