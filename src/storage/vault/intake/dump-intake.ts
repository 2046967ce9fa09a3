// One dump on its way into a vault. What its maker says is not believed: blocks are opened and their ids compared before they count; a recipe may name only what this
// dump stored, what its base has, or what its dedup domain has; bytes and checksums are summed again. The dump exists when the ledger says so.
//
//   open → (finish) → settled → listed;   open → (abandon, or the first failure) → what was stored whole stays, nothing is listed

import { Fault, faultOf } from '../../../kernel/fault.ts'
import { combineCrc32c } from '../../../stream/vault/crc-combine.ts'
import { ID_BYTES, MANIFEST_BYTES_MAX, PACK_ID_BYTES, QUERY_IDS_MAX, SALT_BYTES } from '../../../wire/vault/limits.ts'
import { INDEX_ROW_BYTES, lengthOfRow } from '../../../wire/vault/index-row.ts'
import { NO_DIRECTORY, RECIPE_ENTRY_BYTES } from '../../../wire/vault/recipe-entries.ts'
import type { CommittedDump, DumpFacts, PackGrant, RecipeEntry, SealedBlock, VaultBase, VaultWelcome } from '../../../wire/vault/uplink.ts'
import type { DumpIntake, IntakeOrder } from '../contract.ts'
import type { PackRecord } from '../pack-catalogue.ts'
import { hexOf, PackWriter } from '../packs/pack-writer.ts'
import type { PackHolder, VaultCore } from '../vault-core.ts'
import { RecipeJudge, type RecipeFacts } from './recipe-judge.ts'

/** Packs that a maker may have open; it needs one or two for each of its threads. */
const OPEN_PACKS_MAX = 64
const ENTRIES_BYTES_MAX = MANIFEST_BYTES_MAX / 2
/** Recipe bytes that are judged in one go: some milliseconds, then links and other dumps have their turn. */
const TURN_BYTES = 1024 * 1024

type Settle = (nativeBytes: number, nativeCrc: string) => Promise<{ readonly header: string; readonly endedMs: number }>

/** Its manifest is held already; the intake lets go of it. */
export interface IntakeBase extends VaultBase {
  readonly entries: readonly RecipeEntry[]
}

export class VaultIntake implements DumpIntake, PackHolder {
  readonly packs = new Set<number>()
  readonly #core: VaultCore
  readonly #order: IntakeOrder
  readonly #base: IntakeBase | undefined
  readonly #filterOf: (domain: string) => Promise<Uint8Array | undefined>
  readonly #writers = new Map<string, PackWriter>()
  readonly #judge: RecipeJudge
  /** What was judged, by the id of the recipe segment and its directory. */
  readonly #judged = new Map<string, RecipeFacts>()
  /** Entries whose segment has not come, by its id: they are judged with it, or at the end if the vault has it. */
  readonly #unjudged = new Map<string, RecipeEntry[]>()
  readonly #entries: RecipeEntry[] = []
  #nativeBytes = 0
  #crc = 0
  #recipeBytes = 0
  #entriesBytes = 0
  #storedBytes = 0
  #durableBytes = 0
  #settle: Settle | undefined
  #failure: Fault | undefined
  #ended: Promise<void> | undefined
  #isListed = false
  #isReleased = false

  constructor(core: VaultCore, order: IntakeOrder, base: IntakeBase | undefined, filterOf: (domain: string) => Promise<Uint8Array | undefined>) {
    this.#core = core
    this.#order = order
    this.#base = base
    this.#filterOf = filterOf
    this.#judge = new RecipeJudge((ids) => this.#lengthsOf(ids))
    core.beginHolding(this)
    for (const { id, directory, ...facts } of base?.entries ?? []) this.#judged.set(judgedKey(hexOf(id), directory), facts)
  }

  get storedBytes(): number {
    return this.#storedBytes
  }

  get durableBytes(): number {
    return this.#durableBytes
  }

  get isEnded(): boolean {
    return this.#isReleased
  }

  beforeCommit(settle: Settle): void {
    this.#settle = settle
  }

  welcome(): Promise<VaultWelcome> {
    const { keys } = this.#core
    const { domain, compressLevel } = this.#order
    const base = this.#base === undefined ? undefined : { manifest: this.#base.manifest, run: this.#base.run }
    return Promise.resolve({ vaultId: keys.vaultId, idKey: keys.idKey(domain), seed: keys.seed(domain), compressLevel, base })
  }

  async known(ids: Uint8Array): Promise<Uint8Array> {
    return this.#guard(async () => {
      const count = ids.length / ID_BYTES
      if (!Number.isInteger(count) || count > QUERY_IDS_MAX) throw new Fault('vault-refused', `a question of ${ids.length} bytes`)
      const answer = new Uint8Array(Math.ceil(count / 8))
      const { found } = await this.#core.findFor(this, ids, ({ state, domain }) => state === 'listed' && domain === this.#order.domain)
      for (let index = 0; index < count; index++) {
        const isThere = found[index] === 1 || this.#ownLength(ids, index * ID_BYTES) > 0
        if (isThere) answer[index >> 3] = (answer[index >> 3] ?? 0) | (1 << (index & 7))
      }
      return answer
    })
  }

  async filter(): Promise<Uint8Array | undefined> {
    return this.#guard(() => this.#filterOf(this.#order.domain))
  }

  async grantPack(): Promise<PackGrant> {
    return this.#guard(() => {
      if (this.#writers.size >= OPEN_PACKS_MAX) throw new Fault('vault-refused', `${OPEN_PACKS_MAX} packs are open already`)
      const { keys, random, directory } = this.#core
      const packId = random.bytes(PACK_ID_BYTES)
      const salt = random.bytes(SALT_BYTES)
      const writer = new PackWriter(directory, { vaultId: keys.vaultId, packId, salt, key: keys.packKey(packId, salt), domain: this.#order.domain })
      this.#writers.set(writer.id, writer)
      this.#core.inFlight.add(writer.id)
      return Promise.resolve(writer.grant)
    })
  }

  async sendBlock(block: SealedBlock): Promise<void> {
    await this.#guard(async () => {
      const { keys, threads } = this.#core
      const writer = this.#writers.get(hexOf(block.packId))
      if (writer === undefined) throw new Fault('vault-refused', `a block came for pack ${hexOf(block.packId)}, which is not open for this dump`)
      writer.take(block)
      const plain = await threads.check({ vaultId: keys.vaultId, key: writer.plan.key, block }, keys.idKey(this.#order.domain))
      await writer.append(block)
      this.#storedBytes += block.sealed.length
      if (plain !== undefined) await this.#judgeBlock(block.ids, block.lengths, plain)
    })
  }

  async sealPack(packId: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      const writer = this.#writers.get(hexOf(packId))
      if (writer === undefined) throw new Fault('vault-refused', `pack ${hexOf(packId)} is not open for this dump`)
      await this.#sealWriter(writer)
    })
  }

  async sendRecipe(entries: readonly RecipeEntry[]): Promise<void> {
    await this.#guard(async () => {
      for (const given of entries) {
        const entry: RecipeEntry = { ...given, id: new Uint8Array(given.id), directory: new Uint8Array(given.directory) }
        const name = hexOf(entry.id)
        this.#entriesBytes += RECIPE_ENTRY_BYTES + entry.directory.length
        if (this.#entriesBytes > ENTRIES_BYTES_MAX) throw new Fault('vault-refused', `the recipe has too many segments: more than ${this.#entries.length}`)
        const facts = this.#judged.get(judgedKey(name, entry.directory))
        const waiting = this.#unjudged.get(name)
        if (facts !== undefined) compare(entry, facts)
        else if (waiting !== undefined) waiting.push(entry)
        else this.#unjudged.set(name, [entry])
        this.#entries.push(entry)
        this.#recipeBytes += entry.recipeBytes
        this.#nativeBytes += entry.nativeBytes
        if (!Number.isSafeInteger(this.#nativeBytes)) throw new Fault('vault-refused', 'the dump has more bytes than there can be')
        this.#crc = combineCrc32c(this.#crc, entry.crc, entry.nativeBytes)
      }
    })
  }

  async finish(facts: DumpFacts): Promise<CommittedDump> {
    return this.#guard(async () => {
      for (const writer of this.#writers.values()) await this.#sealWriter(writer)
      for (const entry of [...this.#unjudged.values()].flat()) compare(entry, await this.#judgeStored(entry))
      await this.#judge.settle(true)
      if (facts.nativeBytes !== this.#nativeBytes || facts.nativeCrc !== this.#crc) throw new Fault('vault-refused', `the maker says that the dump has ${crcText(facts.nativeCrc, facts.nativeBytes)}; its recipe says ${crcText(this.#crc, this.#nativeBytes)}`)
      const nativeCrc = crcText(this.#crc, this.#nativeBytes)
      const { header, endedMs } = (await this.#settle?.(this.#nativeBytes, nativeCrc)) ?? { header: '', endedMs: this.#core.clock.wallMs() }
      // Who gave up while it was judged has given up.
      if (this.#failure !== undefined) throw this.#failure
      const manifest = `${this.#order.run}-${hexOf(this.#core.random.bytes(12))}`
      await this.#commit(manifest, { header, endedMs, nativeCrc, members: count(facts.members) })
      this.#end()
      return { manifest }
    })
  }

  async abandon(reason: Fault): Promise<void> {
    this.#failure ??= reason
    this.#ended ??= this.#keepWhole()
    await this.#ended
  }

  async #commit(manifest: string, said: { readonly header: string; readonly endedMs: number; readonly nativeCrc: string; readonly members: number }): Promise<void> {
    const { ledger, manifests } = this.#core
    const { host, disk, run, level, baseRun, domain, maker, startedMs } = this.#order
    await ledger.append(
      async (ledgerSeq) => {
        const facts = { ledgerSeq, host, disk, run, level, baseRun, domain, maker, startedMs: Math.floor(startedMs), nativeBytes: this.#nativeBytes, addedBytes: this.#durableBytes, recipeBytes: this.#recipeBytes, ...said, endedMs: Math.floor(said.endedMs) }
        return { kind: 'commit', manifest: await manifests.write(manifest, { facts, entries: this.#entries }) }
      },
      () => void (this.#isListed = true),
    )
  }

  /** Blocks that arrived whole are sealed into packs and become part of the vault, so that the next try need not send them again. */
  async #keepWhole(): Promise<void> {
    try {
      if (!this.#isListed) for (const writer of this.#writers.values()) await this.#sealWriter(writer)
    } catch (error) {
      this.#core.log.warn('what an interrupted dump has stored could not be kept', { host: this.#order.host, disk: this.#order.disk, error: faultOf(error).message })
      for (const writer of this.#writers.values()) await writer.drop().catch(() => undefined)
      this.#writers.clear()
    } finally {
      for (const { id } of this.#writers.values()) this.#core.inFlight.delete(id)
      this.#end()
    }
  }

  #end(): void {
    this.#ended ??= Promise.resolve()
    const base = this.#base
    this.#core.endHolding(this)
    if (base !== undefined && !this.#isReleased) this.#core.releaseManifest(base.manifest)
    this.#isReleased = true
  }

  async #sealWriter(writer: PackWriter): Promise<void> {
    this.#core.inFlight.add(writer.id)
    const finished = await writer.finish(Math.floor(this.#core.clock.wallMs()))
    if (finished !== undefined) {
      await this.#core.listing.list([finished], (records) => this.#hold(records))
      this.#durableBytes += finished.listing.bytes
    }
    this.#writers.delete(writer.id)
    this.#core.inFlight.delete(writer.id)
  }

  #hold(records: readonly PackRecord[]): void {
    for (const { ordinal } of records) this.packs.add(ordinal)
  }

  async #judgeBlock(ids: Uint8Array, lengths: Uint32Array, plain: Uint8Array): Promise<void> {
    let at = 0
    for (const [index, length] of lengths.entries()) {
      const name = hexOf(ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES))
      await this.#judgeNew(name, plain.subarray(at, at + length))
      at += length
    }
    if (this.#judge.isDue) await this.#judge.settle(false)
  }

  /** In each directory for which it was named: a maker may name one segment in very many. */
  async #judgeNew(name: string, plain: Uint8Array): Promise<void> {
    const named = this.#unjudged.get(name)
    this.#unjudged.delete(name)
    if (named === undefined) {
      this.#judgeIn(name, plain, NO_DIRECTORY)
      return
    }
    let bytes = 0
    for (const entry of named) {
      compare(entry, this.#judgeIn(name, plain, entry.directory))
      bytes += plain.length
      if (bytes < TURN_BYTES) continue
      bytes = 0
      await new Promise<void>((resolve) => this.#core.clock.afterPoll(resolve))
      if (this.#failure !== undefined) throw this.#failure
    }
  }

  #judgeIn(name: string, plain: Uint8Array, directory: Uint8Array): RecipeFacts {
    const key = judgedKey(name, directory)
    const facts = this.#judged.get(key) ?? this.#judge.read(plain, directory)
    this.#judged.set(key, facts)
    return facts
  }

  /** A recipe segment that lies in the vault: of another directory, of a try that was interrupted or of another dump. */
  async #judgeStored({ id, directory }: RecipeEntry): Promise<RecipeFacts> {
    const judged = this.#judged.get(judgedKey(hexOf(id), directory))
    if (judged !== undefined) return judged
    const { keys, threads, packFiles } = this.#core
    const result = await this.#core.findFor(this, id, (pack) => this.#mayName(pack))
    const place = result.found[0] === 1 ? this.#core.placeOf(result, 0) : undefined
    if (place?.kind !== 'recipe') throw new Fault('vault-refused', `recipe segment ${hexOf(id)} is not in the vault`)
    const block: SealedBlock = { ...place, ids: new Uint8Array(0), lengths: new Uint32Array(0), sealed: await packFiles.readBlock(place) }
    const wanted = { idKey: keys.idKey(this.#order.domain), ids: id, starts: Uint32Array.of(place.start), lengths: Uint32Array.of(place.length) }
    const plain = await threads.open({ vaultId: keys.vaultId, key: await packFiles.keyOf(place.packId), block }, wanted)
    const facts = this.#judgeIn(hexOf(id), plain.subarray(place.start, place.start + place.length), directory)
    if (this.#judge.isDue) await this.#judge.settle(false)
    return facts
  }

  /** What a recipe may name: also what garbage collection wants and has not yet got, which then stays. */
  #mayName({ state, domain }: PackRecord): boolean {
    return (state === 'listed' || state === 'condemned') && domain === this.#order.domain
  }

  async #lengthsOf(ids: Uint8Array): Promise<Uint32Array> {
    const lengths = new Uint32Array(ids.length / ID_BYTES)
    const { rows, found } = await this.#core.findFor(this, ids, (pack) => this.#mayName(pack))
    for (let index = 0; index < lengths.length; index++) lengths[index] = found[index] === 1 ? lengthOfRow(rows, index * INDEX_ROW_BYTES) : this.#ownLength(ids, index * ID_BYTES)
    return lengths
  }

  /** Bytes of the segment when a pack of this dump that is not sealed yet has it, else 0. */
  #ownLength(ids: Uint8Array, at: number): number {
    for (const writer of this.#writers.values()) {
      const length = writer.lengthOf(ids, at)
      if (length !== undefined) return length
    }
    return 0
  }

  /** The first failure ends the dump. */
  async #guard<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ended !== undefined) throw new Fault('vault-refused', 'the dump has ended')
    try {
      return await work()
    } catch (error) {
      this.#failure ??= faultOf(error)
      throw this.#failure
    }
  }
}

function judgedKey(name: string, directory: Uint8Array): string {
  return `${name}/${Buffer.from(directory.buffer, directory.byteOffset, directory.byteLength).toString('latin1')}`
}

function compare(entry: RecipeEntry, facts: RecipeFacts): void {
  if (facts.recipeBytes !== entry.recipeBytes || facts.nativeBytes !== entry.nativeBytes || facts.crc !== entry.crc) throw new Fault('vault-refused', `recipe segment ${hexOf(entry.id)} is not what the maker says of it`)
}

function crcText(crc: number, bytes: number): string {
  return `${(crc >>> 0).toString(16).padStart(8, '0')}:${bytes}`
}

function count(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new Fault('vault-refused', `a dump cannot have ${value} members`)
  return value
}
