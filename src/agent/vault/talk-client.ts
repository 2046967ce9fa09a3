// The agent's end of a dump into a vault of a server: the calls of VaultUplink as frames on the DATA stream (docs/protocol/vault.md). It asks and sends without waiting; the server
// answers each kind of question in the order in which they were asked. What is under way is bounded: blocks beyond the window wait until the server has taken others.

import type { ByteStream } from '../../transport/contract.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { FAULT_CODES, type FaultCode } from '../../kernel/fault-codes.ts'
import { createServerFrameDecoder } from '../../wire/vault/talk-decoder.ts'
import { encodeBlockFrame, encodeTalkFrame } from '../../wire/vault/talk-encode.ts'
import { TALK_VERSION, TALK_WINDOW_BYTES, type AgentFrame, type ServerFrame } from '../../wire/vault/talk.ts'
import type { CommittedDump, DumpFacts, PackGrant, RecipeEntry, SealedBlock, VaultUplink, VaultWelcome } from '../../wire/vault/uplink.ts'

interface Waiter<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (reason: Fault) => void
}

/** Those who wait for answers of one kind, first come first served. */
class Waiters<Value> {
  readonly #waiting: Waiter<Value>[] = []

  wait(): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    // Who asks may have gone on to something else that failed.
    promise.catch(() => undefined)
    this.#waiting.push({ resolve, reject })
    return promise
  }

  answer(value: Value): void {
    const waiter = this.#waiting.shift()
    if (waiter === undefined) throw new Fault('wire-malformed', 'the server answered what was not asked')
    waiter.resolve(value)
  }

  fail(reason: Fault): void {
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }
}

/** Takes over `stream`, in both directions. */
export class TalkClient implements VaultUplink {
  readonly #stream: ByteStream
  readonly #welcome: Promise<VaultWelcome>
  readonly #welcomes = new Waiters<VaultWelcome>()
  readonly #answers = new Waiters<Uint8Array>()
  readonly #filters = new Waiters<Uint8Array | undefined>()
  readonly #packs = new Waiters<PackGrant>()
  readonly #seals = new Waiters<void>()
  readonly #dones = new Waiters<CommittedDump>()
  readonly #room = new Waiters<void>()
  #roomWaiting = 0
  #written: Promise<void> = Promise.resolve()
  #sentBytes = 0
  #takenBytes = 0
  #failure: Fault | undefined
  readonly #failed = Promise.withResolvers<void>()
  readonly #listening: Promise<void>

  constructor(stream: ByteStream) {
    this.#stream = stream
    this.#welcome = this.#welcomes.wait()
    this.#send({ kind: 'hello', version: TALK_VERSION }).catch(() => undefined)
    this.#listening = this.#listen()
  }

  welcome(): Promise<VaultWelcome> {
    return this.#welcome
  }

  known(ids: Uint8Array): Promise<Uint8Array> {
    return this.#ask({ kind: 'query', ids }, this.#answers)
  }

  filter(): Promise<Uint8Array | undefined> {
    return this.#ask({ kind: 'want-filter' }, this.#filters)
  }

  grantPack(): Promise<PackGrant> {
    return this.#ask({ kind: 'want-pack' }, this.#packs)
  }

  async sendBlock(block: SealedBlock): Promise<void> {
    while (this.#failure === undefined && this.#sentBytes > this.#takenBytes && this.#sentBytes + block.sealed.length - this.#takenBytes > TALK_WINDOW_BYTES) {
      this.#roomWaiting++
      await this.#room.wait()
    }
    this.#sentBytes += block.sealed.length
    const head = encodeBlockFrame(block)
    await this.#write(async () => {
      await this.#stream.write(head)
      await this.#stream.write(block.sealed)
    })
  }

  sealPack(packId: Uint8Array): Promise<void> {
    return this.#ask({ kind: 'seal-pack', packId }, this.#seals)
  }

  async sendRecipe(entries: readonly RecipeEntry[]): Promise<void> {
    await this.#send({ kind: 'recipe', entries })
  }

  finish(facts: DumpFacts): Promise<CommittedDump> {
    return this.#ask({ kind: 'finish', facts }, this.#dones)
  }

  /** Whoever waits is told why; nothing is written any more. */
  fail(reason: Fault): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#failed.resolve()
    for (const waiters of [this.#welcomes, this.#answers, this.#filters, this.#packs, this.#seals, this.#dones, this.#room]) waiters.fail(reason)
  }

  #ask<Value>(frame: Exclude<AgentFrame, { kind: 'block' }>, waiters: Waiters<Value>): Promise<Value> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    // In the order in which the frames are written.
    const answer = waiters.wait()
    void this.#send(frame).catch(() => undefined)
    return answer
  }

  #send(frame: Exclude<AgentFrame, { kind: 'block' }>): Promise<void> {
    const bytes = encodeTalkFrame(frame)
    return this.#write(() => this.#stream.write(bytes))
  }

  /** One write at a time, in the order of the calls. */
  #write(work: () => Promise<void>): Promise<void> {
    const written = this.#written.then(async () => {
      if (this.#failure !== undefined) throw this.#failure
      try {
        await work()
      } catch (error) {
        // A server that refuses says why before it stops to read, and ends what it writes as well.
        await Promise.race([this.#listening, this.#failed.promise])
        this.fail(faultOf(error))
        throw this.#failure ?? faultOf(error)
      }
    })
    this.#written = written.catch(() => undefined)
    return written
  }

  async #listen(): Promise<void> {
    const decoder = createServerFrameDecoder()
    try {
      for (;;) {
        const piece = await this.#stream.read()
        if (piece === null) break
        for (const frame of decoder.push(piece)) this.#take(frame)
      }
      this.fail(new Fault('connection-lost', 'the server ended the talk of the vault'))
    } catch (error) {
      const fault = faultOf(error)
      this.fail(fault)
      this.#stream.cancel(fault)
    }
  }

  #take(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'welcome':
        if (frame.version !== TALK_VERSION) throw new Fault('version-unsupported', `the server speaks version ${frame.version} of the talk of a vault, this agent ${TALK_VERSION}`)
        return this.#welcomes.answer(frame.welcome)
      case 'answer':
        return this.#answers.answer(frame.known)
      case 'pack':
        return this.#packs.answer({ packId: frame.packId, key: frame.key })
      case 'filter':
        return this.#filters.answer(frame.filter)
      case 'taken':
        return this.#taken(frame.bytes)
      case 'done':
        return this.#dones.answer({ manifest: frame.manifest })
      case 'sealed':
        return this.#seals.answer()
      case 'refused':
        throw new Fault(Object.hasOwn(FAULT_CODES, frame.code) ? (frame.code as FaultCode) : 'vault-refused', frame.text)
    }
  }

  #taken(bytes: number): void {
    if (bytes < this.#takenBytes || bytes > this.#sentBytes) throw new Fault('wire-malformed', 'the server took more than was sent')
    this.#takenBytes = bytes
    for (; this.#roomWaiting > 0; this.#roomWaiting--) this.#room.answer()
  }
}
