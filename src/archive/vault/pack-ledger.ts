// Which packs of a dump are complete: a pack is sealed when it gives out no more numbers and the block of each was sent, or the number was lost.

interface OpenPack {
  packId: Uint8Array | undefined
  sent: number
  /** Numbers that it gave out; undefined while it goes on. */
  total: number | undefined
}

export class PackLedger {
  readonly #seal: (packId: Uint8Array) => Promise<void>
  readonly #open = new Map<number, OpenPack>()
  readonly #sealing = new Set<Promise<void>>()
  #failure: unknown

  constructor(seal: (packId: Uint8Array) => Promise<void>) {
    this.#seal = seal
  }

  sent(pack: number, packId: Uint8Array): void {
    const open = this.#of(pack)
    open.packId ??= Uint8Array.from(packId)
    open.sent++
    this.#judge(pack, open)
  }

  burnt(pack: number): void {
    const open = this.#of(pack)
    open.sent++
    this.#judge(pack, open)
  }

  closed({ pack, count }: { readonly pack: number; readonly count: number }): void {
    const open = this.#of(pack)
    open.total = count
    this.#judge(pack, open)
  }

  /** Resolves when every pack that was to be sealed is; rejects with why one is not. */
  async settled(): Promise<void> {
    while (this.#sealing.size > 0) await Promise.all(this.#sealing)
    if (this.#failure !== undefined) throw this.#failure
  }

  #of(pack: number): OpenPack {
    const known = this.#open.get(pack)
    if (known !== undefined) return known
    const open: OpenPack = { packId: undefined, sent: 0, total: undefined }
    this.#open.set(pack, open)
    return open
  }

  #judge(pack: number, open: OpenPack): void {
    if (open.total === undefined || open.sent < open.total) return
    this.#open.delete(pack)
    // Without a block there is nothing to seal.
    if (open.packId === undefined) return
    const sealing: Promise<void> = this.#seal(open.packId)
      .catch((error: unknown) => void (this.#failure ??= error))
      .finally(() => this.#sealing.delete(sealing))
    this.#sealing.add(sealing)
  }
}
