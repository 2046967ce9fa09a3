// Every seal of production code while a world plays: which key and nonce it took, and what came out. It stands below the cipher itself, so nothing can seal behind its back. A pair that
// gives other bytes a second time is a finding (docs/formats/vault.md, "Why no nonce is used twice"); it is never forgotten, whatever is put back to an older state.

import crypto, { type CipherGCM } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { hexOf } from '../src/storage/vault/packs/pack-writer.ts'
import { blockNonce } from '../src/wire/vault/block-seal.ts'
import { fail } from './world.ts'

export class NonceRecord implements Disposable {
  /** Key and nonce → a hash of what was sealed. */
  readonly #sealed = new Map<string, string>()
  /** The same, of blocks that a server took. */
  readonly #taken = new Map<string, string>()
  /** Keys of makers whose memory was set back: they may seal again, and nobody may take it. */
  readonly #setBack = new Set<string>()
  readonly #whole = crypto.createCipheriv
  #finding: string | undefined

  constructor() {
    crypto.createCipheriv = ((algorithm: 'aes-256-gcm', key: Uint8Array, nonce: Uint8Array, options?: crypto.CipherGCMOptions) => this.#watch(this.#whole(algorithm, key, nonce, options), pairOf(key, nonce))) as typeof crypto.createCipheriv
    syncBuiltinESMExports()
  }

  get count(): number {
    return this.#sealed.size
  }

  /** The maker that has this key goes on with an older state of its memory. */
  setBack(key: Uint8Array): void {
    this.#setBack.add(hexOf(key))
  }

  /** A server took a block that a maker sealed under `key`. */
  took(key: Uint8Array, number: number, sealed: Uint8Array): void {
    this.#note(this.#taken, pairOf(key, blockNonce(number)), crypto.hash('sha256', sealed), 'taken')
  }

  /** Fails with what was found: who sealed may have survived it. */
  check(): void {
    if (this.#finding !== undefined) fail(this.#finding)
  }

  [Symbol.dispose](): void {
    crypto.createCipheriv = this.#whole
    syncBuiltinESMExports()
  }

  #watch(cipher: CipherGCM, pair: string): CipherGCM {
    const hash = crypto.createHash('sha256')
    const update = cipher.update.bind(cipher) as (data: Uint8Array) => Buffer<ArrayBuffer>
    const final = cipher.final.bind(cipher) as () => Buffer<ArrayBuffer>
    const setAAD = cipher.setAAD.bind(cipher)
    return Object.assign(cipher, {
      setAAD: (data: Uint8Array) => {
        hash.update(data)
        return setAAD(data)
      },
      update: (data: Uint8Array) => {
        const sealed = update(data)
        hash.update(sealed)
        return sealed
      },
      final: () => {
        const sealed = final()
        this.#note(this.#sealed, pair, hash.update(sealed).digest('hex'), 'sealed')
        return sealed
      },
    })
  }

  #note(pairs: Map<string, string>, pair: string, hash: string, how: 'sealed' | 'taken'): void {
    const before = pairs.get(pair)
    pairs.set(pair, before ?? hash)
    if (before === undefined || before === hash) return
    const [key = ''] = pair.split(' ')
    if (how === 'taken' || !this.#setBack.has(key)) this.#finding ??= `a nonce was used twice under a key (${pair}): other bytes were ${how} before`
  }
}

function pairOf(key: Uint8Array, nonce: Uint8Array): string {
  return `${hexOf(key)} ${hexOf(nonce)}`
}
