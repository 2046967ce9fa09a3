// The inputs of a target, numbered: number N of a seed is always the same bytes, so a failure is replayed by its number alone.

import { seededRandom } from '../../src/kernel/random.ts'
import { mutate, pick, type MutationMaterial } from './mutate.ts'
import { INPUT_BYTES_MAX, type FuzzTarget } from './target.ts'

export class FuzzInputs {
  readonly #target: FuzzTarget
  readonly #seed: number
  readonly #material: MutationMaterial

  constructor(target: FuzzTarget, seed: number) {
    this.#target = target
    this.#seed = seed
    this.#material = { corpus: target.corpus(), words: target.words.map((word) => Buffer.from(word, 'utf8')), bytesMax: target.inputBytesMax ?? INPUT_BYTES_MAX }
  }

  /** The first numbers are the corpus itself. */
  at(number: number): Buffer {
    const { corpus, bytesMax } = this.#material
    const given = corpus[number]
    if (given !== undefined) return Buffer.from(given)
    // Seeds of neighbouring numbers must not be neighbours.
    const random = seededRandom(Math.imul(this.#seed ^ Math.imul(number, 0x9e37_79b1), 0x85eb_ca6b))
    const change = (bytes: Buffer): Buffer => mutate(bytes, random, this.#material)
    if (this.#target.generate !== undefined && random.int(2) === 0) return this.#target.generate(random, change).subarray(0, bytesMax)
    return change(pick(corpus, random))
  }
}
