// The segments that this dump has named so far, in memory that all its threads share, so that none is stored twice. Of fixed size: of more than fit, some are
// forgotten and are stored again, which costs room and nothing else. Threads write without locks: an entry that two write at once equals no id.

const ENTRY_WORDS = 4
/** Entries that may hold an id. */
const WAYS = 4
const BUCKET_WORDS = ENTRY_WORDS * WAYS

/** 8 MiB: half a million segments. */
export const SHARED_IDS_BYTES = 8 * 1024 * 1024

export class SharedIds {
  readonly #words: Int32Array
  readonly #mask: number

  /** `memory`: zeros at first, a power of two long. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
    this.#mask = this.#words.length / BUCKET_WORDS - 1
  }

  /** Whether the id, whose words are given, was named before; from now on it was. An id is a keyed hash, so half of its words tell it from others, and a server compares all. */
  add(id: Int32Array): boolean {
    const words = this.#words
    const bucket = ((id[0] ?? 0) & this.#mask) * BUCKET_WORDS
    const [, first = 0, second = 0, third = 0, fourth = 0, any = 0] = id
    let free = -1
    for (let at = bucket; at < bucket + BUCKET_WORDS; at += ENTRY_WORDS) {
      const word = words[at]
      if (word === first && words[at + 1] === second && words[at + 2] === third && words[at + 3] === fourth) return true
      if (free < 0 && word === 0 && words[at + 1] === 0) free = at
    }
    if (free < 0) free = bucket + (any & (WAYS - 1)) * ENTRY_WORDS
    words[free] = first
    words[free + 1] = second
    words[free + 2] = third
    words[free + 3] = fourth
    return false
  }
}
