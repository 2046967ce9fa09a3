// The server's side of the talk of a dump into a vault (docs/protocol/vault.md): frames of the agent become calls of the intake, answers go back. The agent may be anybody: what
// it may not send, or not at that place, is refused and fails the dump. Blocks are taken several at a time; a recipe or the end waits for all before it.
//
// | mode   | frame                                                | next                                                  |
// |--------|------------------------------------------------------|-------------------------------------------------------|
// | new    | HELLO                                                | open: WELCOME                                         |
// | open   | QUERY, WANT_PACK, WANT_FILTER, SEAL_PACK             | open: answers, in the order of the questions          |
// | open   | BLOCK, RECIPE                                        | open: TAKEN now and then                              |
// | open   | FINISH                                               | ended: DONE once the dump is listed                   |
// | any    | something else, a limit, a fault of the vault        | ended: REFUSED                                        |

import { BufferPool } from '../../../kernel/buffer-pool.ts'
import { sleep, type Clock } from '../../../kernel/clock.ts'
import { Fault, faultOf } from '../../../kernel/fault.ts'
import type { ByteStream } from '../../../transport/contract.ts'
import type { DumpIntake } from '../../../storage/vault/contract.ts'
import { createAgentFrameDecoder } from '../../../wire/vault/talk-decoder.ts'
import { encodeTalkFrame } from '../../../wire/vault/talk-encode.ts'
import { TALK_VERSION, TALK_WINDOW_BYTES, type AgentFrame, type ServerFrame } from '../../../wire/vault/talk.ts'
import type { CommittedDump, DumpFacts, SealedBlock } from '../../../wire/vault/uplink.ts'
import type { Waiting } from '../stored-flow.ts'

/** Sealed bytes of blocks that are being taken: enough for all threads of a server, a part of what the agent may have under way. */
const TAKING_BYTES_MAX = TALK_WINDOW_BYTES / 2
/** Buffers of blocks that wait for the next ones, and the largest that is kept: a block of incompressible bytes. */
const IDLE_BYTES_MAX = TAKING_BYTES_MAX / 2
const KEPT_BYTES_MAX = 1536 * 1024
/** Questions that wait for their answer. */
const ANSWERS_MAX = 16
/** Answers that the agent has not read yet; the filter may be larger than this and goes alone. */
const UNREAD_BYTES_MAX = 1024 * 1024
/** TAKEN is told in steps of this, and whenever nothing is being taken. */
const TELL_BYTES = 2 * 1024 * 1024
/** Packs that were granted and are not sealed. An agent has one a thread and two in advance. */
const GRANTS_MAX = 256
/** For the last word to an agent that may be gone. */
const FAREWELL_MS = 10_000

export interface TalkCounts {
  readonly sentBytes: number
  /** Of the dump, as far as anybody can tell before its end. */
  readonly nativeBytes: number
}

export interface TalkParts {
  readonly clock: Clock
  readonly stream: ByteStream
  readonly intake: DumpIntake
  readonly waiting: Waiting
  readonly onPiece: () => void
  readonly onCounts: (counts: TalkCounts) => void
}

export interface TalkEnd {
  readonly facts: DumpFacts
  readonly committed: CommittedDump
  readonly sentBytes: number
}

class Talk {
  readonly #parts: TalkParts
  /** Blocks lie where the threads that check them find them, and their memory is used again once they are written. */
  readonly #buffers = new BufferPool({ isShared: true, idleBytesMax: IDLE_BYTES_MAX, pooledBytesMax: KEPT_BYTES_MAX })
  readonly #decoder = createAgentFrameDecoder((bytes) => this.#buffers.take(bytes))
  readonly #taking = new Set<Promise<void>>()
  #takingBytes = 0
  #takenBytes = 0
  #toldBytes = 0
  #sentBytes = 0
  #plainBytes = 0
  #recipeNativeBytes = 0
  #answers: Promise<void> = Promise.resolve()
  #answersOpen = 0
  #seals: Promise<void> = Promise.resolve()
  #writes: Promise<void> = Promise.resolve()
  #unreadBytes = 0
  #grants = 0
  #hasHello = false
  #fault: Fault | undefined
  /** Wakes whoever waits until less is under way. */
  #wake: () => void = () => undefined

  constructor(parts: TalkParts) {
    this.#parts = parts
  }

  async run(): Promise<TalkEnd> {
    try {
      return await this.#talk()
    } catch (error) {
      const fault = this.#fail(faultOf(error))
      await this.#farewell(fault)
      throw fault
    }
  }

  async #talk(): Promise<TalkEnd> {
    const { stream, waiting, onPiece } = this.#parts
    for (;;) {
      waiting.isForClient = true
      const piece = await stream.read()
      waiting.isForClient = false
      if (piece === null) throw this.#fault ?? new Fault('dump-incomplete', 'the agent ended the talk with the vault before it had said all')
      onPiece()
      const frames = this.#decoder.push(piece)
      for (const [index, frame] of frames.entries()) {
        if (frame.kind !== 'finish') await this.#take(frame)
        else if (index < frames.length - 1 || !this.#decoder.isBetweenFrames) throw new Fault('wire-malformed', 'the agent sent more behind the end of its dump')
        else return await this.#finish(frame.facts)
      }
    }
  }

  async #take(frame: Exclude<AgentFrame, { kind: 'finish' }>): Promise<void> {
    const { intake } = this.#parts
    if (frame.kind === 'hello') return await this.#welcome(frame.version)
    if (!this.#hasHello) throw new Fault('wire-malformed', `the agent began the talk with ${frame.kind}`)
    await this.#until(() => this.#answersOpen < ANSWERS_MAX && this.#unreadBytes <= UNREAD_BYTES_MAX)
    switch (frame.kind) {
      case 'query':
        return this.#answer(intake.known(frame.ids).then((known) => ({ kind: 'answer', known })))
      case 'want-filter':
        return this.#answer(intake.filter().then((filter) => ({ kind: 'filter', filter })))
      case 'want-pack':
        if (++this.#grants > GRANTS_MAX) throw new Fault('vault-refused', `the agent asked for ${GRANTS_MAX} packs and sealed none of them`)
        return this.#answer(intake.grantPack().then((grant) => ({ kind: 'pack', ...grant })))
      case 'block':
        return await this.#takeBlock(frame.block)
      case 'seal-pack':
        return this.#seal(frame.packId)
      case 'recipe':
        await intake.sendRecipe(frame.entries)
        for (const { nativeBytes } of frame.entries) this.#recipeNativeBytes += nativeBytes
        return this.#count()
    }
  }

  async #welcome(version: number): Promise<void> {
    if (this.#hasHello) throw new Fault('wire-malformed', 'the agent said HELLO twice')
    this.#hasHello = true
    if (version !== TALK_VERSION) throw new Fault('version-unsupported', `the agent speaks version ${version} of the talk with a vault, this server ${TALK_VERSION}`)
    this.#send({ kind: 'welcome', version: TALK_VERSION, welcome: await this.#parts.intake.welcome() })
  }

  async #takeBlock(block: SealedBlock): Promise<void> {
    const bytes = block.sealed.length
    await this.#until(() => this.#takingBytes === 0 || this.#takingBytes + bytes <= TAKING_BYTES_MAX)
    this.#takingBytes += bytes
    this.#sentBytes += bytes
    if (block.kind === 'data') this.#plainBytes += block.plainBytes
    this.#count()
    const taken = this.#parts.intake.sendBlock(block).then(
      () => {
        this.#takenBytes += bytes
      },
      (error: unknown) => void this.#fail(faultOf(error)),
    )
    const done = taken.then(() => {
      this.#buffers.give(block.sealed)
      this.#takingBytes -= bytes
      this.#taking.delete(done)
      const isWorthTelling = this.#takenBytes - this.#toldBytes >= TELL_BYTES || (this.#takingBytes === 0 && this.#takenBytes > this.#toldBytes)
      if (isWorthTelling && this.#fault === undefined) this.#send({ kind: 'taken', bytes: (this.#toldBytes = this.#takenBytes) })
      this.#wake()
    })
    this.#taking.add(done)
  }

  /** Behind the blocks that were sent before it; the agent goes on meanwhile. */
  #seal(packId: Uint8Array): void {
    this.#grants--
    const before = [...this.#taking, this.#seals]
    this.#seals = Promise.all(before)
      .then(async () => {
        if (this.#fault !== undefined) return
        await this.#parts.intake.sealPack(packId)
        this.#send({ kind: 'sealed', packId })
      })
      .catch((error: unknown) => void this.#fail(faultOf(error)))
  }

  #answer(work: Promise<ServerFrame>): void {
    this.#answersOpen++
    const before = this.#answers
    this.#answers = work
      .then(async (frame) => {
        await before
        this.#send(frame)
      })
      .catch((error: unknown) => void this.#fail(faultOf(error)))
      .then(() => {
        this.#answersOpen--
        this.#wake()
      })
  }

  #send(frame: ServerFrame): void {
    if (this.#fault !== undefined && frame.kind !== 'refused') return
    const bytes = encodeTalkFrame(frame)
    this.#unreadBytes += bytes.length
    this.#writes = this.#writes
      .then(() => this.#parts.stream.write(bytes))
      .catch((error: unknown) => void this.#fail(faultOf(error)))
      .then(() => {
        this.#unreadBytes -= bytes.length
        this.#wake()
      })
  }

  /** Waits for `isSo`, which the end of anything under way may bring about. Throws what went wrong meanwhile. */
  async #until(isSo: () => boolean): Promise<void> {
    while (this.#fault === undefined && !isSo()) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#fault !== undefined) throw this.#fault
  }

  /** All blocks that were sent are taken. */
  async #settled(): Promise<void> {
    await this.#until(() => this.#taking.size === 0)
  }

  #count(): void {
    this.#parts.onCounts({ sentBytes: this.#sentBytes, nativeBytes: Math.max(this.#plainBytes, this.#recipeNativeBytes) })
  }

  async #finish(facts: DumpFacts): Promise<TalkEnd> {
    if (!this.#hasHello) throw new Fault('wire-malformed', 'the agent ended a talk that had not begun')
    this.#parts.waiting.isForClient = true
    await this.#settled()
    await Promise.all([this.#seals, this.#answers])
    if (this.#fault !== undefined) throw this.#fault
    const committed = await this.#parts.intake.finish(facts)
    // From here on the dump is listed, whatever becomes of the agent: it learns of it from the next WELCOME, if this does not reach it.
    this.#send({ kind: 'done', manifest: committed.manifest })
    await this.#farewell(undefined)
    return { facts, committed, sentBytes: this.#sentBytes }
  }

  /** The first that went wrong ends the talk. */
  #fail(fault: Fault): Fault {
    if (this.#fault === undefined) {
      this.#fault = fault
      this.#send({ kind: 'refused', code: fault.code, text: fault.message })
      // A read that waits for the agent would wait for ever.
      this.#parts.stream.cancel(fault)
    }
    this.#wake()
    return this.#fault
  }

  /** Ends our direction once all was written, and reads what may still come, or the agent might meet a stream that is gone before it has our last word. */
  async #farewell(fault: Fault | undefined): Promise<void> {
    const { stream, clock } = this.#parts
    const limit = new AbortController()
    const say = async (): Promise<void> => {
      await this.#writes
      await stream.end()
      if (fault === undefined) while ((await stream.read()) !== null) continue
    }
    await Promise.race([say().catch(() => undefined), sleep(clock, FAREWELL_MS, limit.signal).catch(() => undefined)])
    limit.abort()
    stream.fail(fault ?? new Fault('cancelled', 'the dump is over'))
  }
}

/** Talks until the dump is listed. Rejects with why it is not, after the agent was told; the intake is then the caller's to abandon. */
export function serveTalk(parts: TalkParts): Promise<TalkEnd> {
  return new Talk(parts).run()
}
