// Calls the services of an agent over pipes in memory, as a server does over a transport.

import assert from 'node:assert/strict'
import { createAgentServices } from '../src/agent/agent-services.ts'
import { DEFAULT_COMMANDS } from '../src/agent/command-application.ts'
import { createBytePipe } from '../src/kernel/byte-pipe.ts'
import { readAll } from '../src/kernel/byte-stream.ts'
import { systemClock } from '../src/kernel/clock.ts'
import { silentLog } from '../src/kernel/log.ts'
import { nodeDisk } from '../src/kernel/node-disk.ts'
import { nodeProcesses } from '../src/kernel/node-processes.ts'
import { systemRandom } from '../src/kernel/random.ts'
import { RunningCrc32c } from '../src/stream/crc32c.ts'
import type { ByteStream, Packet, RequestHandler } from '../src/transport/contract.ts'
import { parseConnectReply, type StreamName } from '../src/wire/amanda/connect-reply.ts'
import { EMPTY_SELECTION, type Dle } from '../src/wire/amanda/dle.ts'
import { OUR_FEATURES } from '../src/wire/amanda/features.ts'
import { MesgReader } from '../src/wire/amanda/mesg.ts'
import { MesgSummariser, type MesgSummary } from '../src/wire/amanda/mesg-summary.ts'
import { formatRequest } from '../src/wire/amanda/request.ts'

export const DUMP_BYTES_MAX = 512 * 1024 * 1024

/** The services of an agent that may restore below `restorePath`. */
export function agentFor(restorePath: string, stateDir: string, commands: readonly string[] = DEFAULT_COMMANDS, pluginDir?: string, tar = 'tar'): RequestHandler {
  return createAgentServices({
    clock: systemClock,
    random: systemRandom,
    disk: nodeDisk,
    processes: nodeProcesses,
    log: silentLog,
    stateDir,
    version: '0.1.0',
    distro: 'test',
    platform: 'test',
    settings: { restorePaths: [restorePath], commands, filters: ['/usr/bin/bzip2'], pluginDir, estimateTimeoutMs: 60_000, tar },
  })
}

function pipeStream(handle: number): ByteStream {
  return { ...createPipe(), handle, commit: () => undefined, committedBytes: () => 0, onStopped: () => undefined }
}

function createPipe(): Pick<ByteStream, 'read' | 'cancel' | 'write' | 'end' | 'fail'> {
  const pipe = createBytePipe(256 * 1024)
  return { read: () => pipe.read(), cancel: (reason) => pipe.cancel(reason), write: (piece) => pipe.write(piece), end: () => pipe.end(), fail: (reason) => pipe.fail(reason) }
}

interface Call {
  readonly packets: Packet[]
  readonly streams: Map<number, ByteStream>
  readonly done: Promise<void>
  readonly answered: Promise<Packet>
}

/** One request over pipes in memory. */
export function call(handler: RequestHandler, service: string, body: string, signal = new AbortController().signal): Call {
  const packets: Packet[] = []
  const streams = new Map<number, ByteStream>()
  let answer: (packet: Packet) => void = () => undefined
  const answered = new Promise<Packet>((resolve) => (answer = resolve))
  const take = (packet: Packet): void => {
    packets.push(packet)
    if (packet.kind !== 'prep') answer(packet)
  }
  const done = handler({
    service,
    body,
    peer: { host: 'server' },
    signal,
    openStream() {
      const stream = pipeStream(streams.size + 1)
      streams.set(stream.handle, stream)
      return stream
    },
    prep: (text) => take({ kind: 'prep', body: text }),
    rep: (text) => take({ kind: 'rep', body: text }),
    nak: (text) => take({ kind: 'nak', body: text }),
  })
  return { packets, streams, done, answered }
}

export function dleOf(device: string, level: number, extra: Partial<Dle> = {}): Dle {
  return { program: 'GNUTAR', estimates: [], disk: device, levels: [{ level, isServers: false }], compress: { kind: 'none' }, encrypt: { kind: 'none' }, record: true, index: true, exclude: EMPTY_SELECTION, include: EMPTY_SELECTION, properties: [], scripts: [], ...extra }
}

/** The applications that dump directories. */
export const ARCHIVERS: Readonly<Record<string, Partial<Dle>>> = { gnutar: {}, archive: { program: 'APPLICATION', application: { plugin: 'archive', properties: [] } } }

export interface Dump {
  readonly data: Buffer
  readonly index: string[]
  readonly summary: MesgSummary
}

export function summarise(mesg: Uint8Array): MesgSummary {
  const reader = new MesgReader()
  const summariser = new MesgSummariser()
  for (const line of reader.push(mesg)) summariser.take(line)
  assert.equal(reader.finish(), undefined)
  return summariser.summary()
}

export async function dump(handler: RequestHandler, run: string, dle: Dle): Promise<Dump> {
  const request = call(handler, 'sendbackup', formatRequest('sendbackup', { features: OUR_FEATURES, hostname: 'client', timestamp: run }, [dle]))
  const reply = await request.answered
  const connect = parseConnectReply(reply.body)
  assert.ok(connect.kind === 'connect', reply.body)
  const read = async (name: StreamName): Promise<Buffer> => {
    const stream = request.streams.get(connect.streams.get(name) ?? -1)
    return stream === undefined ? Buffer.alloc(0) : Buffer.from(await readAll(stream, DUMP_BYTES_MAX))
  }
  const [data, mesg, index] = await Promise.all([read('DATA'), read('MESG'), read('INDEX'), read('STATE')])
  await request.done
  const crc = new RunningCrc32c()
  crc.update(data)
  const summary = summarise(mesg)
  if (summary.errors.length === 0) assert.equal(summary.clientCrc, crc.text())
  return { data, index: index.toString('latin1').split('\n').slice(0, -1), summary }
}

export function good(made: Dump): Dump {
  assert.deepEqual(made.summary.errors, [])
  assert.ok(made.summary.hasEnd && made.summary.isInfoComplete)
  return made
}
