// The server's end of the talk of a vault, for tests of the agent's: frames become calls of an uplink in this process. It answers in the order of the questions, and refuses when the
// uplink rejects.

import { createBytePipe } from '../src/kernel/byte-pipe.ts'
import { faultOf, type Fault } from '../src/kernel/fault.ts'
import type { ByteStream } from '../src/transport/contract.ts'
import { createAgentFrameDecoder } from '../src/wire/vault/talk-decoder.ts'
import { encodeTalkFrame } from '../src/wire/vault/talk-encode.ts'
import { TALK_VERSION, type AgentFrame, type ServerFrame } from '../src/wire/vault/talk.ts'
import type { VaultUplink } from '../src/wire/vault/uplink.ts'

const PIPE_BYTES = 256 * 1024

/** Both ends of a stream in memory. */
export function streamPair(): { readonly agent: ByteStream; readonly server: ByteStream } {
  const up = createBytePipe(PIPE_BYTES)
  const down = createBytePipe(PIPE_BYTES)
  const end = (incoming: typeof up, outgoing: typeof up): ByteStream => ({
    handle: 1,
    read: () => incoming.read(),
    cancel: (reason) => incoming.cancel(reason),
    write: (piece) => outgoing.write(piece),
    end: () => outgoing.end(),
    fail: (reason) => outgoing.fail(reason),
    commit: () => undefined,
    committedBytes: () => 0,
    onStopped: () => undefined,
  })
  return { agent: end(down, up), server: end(up, down) }
}

export class TalkPeer {
  readonly #stream: ByteStream
  readonly #uplink: VaultUplink
  /** May hold back or change what is answered; undefined: nothing is. */
  readonly #change: (frame: ServerFrame) => ServerFrame | undefined
  #takenBytes = 0

  constructor(stream: ByteStream, uplink: VaultUplink, change: (frame: ServerFrame) => ServerFrame | undefined = (frame) => frame) {
    this.#stream = stream
    this.#uplink = uplink
    this.#change = change
  }

  /** Serves until the agent ends; resolves with why it was refused, if it was. */
  async serve(): Promise<Fault | undefined> {
    const decoder = createAgentFrameDecoder()
    try {
      for (let piece = await this.#stream.read(); piece !== null; piece = await this.#stream.read()) for (const frame of decoder.push(piece)) await this.#take(frame)
      await this.#stream.end()
      return undefined
    } catch (error) {
      const fault = faultOf(error)
      await this.send({ kind: 'refused', code: fault.code, text: fault.message }).catch(() => undefined)
      await this.#stream.end().catch(() => undefined)
      this.#stream.cancel(fault)
      return fault
    }
  }

  async send(frame: ServerFrame): Promise<void> {
    const changed = this.#change(frame)
    if (changed !== undefined) await this.#stream.write(encodeTalkFrame(changed))
  }

  async #take(frame: AgentFrame): Promise<void> {
    const uplink = this.#uplink
    switch (frame.kind) {
      case 'hello':
        return await this.send({ kind: 'welcome', version: TALK_VERSION, welcome: await uplink.welcome() })
      case 'query':
        return await this.send({ kind: 'answer', known: await uplink.known(frame.ids) })
      case 'want-filter':
        return await this.send({ kind: 'filter', filter: await uplink.filter() })
      case 'want-pack':
        return await this.send({ kind: 'pack', ...(await uplink.grantPack()) })
      case 'block':
        await uplink.sendBlock(frame.block)
        this.#takenBytes += frame.block.sealed.length
        return await this.send({ kind: 'taken', bytes: this.#takenBytes })
      case 'seal-pack':
        await uplink.sealPack(frame.packId)
        return await this.send({ kind: 'sealed', packId: frame.packId })
      case 'recipe':
        return await uplink.sendRecipe(frame.entries)
      case 'finish':
        return await this.send({ kind: 'done', ...(await uplink.finish(frame.facts)) })
    }
  }
}
