// Sends a chain of dumps to an agent, which restores them there: the initiator of Amanda's restore service. One request a dump, full
// first. Filters are undone here, so the agent gets the bytes that the application made and a header that says so. On CTL, lines end in
// CR LF: the agent says its features, we name the target, the header, the wanted paths and the levels before and after, and then DATA flows.

import type { DumpRecord } from '../catalog/contract.ts'
import { pump, type ByteSource } from '../kernel/byte-stream.ts'
import type { Clock } from '../kernel/clock.ts'
import { withTimeout } from '../kernel/clock.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { EventSink } from '../kernel/log.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { ByteStream, Connection } from '../transport/contract.ts'
import { parseConnectReply, type StreamName } from '../wire/amanda/connect-reply.ts'
import { DUMP_HEADER_BYTES, encodeDumpHeader, type DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { OUR_FEATURES, parseFeatures, type FeatureSet } from '../wire/amanda/features.ts'
import { quoteString } from '../wire/amanda/quote.ts'
import { formatRequest } from '../wire/amanda/request.ts'
import type { ExistingPolicyWord } from '../wire/amanda/restore-dialogue.ts'
import { normalisePath } from '../stream/pick-paths.ts'
import type { RestoreEvent } from './extract.ts'
import { describe, nativeSource, openDump, type DumpStores } from './fetch.ts'

export interface AgentRestoreTools {
  readonly stores: DumpStores
  readonly processes: ProcessRunner
  readonly clock: Clock
  readonly events: EventSink<RestoreEvent>
}

export interface AgentRestoreResult {
  readonly dumps: readonly DumpRecord[]
  readonly bytes: number
  /** What the agent said went wrong. Not empty means that the restore is not whole. */
  readonly problems: readonly string[]
}

/** An answer on CTL needs no work of the agent but a look at its disk. */
const ANSWER_LIMIT_MS = 120_000
const CTL_LINE_BYTES_MAX = 16 * 1024
const PROBLEMS_MAX = 1000
const MESG_LINE_BYTES_MAX = 64 * 1024

export interface AgentRestoreWish {
  /** Relative to the top of the disk (`/a/b`); empty: everything. */
  readonly paths: readonly string[]
  /** A directory of the agent. */
  readonly target: string
  /** What becomes of names that are there already; undefined: the target must be missing or empty, which is all that agents of stock Amanda know. */
  readonly existing?: ExistingPolicyWord
}

/**
 * Restores `chain` (see plan.ts) on the other side of `connection`. Rejects with `restore-refused` when the agent does not take it, `wire-malformed` when it answers something
 * else, or what fetch and the connection reject with.
 */
export async function restoreToAgent(tools: AgentRestoreTools, connection: Connection, chain: readonly DumpRecord[], { paths, target, existing }: AgentRestoreWish, signal: AbortSignal): Promise<AgentRestoreResult> {
  const problems: string[] = []
  const wanted = paths.map(normalisePath)
  let bytes = 0
  for (const [index, record] of chain.entries()) {
    tools.events({ kind: 'dump-started', dump: record, index, count: chain.length })
    const fetched = await openDump(tools.stores, record)
    const source = await nativeSource(fetched, tools.processes)
    const session = await openSession(connection, tools.clock, signal).catch((error: unknown) => {
      source.cancel(faultOf(error))
      throw error
    })
    const onAbort = (): void => session.fail(new Fault('cancelled', 'the restore was cancelled'))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      const levels = { previous: chain[index - 1]?.level, next: chain[index + 1]?.level }
      await session.prepare(plainHeader(fetched.header), wanted, target, existing, levels)
      const sent = await session.send(source, (count) => tools.events({ kind: 'progress', dump: record, bytes: count }))
      const said = await session.messages
      const failure = said.map((line) => /^\w+: error \[?(.*?)\]?$/.exec(line)?.[1]).find((text) => text !== undefined)
      if (failure !== undefined) throw new Fault('restore-refused', `the agent gave the restore up: ${failure}`)
      for (const line of said) if (problems.length < PROBLEMS_MAX) problems.push(`${describe(record)}: ${line}`)
      bytes += sent
      tools.events({ kind: 'dump-ended', dump: record, bytes: sent, members: 0 })
    } catch (error) {
      const fault = faultOf(error)
      source.cancel(fault)
      session.fail(fault)
      throw fault
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
  return { dumps: chain, bytes, problems }
}

/** The header of the same dump without filters, as one file. */
function plainHeader(header: DumpFileHeader): DumpFileHeader {
  const { part: _part, serverCustomCompress: _a, clientCustomCompress: _b, serverEncrypt: _c, clientEncrypt: _d, serverDecryptOption: _e, clientDecryptOption: _f, clientCrc: _g, serverCrc: _h, ...rest } = header
  return { ...rest, kind: 'file', compress: 'N', isEncrypted: false, decryptCommand: '', uncompressCommand: '' }
}

interface Levels {
  readonly previous: number | undefined
  readonly next: number | undefined
}

async function openSession(connection: Connection, clock: Clock, signal: AbortSignal): Promise<AgentSession> {
  const request = formatRequest('restore', { features: OUR_FEATURES })
  for await (const packet of connection.request('restore', request, signal)) {
    if (packet.kind === 'prep') continue
    if (packet.kind === 'nak') throw new Fault('restore-refused', `the agent refuses: ${packet.body.trim()}`)
    const reply = parseConnectReply(packet.body)
    if (reply.kind !== 'connect') throw new Fault('restore-refused', `the agent refuses: ${reply.kind === 'error' ? reply.text : 'it asks for another try'}`)
    return new AgentSession(connection, reply.streams, clock, signal)
  }
  throw new Fault('wire-malformed', 'the agent gave no reply to a restore request')
}

class AgentSession {
  readonly #control: ByteStream
  readonly #data: ByteStream
  readonly #mesg: ByteStream
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #rest = ''
  /** What the agent said went wrong; settles when MESG has ended. */
  readonly messages: Promise<readonly string[]>

  constructor(connection: Connection, streams: ReadonlyMap<StreamName, number>, clock: Clock, signal: AbortSignal) {
    const take = (name: StreamName): ByteStream => {
      const handle = streams.get(name)
      if (handle === undefined) throw new Fault('wire-malformed', `the agent's reply has no ${name} stream`)
      return connection.stream(handle)
    }
    this.#control = take('CTL')
    this.#data = take('DATA')
    this.#mesg = take('MESG')
    this.#clock = clock
    this.#signal = signal
    this.messages = errorLines(this.#mesg)
    // Awaited only at the good end; a bad end is told by the other streams as well.
    this.messages.catch(() => undefined)
  }

  fail(reason: Fault): void {
    for (const stream of [this.#control, this.#data, this.#mesg]) {
      stream.fail(reason)
      stream.cancel(reason)
    }
  }

  /** Everything before DATA. */
  async prepare(header: DumpFileHeader, paths: readonly string[], target: string, existing: ExistingPolicyWord | undefined, levels: Levels): Promise<void> {
    const features = await this.#peerFeatures()
    await this.#say(`TARGET ${quoteString(target)}`)
    await this.#say(`HEADER-SEND-SIZE ${DUMP_HEADER_BYTES}`)
    await this.#expect('HEADER-READY')
    await this.#data.write(encodeDumpHeader(header))
    await this.#expect('HEADER-DONE')
    if (features.has('restoreInclude')) await this.#sendPaths(paths)
    else if (paths.length > 0) throw new Fault('restore-refused', 'the agent cannot restore single paths', { next: 'Restore everything, or restore to this machine with --to.' })
    if (existing !== undefined) await this.#say(`EXISTING-POLICY ${existing}`)
    if (features.has('restorePrevNextLevel')) await this.#say(`PREV-NEXT-LEVEL ${levels.previous ?? -1} ${levels.next ?? -1}`)
    await this.#say('DATA-SEND')
    await this.#expect('DATA-READY')
  }

  /** The dump; returns its bytes. */
  async send(source: ByteSource, onBytes: (bytes: number) => void): Promise<number> {
    let bytes = 0
    await pump(source, this.#data, (piece) => onBytes((bytes += piece.length)))
    await this.#control.end()
    return bytes
  }

  async #sendPaths(paths: readonly string[]): Promise<void> {
    if (paths.length > 0) {
      const list = Buffer.from(paths.map((path) => `.${path}\n`).join(''))
      await this.#say(`INCLUDE-SEND ${list.length}`)
      await this.#expect('INCLUDE-READY')
      await this.#data.write(list)
      await this.#expect('INCLUDE-DONE')
    }
    await this.#say('INCLUDE-EXCLUDE-DONE')
  }

  async #peerFeatures(): Promise<FeatureSet> {
    const line = await this.#line()
    const features = line.startsWith('FEATURES ') ? parseFeatures(line.slice('FEATURES '.length).trim()) : undefined
    if (features === undefined) throw new Fault('wire-malformed', `the agent said ${JSON.stringify(line)} where its features were expected`)
    return features
  }

  async #say(line: string): Promise<void> {
    await this.#control.write(Buffer.from(`${line}\r\n`))
  }

  async #expect(word: string): Promise<void> {
    const line = await this.#line()
    if (line === word || line.startsWith(`${word} `)) return
    throw line.startsWith('ERROR') ? new Fault('restore-refused', `the agent refuses: ${line.slice('ERROR'.length).trim()}`) : new Fault('wire-malformed', `the agent said ${JSON.stringify(line.slice(0, 200))} where ${word} was expected`)
  }

  #line(): Promise<string> {
    return withTimeout(this.#clock, ANSWER_LIMIT_MS, 'an answer of the agent', () => this.#readLine(), this.#signal)
  }

  async #readLine(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\n')
      if (end >= 0) {
        const line = this.#rest.slice(0, end).replace(/\r$/, '')
        this.#rest = this.#rest.slice(end + 1)
        return line
      }
      if (this.#rest.length > CTL_LINE_BYTES_MAX) throw new Fault('wire-malformed', 'a control line of the agent has no end')
      const piece = await this.#control.read()
      if (piece === null) {
        const said = (await this.messages).at(-1)
        throw new Fault('restore-refused', `the agent ended the restore${said === undefined ? '' : `: ${said}`}`)
      }
      this.#rest += Buffer.from(piece).toString('utf8')
    }
  }
}

/** The lines of MESG that tell of an error: `ERROR …`, `? …`, `sendbackup: error …`, or a JSON message of such a severity. */
async function errorLines(source: ByteSource): Promise<string[]> {
  const found: string[] = []
  let rest = ''
  const take = (line: string): void => {
    if (found.length < PROBLEMS_MAX && /^ERROR\b|^\? |^\w+: error\b|"severity"\s*:\s*"(?:error|critical)"/.test(line)) found.push(line.slice(0, 1000))
  }
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    const lines = (rest + Buffer.from(piece).toString('utf8')).split('\n')
    rest = (lines.pop() ?? '').slice(0, MESG_LINE_BYTES_MAX)
    for (const line of lines) take(line.replace(/\r$/, ''))
  }
  take(rest)
  return found
}
