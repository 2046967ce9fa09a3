// Our agent in the place of a client's amandad with -auth=local, so that a stock server talks to it: tokens on stdin and stdout (4 bytes
// length, 4 bytes handle, payload; an empty payload is the end). The first argument is the state directory, the second that of the scripts.

import { createAgentServices } from '../../src/agent/agent-services.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { Fault } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { nodeProcesses } from '../../src/kernel/node-processes.ts'
import { systemRandom } from '../../src/kernel/random.ts'
import type { ByteStream } from '../../src/transport/contract.ts'

const HEAD_BYTES = 8
const FIRST_STREAM = 499_999
const PIECE_BYTES = 32 * 1024
const REQ = 0
const ACK = 3
const [stateDir = '', scriptDir = ''] = process.argv.slice(2)
const scripts = { dir: scriptDir, userId: process.getuid?.(), timeoutMs: 20_000 }
const services = createAgentServices({ clock: systemClock, random: systemRandom, disk: nodeDisk, processes: nodeProcesses, log: silentLog, stateDir, version: '3.5.1', distro: 'd', platform: 'p', settings: { restorePaths: [], commands: [], filters: [], pluginDir: undefined, estimateTimeoutMs: 60_000, scripts } })
const gone = new AbortController()
const stopped: ((reason: Fault) => void)[] = []
let nextHandle = FIRST_STREAM

function send(handle: number, payload: Uint8Array): Promise<void> {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(payload.length, 0)
  head.writeUInt32BE(handle, 4)
  return new Promise((resolve) => process.stdout.write(Buffer.concat([head, payload]), () => resolve()))
}

function packet(handle: number, kind: number, text: string): void {
  void send(handle, Buffer.concat([Buffer.from([kind]), Buffer.from(text), Buffer.from([0])]))
}

function openStream(): ByteStream {
  const handle = nextHandle--
  const close = (): Promise<void> => send(handle, Buffer.alloc(0))
  return {
    handle,
    read: () => Promise.resolve(null),
    cancel: () => undefined,
    async write(piece) {
      if (gone.signal.aborted) throw new Fault('connection-lost', 'the server has gone')
      for (let at = 0; at < piece.length; at += PIECE_BYTES) await send(handle, piece.subarray(at, at + PIECE_BYTES))
    },
    end: close,
    fail: () => void close(),
    commit: () => undefined,
    committedBytes: () => 0,
    onStopped: (listener) => void stopped.push(listener),
  }
}

function take(handle: number, payload: Buffer): void {
  if (payload[0] !== REQ || payload.length < 2 || handle >= 10_000) return
  const text = payload.toString('utf8', 1).replace(/\0$/, '')
  const [, service = '', body = ''] = /^(?:SECURITY [^\n]*\n)?SERVICE (\S+)\n([\s\S]*)$/.exec(text) ?? []
  packet(handle, ACK, '')
  const request = { service, body, peer: { host: 'server' }, signal: gone.signal, openStream, prep: (reply: string) => packet(handle, 2, reply), rep: (reply: string) => packet(handle, 1, reply), nak: (reply: string) => packet(handle, 4, reply) }
  void services(request as Parameters<typeof services>[0])
}

let rest = Buffer.alloc(0)
for await (const piece of process.stdin as AsyncIterable<Buffer>) {
  rest = Buffer.concat([rest, piece])
  while (rest.length >= HEAD_BYTES && rest.length >= HEAD_BYTES + rest.readUInt32BE(0)) {
    const length = rest.readUInt32BE(0)
    take(rest.readUInt32BE(4), rest.subarray(HEAD_BYTES, HEAD_BYTES + length))
    rest = rest.subarray(HEAD_BYTES + length)
  }
}
gone.abort()
for (const listener of stopped) listener(new Fault('connection-lost', 'the server has gone'))
await services.settled()
