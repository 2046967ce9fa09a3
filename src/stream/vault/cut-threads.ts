// Cuts a stream that came from a client that knows no vaults, on the server: a thread of its own cuts and seals, this one asks the vault and moves bytes. While the vault is asked about
// one batch, the next is cut. The recipe's entries are sent behind all blocks.

import { Worker } from 'node:worker_threads'
import { assert } from '../../kernel/assert.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { moduleFile } from '../../kernel/module-file.ts'
import { ID_BYTES, QUERY_IDS_MAX, RECIPE_ENTRIES_MAX } from '../../wire/vault/limits.ts'
import type { DumpFacts, PackGrant, VaultUplink } from '../../wire/vault/uplink.ts'
import type { CutAnswer, CutCall, CutMessage } from './cut-calls.ts'
import type { CutSettings, SettledBlocks } from './cut-work.ts'

/** MiB. What the thread holds lies outside the heap of the engine. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 }
const BATCH_BYTES = 1024 * 1024
/** A batch never needs more packs than what is left of one, and the next. */
const GRANTS_AHEAD = 2

class CutThread {
  readonly #worker: Worker
  readonly #gone: Promise<void>
  readonly #waiting: { resolve(answer: CutAnswer): void; reject(reason: Fault): void }[] = []
  #ended: Fault | undefined

  constructor(settings: CutSettings) {
    this.#worker = new Worker(moduleFile('./cut-worker', import.meta.url), { workerData: settings, resourceLimits: LIMITS })
    this.#worker.on('message', (answer: CutAnswer) => {
      const waiting = this.#waiting.shift()
      if (answer.kind === 'failed') waiting?.reject(new Fault(answer.code, answer.text))
      else waiting?.resolve(answer)
    })
    this.#worker.on('error', (error) => this.#end(faultOf(error)))
    this.#gone = new Promise((resolve) => void this.#worker.once('exit', () => {
      this.#end(new Fault('internal', 'the thread that cuts a stream ended early'))
      resolve()
    }))
  }

  async call<Kind extends CutAnswer['kind']>(call: CutCall, kind: Kind): Promise<CutAnswer & { kind: Kind }> {
    if (this.#ended !== undefined) throw this.#ended
    const answered = new Promise<CutAnswer>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    this.#worker.postMessage(call, call.kind === 'bytes' ? [call.buffer] : [])
    const answer = await answered
    assert(answer.kind === kind, 'the thread that cuts answers what it is asked')
    return answer as CutAnswer & { kind: Kind }
  }

  /** Resolves when the thread has ended, by itself: one that is ended from outside while it loads native code takes the process with it. */
  async close(): Promise<void> {
    if (this.#ended === undefined) this.#worker.postMessage({ kind: 'close' } satisfies CutMessage)
    await this.#gone
  }

  #end(reason: Fault): void {
    this.#ended ??= reason
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended)
  }
}

/** Grants that the thread was not given, and blocks on their way. */
class Deliveries {
  readonly #uplink: VaultUplink
  /** Packs that the thread has and has not filled. */
  #open = 0

  constructor(uplink: VaultUplink) {
    this.#uplink = uplink
  }

  async grants(): Promise<readonly PackGrant[]> {
    const grants: PackGrant[] = []
    for (; this.#open < GRANTS_AHEAD; this.#open++) grants.push(await this.#uplink.grantPack())
    return grants
  }

  async send({ blocks, fullPacks }: SettledBlocks): Promise<void> {
    for (const block of blocks) await this.#uplink.sendBlock(block)
    for (const packId of fullPacks) {
      await this.#uplink.sealPack(packId)
      this.#open--
    }
  }
}

/** Which of any number of ids the vault has. */
async function knownOf(uplink: VaultUplink, ids: Uint8Array): Promise<Uint8Array> {
  const answers: Uint8Array[] = []
  for (let at = 0; at < ids.length; at += QUERY_IDS_MAX * ID_BYTES) answers.push(Uint8Array.from(await uplink.known(ids.subarray(at, at + QUERY_IDS_MAX * ID_BYTES))))
  // Whole bytes each, but the last: QUERY_IDS_MAX is a multiple of eight.
  return Buffer.concat(answers)
}

function hasUnknown(known: Uint8Array, count: number): boolean {
  for (let index = 0; index < count; index++) if ((((known[index >> 3] ?? 0) >> (index & 7)) & 1) === 0) return true
  return false
}

/** The next batch in `buffer`: how many bytes, 0 at the end. `rest`: what of a piece had no room. */
class Batches {
  readonly #source: ByteSource
  readonly #onBytes: (bytes: number) => void
  #rest: Uint8Array = new Uint8Array(0)
  #isEnded = false

  constructor(source: ByteSource, onBytes: (bytes: number) => void) {
    this.#source = source
    this.#onBytes = onBytes
  }

  async fill(target: Uint8Array): Promise<number> {
    let filled = 0
    while (filled < target.length && !this.#isEnded) {
      if (this.#rest.length === 0) {
        const piece = await this.#source.read()
        if (piece === null) this.#isEnded = true
        else this.#rest = piece
        continue
      }
      const count = Math.min(this.#rest.length, target.length - filled)
      target.set(this.#rest.subarray(0, count), filled)
      this.#rest = this.#rest.subarray(count)
      filled += count
    }
    if (filled > 0) this.#onBytes(filled)
    return filled
  }
}

export interface CutHooks {
  /** Bytes of the stream that were taken, each time. */
  readonly onBytes: (bytes: number) => void
}

async function cutInto(thread: CutThread, source: ByteSource, uplink: VaultUplink, hooks: CutHooks, signal: AbortSignal): Promise<DumpFacts> {
  const deliveries = new Deliveries(uplink)
  const batches = new Batches(source, hooks.onBytes)
  const settle = async (ids: Uint8Array): Promise<void> => {
    const known = await knownOf(uplink, ids)
    const grants = hasUnknown(known, ids.length / ID_BYTES) ? await deliveries.grants() : []
    await deliveries.send(await thread.call({ kind: 'settle', known, grants }, 'settled'))
  }
  let buffer = new ArrayBuffer(BATCH_BYTES)
  let settling = Promise.resolve()
  for (let isEnded = false; !isEnded; ) {
    signal.throwIfAborted()
    const usedBytes = await batches.fill(new Uint8Array(buffer))
    isEnded = usedBytes === 0
    const answer = await thread.call(isEnded ? { kind: 'end' } : { kind: 'bytes', buffer, usedBytes }, 'cut')
    buffer = answer.buffer ?? buffer
    await settling
    settling = settle(answer.ids)
    // It is awaited with the next batch; until then nobody hears of its failure.
    settling.catch(() => undefined)
  }
  await settling
  const finished = await thread.call({ kind: 'finish', grants: [] }, 'finished')
  await deliveries.send(finished)
  for (let at = 0; at < finished.entries.length; at += RECIPE_ENTRIES_MAX) await uplink.sendRecipe(finished.entries.slice(at, at + RECIPE_ENTRIES_MAX))
  return finished.facts
}

/** Cuts all of `source` into the vault and resolves to the facts for `finish`, which the caller calls. Rejects with what ended it; the source is cancelled then. */
export async function cutStream(source: ByteSource, uplink: VaultUplink, hooks: CutHooks, signal: AbortSignal): Promise<DumpFacts> {
  const { vaultId, idKey, seed, compressLevel } = await uplink.welcome()
  const thread = new CutThread({ vaultId: Uint8Array.from(vaultId), idKey: Uint8Array.from(idKey), seed: Uint8Array.from(seed), compressLevel })
  const cancel = (): void => source.cancel(faultOf(signal.reason))
  signal.addEventListener('abort', cancel)
  try {
    return await cutInto(thread, source, uplink, hooks, signal)
  } catch (error) {
    const fault = faultOf(error)
    source.cancel(fault)
    throw fault
  } finally {
    signal.removeEventListener('abort', cancel)
    await thread.close()
  }
}
