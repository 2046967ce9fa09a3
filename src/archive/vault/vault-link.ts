// The main thread's end of a dump into a vault: hands the questions and blocks of the threads to the vault, and packs to the threads before they need them. Sent bytes
// are counted in memory that the threads see, so that none runs ahead of the vault.

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import type { VaultUplink, VaultWelcome } from '../../wire/vault/uplink.ts'
import type { ThreadCompanion } from '../archive-threads.ts'
import { RUNG_WORD } from '../unit-messages.ts'
import { PackLedger } from './pack-ledger.ts'
import { PACK_NUMBERS_BYTES, PackNumbers, type BlockPlace } from './pack-numbers.ts'
import { PLAIN_BLOCK_BYTES } from './plain-blocks.ts'
import { SHARED_IDS_BYTES } from './shared-ids.ts'
import { DONE_UNIT_BYTES, DONE_WORD, VAULT_WORDS_BYTES, WAITING_KIB_WORD, type BlockSealed, type VaultMainMessage, type VaultStart, type VaultWorkerMessage } from './vault-messages.ts'

/** Blocks that the vault is given at once. */
const SENDS_MAX = 6

export interface DrainFacts {
  readonly readBytes: number
  readonly unchangedBytes: number
  readonly owners: readonly string[]
}

export class VaultLink implements ThreadCompanion {
  readonly #uplink: VaultUplink
  readonly #welcome: VaultWelcome
  readonly #filter: SharedArrayBuffer | undefined
  readonly #keptPath: string | undefined
  readonly #onFailure: (fault: Fault) => void
  readonly #numbersMemory = new SharedArrayBuffer(PACK_NUMBERS_BYTES)
  readonly #numbers = new PackNumbers(this.#numbersMemory)
  readonly #wordsMemory = new SharedArrayBuffer(VAULT_WORDS_BYTES)
  readonly #words = new Int32Array(this.#wordsMemory)
  readonly #ids = new SharedArrayBuffer(SHARED_IDS_BYTES)
  readonly #packs: PackLedger
  #blocks: readonly SharedArrayBuffer[] = []
  #bells: readonly Int32Array[] = []
  readonly #ports: MessagePort[] = []
  readonly #queue: BlockSealed[] = []
  #sending = 0
  #isGranting = false
  #failure: Fault | undefined
  readonly #drained: DrainFacts[] = []
  #waiters: (() => void)[] = []

  constructor(uplink: VaultUplink, welcome: VaultWelcome, filter: Uint8Array | undefined, keptPath: string | undefined, onFailure: (fault: Fault) => void) {
    this.#uplink = uplink
    this.#welcome = welcome
    this.#keptPath = keptPath
    this.#onFailure = onFailure
    this.#packs = new PackLedger((packId) => uplink.sealPack(packId))
    if (filter !== undefined) {
      this.#filter = new SharedArrayBuffer(filter.length)
      new Uint8Array(this.#filter).set(filter)
    }
    this.#grant()
  }

  /** Bytes of files that were cut or taken over so far, but for less than one unit a thread. */
  get doneBytes(): number {
    return Atomics.load(this.#words, DONE_WORD) * DONE_UNIT_BYTES
  }

  startOf(number: number, bells: readonly SharedArrayBuffer[]): VaultStart {
    if (number === 0) {
      this.#bells = bells.map((bell) => new Int32Array(bell))
      this.#blocks = Array.from({ length: 2 * bells.length + 1 }, () => new SharedArrayBuffer(PLAIN_BLOCK_BYTES))
    }
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (message: VaultWorkerMessage) => this.#receive(number, message))
    this.#ports.push(port1)
    const { vaultId, idKey, seed, compressLevel } = this.#welcome
    return { port: port2, vaultId, idKey, seed, compressLevel, filter: this.#filter, keptPath: this.#keptPath, words: this.#wordsMemory, numbers: this.#numbersMemory, ids: this.#ids, blocks: this.#blocks, bells }
  }

  /** A number for a block of the main thread. */
  async place(): Promise<BlockPlace> {
    for (;;) {
      const taken = this.#numbers.take()
      if (taken.kind === 'number') return taken.place
      if (taken.kind === 'wait') await this.#until(() => this.#numbers.isGranted)
      else this.#count(taken)
    }
  }

  /** A block of the main thread; resolves when there is room for more. */
  async send(pack: number, block: Omit<BlockSealed, 'kind' | 'pack'> & { readonly kind: 'data' | 'recipe' }): Promise<void> {
    this.#numbers.addBytes(pack, block.sealed.length)
    await this.#uplink.sendBlock(block)
    this.#packs.sent(pack, block.packId)
  }

  /** All threads send what they have; resolves when the vault has taken it. */
  async drain(): Promise<DrainFacts> {
    for (const number of this.#ports.keys()) this.#tell(number, { kind: 'drain' })
    await this.#until(() => this.#drained.length === this.#ports.length && this.#queue.length === 0 && this.#sending === 0)
    return {
      readBytes: this.#drained.reduce((sum, { readBytes }) => sum + readBytes, 0),
      unchangedBytes: this.#drained.reduce((sum, { unchangedBytes }) => sum + unchangedBytes, 0),
      owners: [...new Set(this.#drained.flatMap(({ owners }) => owners))],
    }
  }

  /** Resolves when all packs are sealed. No more blocks come. */
  async sealAll(): Promise<void> {
    this.#packs.closed(this.#numbers.closeCurrent())
    await this.#packs.settled()
  }

  /** Nothing is sent any more, and whoever waits is told why. */
  stop(reason: Fault): void {
    this.#failure ??= reason
    this.#queue.length = 0
    for (const port of this.#ports) port.close()
    this.#wake()
  }

  #fail(error: unknown): void {
    const fault = faultOf(error)
    if (this.#failure !== undefined) return
    this.#failure = fault
    this.#queue.length = 0
    this.#wake()
    this.#onFailure(fault)
  }

  #receive(thread: number, message: VaultWorkerMessage): void {
    if (this.#failure !== undefined) return
    switch (message.kind) {
      case 'sealed':
        this.#queue.push(message)
        this.#pump()
        break
      case 'ask':
        this.#uplink.known(message.ids).then((bits) => this.#tell(thread, { kind: 'answer', query: message.query, bits: Uint8Array.from(bits) }), (error: unknown) => this.#fail(error))
        break
      case 'closed':
      case 'burnt':
        this.#count(message)
        break
      case 'want':
        this.#grant()
        break
      case 'drained':
        this.#drained.push(message)
        this.#wake()
    }
  }

  #count(message: { readonly kind: 'closed'; readonly pack: number; readonly count: number } | { readonly kind: 'burnt'; readonly pack: number }): void {
    if (message.kind === 'closed') this.#packs.closed(message)
    else this.#packs.burnt(message.pack)
    this.#grant()
  }

  #pump(): void {
    while (this.#sending < SENDS_MAX) {
      const block = this.#queue.shift()
      if (block === undefined) return
      this.#sending++
      void this.#sendOne(block)
    }
  }

  async #sendOne({ pack, packId, number, compression, plainBytes, ids, lengths, sealed }: BlockSealed): Promise<void> {
    const kib = Math.ceil(sealed.length / 1024)
    try {
      await this.#uplink.sendBlock({ packId, number, kind: 'data', compression, plainBytes, ids, lengths, sealed })
      releaseBytes(sealed)
      this.#packs.sent(pack, packId)
    } catch (error) {
      this.#fail(error)
    }
    this.#sending--
    Atomics.sub(this.#words, WAITING_KIB_WORD, kib)
    this.#ringAll()
    if (this.#failure === undefined) this.#pump()
    this.#wake()
  }

  #grant(): void {
    if (this.#isGranting || this.#failure !== undefined || !this.#numbers.isWanting) return
    this.#isGranting = true
    this.#uplink.grantPack().then(
      (grant) => {
        this.#isGranting = false
        this.#numbers.addGrant(grant)
        this.#ringAll()
        this.#wake()
        this.#grant()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  #tell(thread: number, message: VaultMainMessage): void {
    this.#ports[thread]?.postMessage(message)
    this.#ring(this.#bells[thread])
  }

  #ring(bell: Int32Array | undefined): void {
    if (bell === undefined) return
    Atomics.add(bell, RUNG_WORD, 1)
    Atomics.notify(bell, RUNG_WORD)
  }

  #ringAll(): void {
    for (const bell of this.#bells) this.#ring(bell)
  }

  async #until(isReady: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (isReady()) return
      await new Promise<void>((resolve) => void this.#waiters.push(resolve))
    }
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}
