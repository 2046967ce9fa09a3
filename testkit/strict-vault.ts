// A vault in memory, for makers of dumps: it holds them to everything that a real one does and says what they broke. What was stored stays from dump to dump.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { crc32c } from '@node-rs/crc32'
import { Fault } from '../src/kernel/fault.ts'
import { BlockOpener } from '../src/stream/vault/block-opener.ts'
import { openSegmentHash, type SegmentHash } from '../src/stream/vault/segment-hash.ts'
import { IdFilter } from '../src/wire/vault/id-filter.ts'
import { PACK_BYTES, QUERY_IDS_MAX } from '../src/wire/vault/limits.ts'
import { RecipeReader } from '../src/wire/vault/recipe-reader.ts'
import type { CommittedDump, DumpFacts, PackGrant, RecipeEntry, SealedBlock, VaultBase, VaultUplink, VaultWelcome } from '../src/wire/vault/uplink.ts'

interface OpenPack extends PackGrant {
  readonly numbers: Set<number>
  bytes: number
  isSealed: boolean
}

const nameOf = (id: Uint8Array): string => Buffer.from(id).toString('hex')

export interface StrictDump {
  readonly manifest: string
  readonly run: string
  readonly entries: readonly RecipeEntry[]
  readonly facts: DumpFacts
}

export class StrictVault {
  readonly vaultId = randomBytes(16)
  readonly idKey: Uint8Array
  readonly seed = randomBytes(32)
  /** Plain segments of all kinds by their ids. */
  readonly segments = new Map<string, Uint8Array>()
  readonly dumps: StrictDump[] = []
  readonly #opener = new BlockOpener()
  readonly #hash: SegmentHash
  /** Whether it offers a filter of its ids. */
  hasFilter = true

  private constructor(idKey: Uint8Array, hash: SegmentHash) {
    this.idKey = idKey
    this.#hash = hash
  }

  static async create(): Promise<StrictVault> {
    const idKey = randomBytes(32)
    return new StrictVault(idKey, await openSegmentHash(idKey))
  }

  begin(run: string): StrictIntake {
    return new StrictIntake(this, run)
  }

  /** Checks the ids of a block and stores what is in it. */
  store(key: Uint8Array, block: SealedBlock): void {
    const plain = this.#opener.check({ vaultId: this.vaultId, key, block }, this.#hash)
    let at = 0
    for (const [index, length] of block.lengths.entries()) {
      this.segments.set(nameOf(block.ids.subarray(32 * index, 32 * index + 32)), Uint8Array.from(plain.subarray(at, at + length)))
      at += length
    }
  }

  segment(id: Uint8Array): Uint8Array {
    const found = this.segments.get(nameOf(id))
    if (found === undefined) throw new Fault('vault-refused', `segment ${nameOf(id)} is not there`)
    return found
  }

  /** The bytes of a dump. */
  rebuild({ entries }: StrictDump): Buffer {
    const pieces: Uint8Array[] = []
    for (const { id, recipeBytes, nativeBytes, crc, directory } of entries) {
      const recipe = this.segment(id)
      assert.equal(recipe.length, recipeBytes)
      const part: Uint8Array[] = []
      const reader = new RecipeReader(recipe, directory)
      for (let operation = reader.next(); operation !== undefined; operation = reader.next()) {
        if (operation.kind === 'literal' || operation.kind === 'header') part.push(operation.bytes)
        else if (operation.kind === 'zeros') part.push(Buffer.alloc(operation.count))
        else if (operation.kind === 'segment') {
          const segment = this.segment(operation.id)
          assert.equal(segment.length, operation.length)
          assert.equal(crc32c(segment) >>> 0, operation.crc)
          part.push(segment)
        }
      }
      const bytes = Buffer.concat(part)
      assert.equal(bytes.length, nativeBytes)
      assert.equal(crc32c(bytes) >>> 0, crc, 'the checksum of a piece of the recipe')
      pieces.push(bytes)
    }
    return Buffer.concat(pieces)
  }
}

export class StrictIntake implements VaultUplink {
  sentBytes = 0
  sentSegments = 0
  queries = 0
  readonly #vault: StrictVault
  readonly #run: string
  readonly #packs = new Map<string, OpenPack>()
  readonly #entries: RecipeEntry[] = []
  committed: StrictDump | undefined

  constructor(vault: StrictVault, run: string) {
    this.#vault = vault
    this.#run = run
  }

  welcome(): Promise<VaultWelcome> {
    const { vaultId, idKey, seed, dumps } = this.#vault
    const last = dumps.at(-1)
    const base: VaultBase | undefined = last === undefined ? undefined : { manifest: last.manifest, run: last.run }
    return Promise.resolve({ vaultId, idKey, seed, compressLevel: 1, base })
  }

  known(ids: Uint8Array): Promise<Uint8Array> {
    assert.ok(ids.length > 0 && ids.length % 32 === 0 && ids.length <= 32 * QUERY_IDS_MAX)
    this.queries++
    const bits = new Uint8Array(Math.ceil(ids.length / 256))
    for (let index = 0; index < ids.length / 32; index++) if (this.#vault.segments.has(nameOf(ids.subarray(32 * index, 32 * index + 32)))) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
    return Promise.resolve(bits)
  }

  filter(): Promise<Uint8Array | undefined> {
    if (!this.#vault.hasFilter) return Promise.resolve(undefined)
    const filter = IdFilter.create(this.#vault.segments.size)
    for (const name of this.#vault.segments.keys()) filter?.add(Buffer.from(name, 'hex'))
    return Promise.resolve(filter?.bytes)
  }

  grantPack(): Promise<PackGrant> {
    const pack = { packId: randomBytes(16), key: randomBytes(32), numbers: new Set<number>(), bytes: 0, isSealed: false }
    this.#packs.set(nameOf(pack.packId), pack)
    return Promise.resolve({ packId: pack.packId, key: pack.key })
  }

  async sendBlock(block: SealedBlock): Promise<void> {
    const pack = this.#packs.get(nameOf(block.packId))
    assert.ok(pack !== undefined && !pack.isSealed, 'a block of a pack that is not open')
    assert.ok(!pack.numbers.has(block.number), 'a number was used twice')
    assert.ok(pack.bytes <= PACK_BYTES, 'a pack is too large')
    pack.numbers.add(block.number)
    pack.bytes += block.sealed.length
    this.sentBytes += block.sealed.length
    this.sentSegments += block.lengths.length
    this.#vault.store(pack.key, block)
    await Promise.resolve()
  }

  sealPack(packId: Uint8Array): Promise<void> {
    const pack = this.#packs.get(nameOf(packId))
    assert.ok(pack !== undefined && !pack.isSealed && pack.numbers.size > 0, 'a pack is sealed once, and has blocks')
    pack.isSealed = true
    return Promise.resolve()
  }

  sendRecipe(entries: readonly RecipeEntry[]): Promise<void> {
    for (const entry of entries) this.#entries.push({ ...entry, id: Uint8Array.from(entry.id), directory: Uint8Array.from(entry.directory) })
    return Promise.resolve()
  }

  finish(facts: DumpFacts): Promise<CommittedDump> {
    for (const pack of this.#packs.values()) assert.ok(pack.isSealed || pack.numbers.size === 0, 'a pack was not sealed')
    const dump = { manifest: `manifest-${this.#run}`, run: this.#run, entries: this.#entries, facts }
    const bytes = this.#vault.rebuild(dump)
    assert.equal(bytes.length, facts.nativeBytes)
    assert.equal(crc32c(bytes) >>> 0, facts.nativeCrc)
    this.#vault.dumps.push(dump)
    this.committed = dump
    return Promise.resolve({ manifest: dump.manifest })
  }
}
