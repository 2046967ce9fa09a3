// Asks an agent for a dump and gives the streams it opens. A refusal is a Fault that says whether another try makes sense.

import { sleep, withTimeout, type Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { ByteStream, Connection, Packet, ServiceName, Transport } from '../../transport/contract.ts'
import { parseConnectReply } from '../../wire/amanda/connect-reply.ts'
import type { RetryAdvice } from '../../wire/amanda/retry.ts'
import { parseErrorLine } from '../../wire/amanda/service-errors.ts'

export interface DumpStreams {
  readonly data: ByteStream
  readonly mesg: ByteStream
  readonly index: ByteStream | undefined
  readonly state: ByteStream | undefined
}

/** The client asks for another try. */
export class RetryWanted extends Fault {
  readonly advice: RetryAdvice

  constructor(advice: RetryAdvice) {
    super('agent-retry', advice.message ?? 'the client asked for another try')
    this.advice = advice
  }
}

/** A connection within `limitMs`. Rejects with `agent-unreachable`, or with `cancelled`. */
export async function connectTo(transport: Transport, clock: Clock, host: string, limitMs: number, signal: AbortSignal): Promise<Connection> {
  try {
    return await withTimeout(clock, limitMs, `connecting to ${host}`, (inner) => transport.connect(host, inner), signal)
  } catch (error) {
    if (signal.aborted) throw new Fault('cancelled', `connecting to ${host} was cancelled`, { cause: error })
    const fault = faultOf(error)
    if (fault.code !== 'timed-out' && fault.code !== 'cancelled') throw fault
    throw new Fault('agent-unreachable', `the agent of ${host} did not connect within ${Math.round(limitMs / 1000)} s`, { cause: fault })
  }
}

/** The body of the reply to one request; PREPs go to `onPrep`. Rejects with `agent-refused` for a NAK. */
export async function requestReply(connection: Connection, service: ServiceName, body: string, signal: AbortSignal, onPrep?: (body: string) => void): Promise<string> {
  let last: Packet | undefined
  for await (const packet of connection.request(service, body, signal)) {
    if (packet.kind === 'prep') onPrep?.(packet.body)
    else last = packet
  }
  if (last === undefined) throw new Fault('wire-malformed', `the answer to ${service} has no end`)
  if (last.kind === 'rep') return last.body
  const text = last.body.split('\n').map(parseErrorLine).find((found) => found !== undefined)
  throw new Fault('agent-refused', `${connection.peer.host} refused ${service}: ${text ?? last.body.slice(0, 200)}`)
}

/** `isTalk`: DATA goes both ways. Rejects with `agent-error`, `agent-refused`, RetryWanted, `wire-malformed`, or what ended the connection. */
export async function openDumpStreams(connection: Connection, body: string, signal: AbortSignal, isTalk = false): Promise<DumpStreams> {
  const reply = parseConnectReply(await requestReply(connection, 'sendbackup', body, signal))
  switch (reply.kind) {
    case 'error':
      throw new Fault('agent-error', reply.text)
    case 'retry':
      throw new RetryWanted(reply.advice)
    case 'connect': {
      const take = (name: 'DATA' | 'MESG' | 'INDEX' | 'STATE'): ByteStream | undefined => {
        const handle = reply.streams.get(name)
        return handle === undefined ? undefined : connection.stream(handle)
      }
      const [data, mesg, index, state] = [take('DATA'), take('MESG'), take('INDEX'), take('STATE')]
      if (data === undefined || mesg === undefined) {
        const fault = new Fault('wire-malformed', 'the reply to sendbackup opens no DATA or no MESG')
        for (const stream of [data, mesg, index, state]) stream?.cancel(fault)
        throw fault
      }
      // Nothing is ever said in our direction, but to an agent that asks what a vault has.
      for (const stream of [isTalk ? undefined : data, mesg, index, state]) stream?.end().catch(() => undefined)
      return { data, mesg, index, state }
    }
  }
}

/** How often silence is looked for, as a share of the limit. */
const LOOKS = 8

export interface Watchdog {
  /** Something moved, or the client is not the one who is waited for. */
  touch(): void
  stop(): void
}

/** Calls `onStall` once nothing has been touched for `limitMs` of time in which `isConnected` was true. */
export function watchSilence(clock: Clock, limitMs: number, isConnected: () => boolean, isOurs: () => boolean, onStall: () => void): Watchdog {
  const controller = new AbortController()
  const lookMs = Math.max(1, Math.ceil(limitMs / LOOKS))
  let silentMs = 0
  const watch = async (): Promise<void> => {
    while (silentMs < limitMs) {
      await sleep(clock, lookMs, controller.signal)
      silentMs = isConnected() && !isOurs() ? silentMs + lookMs : 0
    }
    onStall()
  }
  watch().catch(() => undefined)
  return {
    touch() {
      silentMs = 0
    },
    stop: () => controller.abort(),
  }
}
