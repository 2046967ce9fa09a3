// Keys and threads of a vault that remember what they opened: the same bytes under the same key give the same answer. A world reads every object dozens of times, and what it costs is the
// cipher and the unpacking. What does not open is not remembered, nothing that is sealed either.

import { hash } from 'node:crypto'
import type { BlockThreads, VaultKeys } from '../src/stream/vault/contract.ts'

export class RememberedOpens {
  readonly #answers = new Map<string, Uint8Array | undefined>()

  keys(keys: VaultKeys): VaultKeys {
    return {
      ...keys,
      packKey: (packId, salt) => this.#once(`pack ${digest(packId, salt)}`, () => keys.packKey(packId, salt)),
      open: (kind, name, sealed) => this.#once(`${kind} ${name} ${digest(sealed)}`, () => keys.open(kind, name, sealed)),
    }
  }

  /** They stay open: every process of a world uses them. */
  threads(threads: BlockThreads): BlockThreads {
    return {
      seal: (facts, plain) => threads.seal(facts, plain),
      check: async (keyed, idKey) => {
        const { block, key } = keyed
        const name = `check ${block.kind} ${block.compression} ${block.plainBytes} ${block.number} ${digest(key, idKey, block.packId, block.ids, block.lengths, block.sealed)}`
        if (!this.#answers.has(name)) this.#answers.set(name, copyOf(await threads.check(keyed, idKey)))
        return copyOf(this.#answers.get(name))
      },
      open: async (keyed, wanted) => {
        const { block, key } = keyed
        const pieces = wanted === undefined ? [] : [wanted.idKey, wanted.ids, wanted.starts, wanted.lengths]
        const name = `open ${block.kind} ${block.compression} ${block.plainBytes} ${block.number} ${digest(key, block.packId, block.ids, block.lengths, block.sealed, ...pieces)}`
        const plain = this.#answers.get(name) ?? new Uint8Array(await threads.open(keyed, wanted))
        this.#answers.set(name, plain)
        return new Uint8Array(plain)
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  #once(name: string, open: () => Uint8Array): Uint8Array {
    const known = this.#answers.get(name) ?? new Uint8Array(open())
    this.#answers.set(name, known)
    return new Uint8Array(known)
  }
}

function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes)
}

/** Of all pieces with their lengths. */
function digest(...pieces: readonly (Uint8Array | Uint32Array)[]): string {
  return hash('sha256', Buffer.concat(pieces.flatMap(({ buffer, byteOffset, byteLength }) => [Buffer.from(Uint32Array.of(byteLength).buffer), new Uint8Array(buffer, byteOffset, byteLength)])))
}
