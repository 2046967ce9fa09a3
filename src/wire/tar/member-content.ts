// The contents of members, for whoever extracts them: pieces of data with their place in the file, holes left out, and the lists of dump directories however
// they are carried. Pieces are lent for the time of the call.

import { Fault } from '../../kernel/fault.ts'
import type { TarMember } from './member-reader.ts'
import { checkSparseNumbers, SparseLines, type SparseNumbers } from './sparse-map.ts'

export interface MemberContent {
  /** The next bytes of the member told last, which belong at `position`; positions rise. */
  data(piece: Buffer, position: number): void
  /** The member is whole: what was given no data is a hole, up to its size. */
  end(): void
}

/** Sends the data of one member after another to where it belongs. */
export class ContentFeed {
  readonly #content: MemberContent
  #member: TarMember | undefined
  #lines: SparseLines | undefined
  #numbers: SparseNumbers | undefined
  #index = 0
  /** Bytes of the run (or of a file without holes) that were given. */
  #given = 0

  constructor(content: MemberContent) {
    this.#content = content
  }

  begin(member: TarMember, sparse: SparseNumbers | 'in-data' | undefined): void {
    this.#member = member
    this.#given = 0
    this.#index = 0
    this.#lines = sparse === 'in-data' ? new SparseLines() : undefined
    this.#numbers = undefined
    if (sparse !== undefined && sparse !== 'in-data') {
      checkSparseNumbers(sparse, member.size, member.dataBytes)
      this.#numbers = sparse
    }
  }

  take(data: Buffer): void {
    let piece = data
    if (this.#lines !== undefined) {
      piece = piece.subarray(this.#lines.take(piece))
      if (!this.#lines.isDone) return
      this.#numbers = this.#lines.numbers
      checkSparseNumbers(this.#numbers, this.#member?.size ?? 0, (this.#member?.dataBytes ?? 0) - this.#lines.bytes)
      this.#lines = undefined
    }
    if (piece.length === 0) return
    if (this.#numbers === undefined) {
      this.#content.data(piece, this.#given)
      this.#given += piece.length
    } else this.#scatter(piece, this.#numbers)
  }

  end(): void {
    if (this.#lines !== undefined) throw new Fault('wire-malformed', 'tar: a sparse map that is cut off')
    this.#member = undefined
    this.#numbers = undefined
    this.#content.end()
  }

  #scatter(piece: Buffer, numbers: SparseNumbers): void {
    for (let position = 0; position < piece.length; ) {
      const [offset = 0, length = 0] = [numbers[this.#index], numbers[this.#index + 1]]
      const count = Math.min(length - this.#given, piece.length - position)
      if (count > 0) this.#content.data(piece.subarray(position, position + count), offset + this.#given)
      position += count
      this.#given += count
      if (this.#given >= length) {
        this.#index += 2
        this.#given = 0
        // The map was checked to take all the data.
        if (this.#index > numbers.length) return
      }
    }
  }
}
