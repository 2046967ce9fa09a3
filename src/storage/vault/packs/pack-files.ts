// Reads packs: blocks as they lie, keys, trailers. Files of packs that were read lately stay open. Whatever a file says is checked: its head against the pack's name,
// its trailer by its seal.

import type { DiskFile } from '../../../kernel/disk.ts'
import { Fault } from '../../../kernel/fault.ts'
import type { VaultKeys } from '../../../stream/vault/contract.ts'
import { openTrailer } from '../../../stream/vault/trailer-seal.ts'
import type { PackTrailer } from '../../../wire/vault/pack-trailer.ts'
import { decodePackFooter, decodePackHeader, packPath, PACK_FOOTER_BYTES, PACK_HEADER_BYTES } from '../../../wire/vault/pack.ts'
import { sha256Of } from '../ledger/ledger-chain.ts'
import type { PackFiles, SegmentPlace } from '../segment-places.ts'
import { naming, readExactly, type VaultDirectory } from '../vault-directory.ts'

const OPEN_FILES_MAX = 64

interface OpenPack {
  readonly file: DiskFile
  readonly bytes: number
  readonly key: Uint8Array
  users: number
  isClosing: boolean
}

export interface ReadTrailer {
  readonly trailer: PackTrailer
  /** Hexadecimal SHA-256 of the sealed trailer and the footer. */
  readonly sha256: string
  readonly bytes: number
}

export class VaultPackFiles implements PackFiles {
  readonly #directory: VaultDirectory
  readonly #keys: VaultKeys
  /** The one that was used last is the last. */
  readonly #open = new Map<string, Promise<OpenPack>>()

  constructor(directory: VaultDirectory, keys: VaultKeys) {
    this.#directory = directory
    this.#keys = keys
  }

  readBlock(place: SegmentPlace): Promise<Uint8Array> {
    return this.#using(place.packId, (pack, name) => readExactly(pack.file, name, place.offset, place.sealedBytes))
  }

  keyOf(packId: Uint8Array): Promise<Uint8Array> {
    return this.#using(packId, (pack) => Promise.resolve(pack.key))
  }

  readTrailer(packId: Uint8Array): Promise<ReadTrailer> {
    return this.#using(packId, async ({ file, bytes, key }, name) => {
      if (bytes < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) throw new Fault('vault-damaged', `${name} has ${bytes} bytes`, { context: { object: name } })
      const tail = await readExactly(file, name, bytes - PACK_FOOTER_BYTES, PACK_FOOTER_BYTES)
      const footer = naming(name, () => decodePackFooter(tail, bytes))
      const sealed = await readExactly(file, name, footer.trailerOffset, footer.sealedBytes)
      const trailer = naming(name, () => openTrailer({ vaultId: this.#keys.vaultId, packId, key }, footer, sealed))
      return { trailer, sha256: sha256Of(Buffer.concat([sealed, tail])), bytes }
    })
  }

  /** Before its file is removed. */
  async forget(packId: Uint8Array): Promise<void> {
    const name = packPath(packId)
    const pack = this.#open.get(name)
    this.#open.delete(name)
    await this.#retire(pack)
  }

  async close(): Promise<void> {
    const packs = [...this.#open.values()]
    this.#open.clear()
    for (const pack of packs) await this.#retire(pack)
  }

  async #using<Result>(packId: Uint8Array, work: (pack: OpenPack, name: string) => Promise<Result>): Promise<Result> {
    const name = packPath(packId)
    const opening = this.#open.get(name) ?? this.#openPack(packId, name)
    this.#open.delete(name)
    this.#open.set(name, opening)
    const pack = await opening.catch((error: unknown) => {
      if (this.#open.get(name) === opening) this.#open.delete(name)
      throw error
    })
    pack.users += 1
    try {
      if (this.#open.size > OPEN_FILES_MAX) await this.#closeOldest()
      return await work(pack, name)
    } finally {
      pack.users -= 1
      if (pack.isClosing && pack.users === 0) await pack.file.close()
    }
  }

  async #openPack(packId: Uint8Array, name: string): Promise<OpenPack> {
    const { file, bytes } = await this.#directory.open(name)
    try {
      const head = await readExactly(file, name, 0, PACK_HEADER_BYTES)
      const key = naming(name, () => {
        const header = decodePackHeader(head)
        if (Buffer.compare(header.packId, packId) !== 0) throw new Fault('vault-damaged', 'it is another pack')
        if (Buffer.compare(header.vaultId, this.#keys.vaultId) !== 0) throw new Fault('vault-damaged', 'it is a pack of another vault')
        return this.#keys.packKey(packId, header.salt)
      })
      return { file, bytes, key, users: 0, isClosing: false }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async #closeOldest(): Promise<void> {
    for (const [name, pack] of this.#open) {
      this.#open.delete(name)
      await this.#retire(pack)
      return
    }
  }

  /** Closes it when nobody reads it any more. */
  async #retire(opening: Promise<OpenPack> | undefined): Promise<void> {
    const pack = await opening?.catch(() => undefined)
    if (pack === undefined || pack.isClosing) return
    pack.isClosing = true
    if (pack.users === 0) await pack.file.close()
  }
}
