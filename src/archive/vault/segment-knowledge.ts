// What a thread knows of which segments the vault has: those of this dump, a filter of all that the vault has, and what the vault answers when it is asked. Questions
// go in batches through the main thread while this one works on.

import { assert } from '../../kernel/assert.ts'
import type { SharedIds } from './shared-ids.ts'

export interface KnowledgeParts {
  readonly ids: SharedIds
  /** Whether the vault may have a segment; undefined: any. */
  readonly mayHave: ((id: Uint8Array) => boolean) | undefined
  /** Sends a question; `id` words are copied. */
  send(query: number, ids: Uint8Array): void
  /** Waits until some answer is there, and hands all that are to `take`. */
  wait(): void
}

export class SegmentKnowledge {
  readonly #parts: KnowledgeParts
  readonly #words = new Int32Array(8)
  readonly #bytes = new Uint8Array(this.#words.buffer)
  readonly #answers = new Map<number, Uint8Array>()
  #query = 0

  constructor(parts: KnowledgeParts) {
    this.#parts = parts
  }

  /** `no`: the caller stores it; nobody else does. `ask`: the caller does, unless the vault has it. */
  isKnown(id: Uint8Array): 'yes' | 'no' | 'ask' {
    if (this.note(id)) return 'yes'
    return this.#parts.mayHave?.(id) === false ? 'no' : 'ask'
  }

  /** The vault has it, or will have. Whether that was known. */
  note(id: Uint8Array): boolean {
    this.#bytes.set(id)
    return this.#parts.ids.add(this.#words)
  }

  /** Returns the number of the question. */
  ask(ids: Uint8Array): number {
    const query = this.#query++
    this.#parts.send(query, ids)
    return query
  }

  addAnswer(query: number, bits: Uint8Array): void {
    this.#answers.set(query, bits)
  }

  /** A bit for each id of the question, once: whether the vault has it. */
  answer(query: number): Uint8Array {
    for (;;) {
      const bits = this.#answers.get(query)
      if (bits !== undefined) {
        this.#answers.delete(query)
        return bits
      }
      assert(query < this.#query, 'a question that was not asked')
      this.#parts.wait()
    }
  }
}
