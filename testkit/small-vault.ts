// A vault in memory that really stores: blocks are opened and their ids compared, segments are kept by their ids, dumps are put together from their recipes. What it lacks is a disk,
// threads and an index; for tests of those who talk to a vault. The hash of ids is given, so that it needs no native code.

import { createDecipheriv, createCipheriv, createHmac } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { sourceOf } from '../src/kernel/byte-stream.ts'
import { Fault } from '../src/kernel/fault.ts'
import { RunningCrc32c } from '../src/stream/crc32c.ts'
import type { DumpIntake, IntakeOrder, KeepRules, PrunePlan, Vault, VaultDump, VaultDumpReader } from '../src/storage/vault/contract.ts'
import { blockAad, blockNonce } from '../src/wire/vault/block-seal.ts'
import { RecipeReader } from '../src/wire/vault/recipe-reader.ts'
import type { CommittedDump, DumpFacts, PackGrant, RecipeEntry, SealedBlock, VaultWelcome } from '../src/wire/vault/uplink.ts'

const VAULT_ID = new Uint8Array(16).fill(7)
const TAG_BYTES = 16

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Id of a segment: 32 bytes. */
export function memoryId(idKey: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', idKey).update(bytes).digest()
}

/** A raw block of `segments`, as a maker seals it. */
export function memoryBlock(grant: PackGrant, number: number, kind: SealedBlock['kind'], idKey: Uint8Array, segments: readonly Uint8Array[]): SealedBlock {
  const plain = Buffer.concat(segments)
  const facts = { packId: grant.packId, number, kind, compression: 'none' as const, plainBytes: plain.length }
  const cipher = createCipheriv('aes-256-gcm', grant.key, blockNonce(number), { authTagLength: TAG_BYTES })
  cipher.setAAD(blockAad(VAULT_ID, facts))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { ...facts, ids: Buffer.concat(segments.map((segment) => memoryId(idKey, segment))), lengths: Uint32Array.from(segments, ({ length }) => length), sealed }
}

interface Stored {
  readonly dump: VaultDump
  readonly entries: readonly RecipeEntry[]
}

export class MemoryVault implements Vault {
  readonly id = text(VAULT_ID)
  readonly segments = new Map<string, Uint8Array>()
  readonly #dumps = new Map<string, Stored>()
  #packs = 0
  #manifests = 0

  async beginDump(order: IntakeOrder): Promise<DumpIntake> {
    return await Promise.resolve(new MemoryIntake(this, order))
  }

  newPack(): PackGrant {
    const packId = new Uint8Array(16).fill(++this.#packs)
    return { packId, key: createHmac('sha256', 'pack').update(packId).digest() }
  }

  idKey(domain: string): Uint8Array {
    return createHmac('sha256', 'id').update(domain).digest()
  }

  baseOf(order: IntakeOrder): VaultWelcome['base'] {
    const found = [...this.#dumps.values()].findLast(({ dump }) => dump.host === order.host && dump.disk === order.disk && dump.maker === order.maker && dump.level === 0)
    return found === undefined ? undefined : { manifest: found.dump.manifest, run: found.dump.run }
  }

  list(dump: Omit<VaultDump, 'manifest'>, entries: readonly RecipeEntry[]): CommittedDump {
    const manifest = `manifest-${++this.#manifests}`
    this.#dumps.set(manifest, { dump: { ...dump, manifest }, entries })
    return { manifest }
  }

  bytesOf(entries: readonly RecipeEntry[]): Buffer {
    const pieces: Uint8Array[] = []
    for (const { id, directory } of entries) {
      const reader = new RecipeReader(this.segments.get(text(id)) ?? Buffer.alloc(0), directory)
      for (let step = reader.next(); step !== undefined; step = reader.next()) {
        if (step.kind === 'literal' || step.kind === 'header') pieces.push(Buffer.from(step.bytes))
        else if (step.kind === 'zeros') pieces.push(Buffer.alloc(step.count))
        else if (step.kind === 'segment') pieces.push(this.segments.get(text(step.id)) ?? Buffer.alloc(0))
      }
    }
    return Buffer.concat(pieces)
  }

  dumps(): Promise<readonly VaultDump[]> {
    return Promise.resolve([...this.#dumps.values()].map(({ dump }) => dump).toReversed())
  }

  openDump(manifest: string): Promise<VaultDumpReader | undefined> {
    const stored = this.#dumps.get(manifest)
    if (stored === undefined) return Promise.resolve(undefined)
    const bytes = this.bytesOf(stored.entries)
    return Promise.resolve({
      dump: stored.dump, bytes: bytes.length, bytesRead: 0,
      read: (offset, length) => sourceOf(bytes.subarray(offset, offset + length)),
      async *recipe() {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    })
  }

  #change(manifest: string, changes: Partial<VaultDump>): Promise<void> {
    const stored = this.#dumps.get(manifest)
    if (stored === undefined) return Promise.reject(new Fault('dump-missing', `there is no dump ${manifest}`))
    this.#dumps.set(manifest, { ...stored, dump: { ...stored.dump, ...changes } })
    return Promise.resolve()
  }

  setTags(manifest: string, tags: readonly string[]): Promise<void> {
    return this.#change(manifest, { tags })
  }

  setPinned(manifest: string, isPinned: boolean): Promise<void> {
    return this.#change(manifest, { isPinned })
  }

  setVerified(manifest: string, verifiedMs: number): Promise<void> {
    return this.#change(manifest, { verifiedMs })
  }

  /** Knows the rule `last` and pins alone. */
  async planPrune(rules: KeepRules): Promise<PrunePlan> {
    const disks = Map.groupBy(await this.dumps(), ({ host, disk }) => `${host} ${disk}`)
    const rows = [...disks.values()].flatMap((dumps) => dumps.map((dump, index) => ({ dump, why: `it is number ${index + 1}`, isKept: dump.isPinned || index < (rules.last ?? 0) })))
    return { kept: rows.filter(({ isKept }) => isKept), removed: rows.filter(({ isKept }) => !isKept) }
  }

  forget(manifests: readonly string[]): ReturnType<Vault['forget']> {
    return Promise.resolve({ forgotten: manifests.filter((manifest) => this.#dumps.delete(manifest)), kept: [] })
  }

  prune(plan: PrunePlan): ReturnType<Vault['prune']> {
    for (const { dump } of plan.removed) this.#dumps.delete(dump.manifest)
    return Promise.resolve({ ...plan, bytesBefore: 100, bytesAfter: 60, liveBytes: 60, packsRemoved: 1, packsRewritten: 0, segmentsRemoved: 1 })
  }

  check(): ReturnType<Vault['check']> {
    return Promise.resolve({ problems: [], objects: this.#dumps.size, bytes: 0, isComplete: true })
  }

  findOrphans(): ReturnType<Vault['findOrphans']> {
    return Promise.resolve([])
  }

  stats(): ReturnType<Vault['stats']> {
    return Promise.resolve({ dumps: this.#dumps.size, packs: this.#packs, segments: this.segments.size, storedBytes: 0, nativeBytes: 0, uniqueBytes: 0, indexResidentBytes: 0 })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

class MemoryIntake implements DumpIntake {
  readonly #vault: MemoryVault
  readonly #order: IntakeOrder
  readonly #grants = new Map<string, PackGrant>()
  readonly #entries: RecipeEntry[] = []
  #settle: Parameters<DumpIntake['beforeCommit']>[0] | undefined
  #isAbandoned = false
  storedBytes = 0
  durableBytes = 0

  constructor(vault: MemoryVault, order: IntakeOrder) {
    this.#vault = vault
    this.#order = order
  }

  #idKey(): Uint8Array {
    return this.#vault.idKey(this.#order.domain)
  }

  welcome(): Promise<VaultWelcome> {
    return Promise.resolve({ vaultId: VAULT_ID, idKey: this.#idKey(), seed: new Uint8Array(32), compressLevel: this.#order.compressLevel, base: this.#vault.baseOf(this.#order) })
  }

  known(ids: Uint8Array): Promise<Uint8Array> {
    const answer = new Uint8Array(Math.ceil(ids.length / 32 / 8))
    for (let index = 0; index * 32 < ids.length; index++) if (this.#vault.segments.has(text(ids.subarray(index * 32, index * 32 + 32)))) answer[index >> 3] = (answer[index >> 3] ?? 0) | (1 << (index & 7))
    return Promise.resolve(answer)
  }

  filter(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  grantPack(): Promise<PackGrant> {
    const grant = this.#vault.newPack()
    this.#grants.set(text(grant.packId), grant)
    return Promise.resolve(grant)
  }

  async sendBlock(block: SealedBlock): Promise<void> {
    const grant = this.#grants.get(text(block.packId))
    if (grant === undefined) throw new Fault('vault-refused', 'the pack of a block was never granted')
    const { sealed } = block
    const decipher = createDecipheriv('aes-256-gcm', grant.key, blockNonce(block.number), { authTagLength: TAG_BYTES })
    decipher.setAAD(blockAad(VAULT_ID, block))
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
    const opened = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES))
    try {
      decipher.final()
    } catch (error) {
      throw new Fault('vault-block-false', `block ${block.number} is not what it says`, { cause: error })
    }
    const plain = block.compression === 'zstd' ? zstdDecompressSync(opened) : opened
    let at = 0
    for (const [index, length] of block.lengths.entries()) {
      const bytes = Uint8Array.from(plain.subarray(at, at + length))
      const id = text(block.ids.subarray(index * 32, index * 32 + 32))
      if (text(memoryId(this.#idKey(), bytes)) !== id) throw new Fault('vault-block-false', `segment ${index} of block ${block.number} has another id`)
      this.#vault.segments.set(id, bytes)
      at += length
    }
    this.storedBytes += sealed.length
    await Promise.resolve()
  }

  sealPack(packId: Uint8Array): Promise<void> {
    if (!this.#grants.delete(text(packId))) return Promise.reject(new Fault('vault-refused', 'the pack is not open'))
    this.durableBytes = this.storedBytes
    return Promise.resolve()
  }

  sendRecipe(entries: readonly RecipeEntry[]): Promise<void> {
    for (const entry of entries) {
      this.#entries.push({ ...entry, id: Uint8Array.from(entry.id), directory: Uint8Array.from(entry.directory) })
    }
    return Promise.resolve()
  }

  beforeCommit(settle: Parameters<DumpIntake['beforeCommit']>[0]): void {
    this.#settle = settle
  }

  async finish(facts: DumpFacts): Promise<CommittedDump> {
    if (this.#isAbandoned) throw new Fault('cancelled', 'the dump was abandoned')
    if (this.#entries.some(({ id }) => !this.#vault.segments.has(text(id)))) throw new Fault('vault-refused', 'a piece of the recipe is not in the vault')
    const sum = new RunningCrc32c()
    sum.update(this.#vault.bytesOf(this.#entries))
    if (sum.bytes !== facts.nativeBytes || sum.text() !== `${facts.nativeCrc.toString(16).padStart(8, '0')}:${facts.nativeBytes}`) throw new Fault('vault-refused', `the recipe gives ${sum.text()}`)
    const settled = await this.#settle?.(facts.nativeBytes, sum.text())
    const { host, disk, run, level, baseRun, domain, maker, startedMs } = this.#order
    return this.#vault.list({ host, disk, run, level, baseRun, domain, maker, startedMs, header: settled?.header ?? '', endedMs: settled?.endedMs ?? 0, nativeBytes: facts.nativeBytes, nativeCrc: sum.text(), members: facts.members, addedBytes: this.storedBytes, recipeBytes: 0, verifiedMs: undefined, tags: [], isPinned: false }, this.#entries)
  }

  abandon(): Promise<void> {
    this.#isAbandoned = true
    return Promise.resolve()
  }
}
