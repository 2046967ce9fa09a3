// A thread of a dump into a vault, beside what archive-worker.ts does: knows what the vault has, cuts, hashes, collects and seals. Its messages have a channel of
// their own, since answers of the vault come whenever they come. Like its thread it never returns to the event loop.

import { receiveMessageOnPort } from 'node:worker_threads'
import type { SealedBlock } from '../../wire/vault/uplink.ts'
import { IdFilter } from '../../wire/vault/id-filter.ts'
import { assert } from '../../kernel/assert.ts'
import { openSyncFile } from '../../kernel/sync-file.ts'
import { RUNG_WORD } from '../unit-messages.ts'
import type { UnitOutput } from '../unit-output.ts'
import { BlockCollector } from './block-collector.ts'
import { PackNumbers, type BlockPlace } from './pack-numbers.ts'
import { PlainBlocks } from './plain-blocks.ts'
import { KeptReader } from './kept-file.ts'
import { noteSegments } from './note-segments.ts'
import { RecipeOutput } from './recipe-output.ts'
import { SegmentKnowledge } from './segment-knowledge.ts'
import { SegmentStage } from './segment-stage.ts'
import { SharedIds } from './shared-ids.ts'
import type { SegmentTools } from './segment-tools.ts'
import { TreeKeep, type KeepParts } from './tree-keep.ts'
import { DONE_UNIT_BYTES, DONE_WORD, IDLE_WORD, WAITING_KIB_MAX, WAITING_KIB_WORD, type VaultMainMessage, type VaultStart, type VaultWorkerMessage } from './vault-messages.ts'

export interface ThreadParts {
  /** Throws when the dump is over. */
  checkStop(): void
  /** Of this thread. */
  readonly bell: Int32Array
  /** Users and groups whose names stand in headers of this thread. */
  ownersUsed(): readonly string[]
}

export class VaultThread {
  /** Bytes of files that were taken over from the last dump. */
  #unchangedBytes = 0
  /** Content that is done with and not told yet. */
  #untoldBytes = 0
  readonly #start: VaultStart
  readonly #parts: ThreadParts
  readonly #words: Int32Array
  readonly #bells: readonly Int32Array[]
  readonly #knowledge: SegmentKnowledge
  readonly #collector: BlockCollector
  readonly #tools: SegmentTools
  #stage: SegmentStage | undefined
  #output: RecipeOutput | undefined
  #kept: KeptReader | undefined

  constructor(start: VaultStart, tools: SegmentTools, parts: ThreadParts) {
    this.#start = start
    this.#parts = parts
    this.#words = new Int32Array(start.words)
    this.#bells = start.bells.map((bell) => new Int32Array(bell))
    this.#tools = tools
    const filter = start.filter === undefined ? undefined : IdFilter.decode(new Uint8Array(start.filter))
    this.#knowledge = new SegmentKnowledge({
      ids: new SharedIds(start.ids),
      mayHave: filter === undefined ? undefined : (id) => filter.mayHave(id),
      send: (query, ids) => this.#send({ kind: 'ask', query, ids: ids.slice() }),
      wait: () => this.#waitUntil(() => this.#receive()),
    })
    this.#collector = new BlockCollector({
      numbers: new PackNumbers(start.numbers),
      blocks: new PlainBlocks(start.blocks),
      seal: (place, plain, ids, lengths) => this.#seal(place, plain, ids, lengths),
      send: (message) => this.#send(message),
      waitUntil: (isReady) => this.#waitUntil(isReady),
      isBehind: () => Atomics.load(this.#words, WAITING_KIB_WORD) > WAITING_KIB_MAX,
      hasIdle: () => Atomics.load(this.#words, IDLE_WORD) > 0,
      wakeIdle: () => this.#wakeIdle(),
    })
  }

  /** What members are written to; their recipe goes to `inner`. Called once. */
  createOutput(inner: UnitOutput): RecipeOutput {
    const { cutter } = this.#tools
    this.#output = new RecipeOutput(inner, (take) => {
      const taken = (id: Uint8Array, length: number, crc: number): void => {
        this.#count(length)
        take(id, length, crc)
      }
      this.#stage = new SegmentStage({ cutter, knowledge: this.#knowledge, idOf: (bytes) => this.#tools.idOf(bytes), take: taken, store: (id, bytes) => this.#collector.add(id, bytes) })
      return this.#stage
    })
    return this.#output
  }

  createKeep(parts: Pick<KeepParts, 'calls' | 'settings' | 'path' | 'excludes'>): TreeKeep {
    const { keptPath } = this.#start
    assert(this.#output !== undefined, 'members are written somewhere')
    this.#kept = keptPath === undefined ? undefined : KeptReader.open(openSyncFile(keptPath, 'read'))
    return new TreeKeep({ ...parts, output: this.#output, kept: this.#kept, addUnchanged: (bytes) => this.#addUnchanged(bytes), noteSegments: (operations) => noteSegments(operations, this.#knowledge) })
  }

  close(): void {
    this.#start.port.close()
    this.#kept?.close()
  }

  /** While there is no order: whether something was done. */
  work(): boolean {
    return this.#receive() || this.#collector.help()
  }

  /** The thread waits for an order, or works again: while it waits others leave blocks to it. */
  rest(isIdle: boolean): void {
    Atomics.add(this.#words, IDLE_WORD, isIdle ? 1 : -1)
  }

  #addUnchanged(bytes: number): void {
    this.#unchangedBytes += bytes
    this.#count(bytes)
  }

  /** So much content is done with. */
  #count(bytes: number): void {
    this.#untoldBytes += bytes
    if (this.#untoldBytes < DONE_UNIT_BYTES) return
    const units = Math.floor(this.#untoldBytes / DONE_UNIT_BYTES)
    this.#untoldBytes -= units * DONE_UNIT_BYTES
    Atomics.add(this.#words, DONE_WORD, units)
  }

  #drain(): void {
    this.#stage?.settle()
    this.#collector.drain()
    this.#send({ kind: 'drained', readBytes: this.#output?.contentBytes ?? 0, unchangedBytes: this.#unchangedBytes, owners: this.#parts.ownersUsed() })
  }

  /** Takes one message, if there is one. */
  #receive(): boolean {
    const received = receiveMessageOnPort(this.#start.port) as { readonly message: VaultMainMessage } | undefined
    if (received === undefined) return false
    const { message } = received
    if (message.kind === 'answer') this.#knowledge.addAnswer(message.query, message.bits)
    else this.#drain()
    return true
  }

  #send(message: VaultWorkerMessage): void {
    if (message.kind !== 'sealed') {
      this.#start.port.postMessage(message)
      return
    }
    Atomics.add(this.#words, WAITING_KIB_WORD, Math.ceil(message.sealed.length / 1024))
    // None of it is copied on its way: all three are the block's own.
    this.#start.port.postMessage(message, [message.sealed, message.ids, message.lengths].map(({ buffer }) => buffer as ArrayBuffer))
  }

  #seal(place: BlockPlace, plain: Uint8Array, ids: Uint8Array, lengths: Uint32Array): SealedBlock {
    return this.#tools.seal(place, 'data', plain, ids, lengths)
  }

  #waitUntil(isReady: () => boolean): void {
    for (;;) {
      const rung = Atomics.load(this.#parts.bell, RUNG_WORD)
      this.#parts.checkStop()
      if (isReady()) return
      Atomics.wait(this.#parts.bell, RUNG_WORD, rung)
    }
  }

  #wakeIdle(): void {
    for (const bell of this.#bells) {
      if (bell === this.#parts.bell) continue
      Atomics.add(bell, RUNG_WORD, 1)
      Atomics.notify(bell, RUNG_WORD)
    }
  }
}
