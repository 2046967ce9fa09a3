// A tether server and agents over real TLS on loopback, in this process, for cases that look at the transport alone.

import path from 'node:path'
import { BufferPool } from '../../src/kernel/buffer-pool.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { silentLog } from '../../src/kernel/log.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { systemRandom } from '../../src/kernel/random.ts'
import type { Connection, RequestHandler } from '../../src/transport/contract.ts'
import { startAgentEndpoint } from '../../src/transport/tether/agent-endpoint.ts'
import { AgentRegistry } from '../../src/transport/tether/agent-registry.ts'
import { enrolOver } from '../../src/transport/tether/enrol-client.ts'
import { createToken, formatToken, parseToken } from '../../src/transport/tether/enrolment.ts'
import { createIdentity, type Identity } from '../../src/transport/tether/identity.ts'
import type { LinkEvent, TetherPeer } from '../../src/transport/tether/peer.ts'
import { ServerEndpoint } from '../../src/transport/tether/server-endpoint.ts'
import { createTlsDialer, listenTls, type TlsListener } from '../../src/transport/tether/tls-link.ts'

const HOUR_MS = 3_600_000
const DIAL_MS = 5000
const LOOPBACK = '127.0.0.1'

export interface ServerLab extends AsyncDisposable {
  readonly identity: Identity
  readonly registry: AgentRegistry
  readonly endpoint: ServerEndpoint
  readonly port: number
  readonly events: LinkEvent[]
  /** Why connections were turned away before they had a link. */
  readonly refused: string[]
  /** A token in its printed form. */
  token(host: string): Promise<string>
}

export async function startServerLab(dir: string): Promise<ServerLab> {
  const identity = await createIdentity('server', Date.now())
  const registry = await AgentRegistry.open(nodeDisk, path.join(dir, 'agents.json'))
  const events: LinkEvent[] = []
  const refused: string[] = []
  const endpoint = new ServerEndpoint({ clock: systemClock, random: systemRandom, log: silentLog, registry, machineId: new Uint8Array(16).fill(1), program: 'holdfast test', buffers: new BufferPool({ poisons: true }), onLinkEvent: (event) => void events.push(event) })
  const listener: TlsListener = await listenTls(identity, { host: LOOPBACK, port: 0 }, (link, fingerprint, remote) => endpoint.accept(link, fingerprint, remote), (_remote, reason) => void refused.push(reason))
  return {
    identity, registry, endpoint, port: listener.port, events, refused,
    async token(host) {
      const token = createToken(systemRandom, host, [{ host: LOOPBACK, port: listener.port }], identity.fingerprint, Date.now() + HOUR_MS)
      await registry.addToken(host, token.secret, token.expiresMs, Date.now())
      return formatToken(token)
    },
    async [Symbol.asyncDispose]() {
      endpoint.close()
      await listener[Symbol.asyncDispose]()
    },
  }
}

/** Enrols as an operator would: from the printed token. Returns the name the server gave. */
export async function enrol(printed: string, identity: Identity): Promise<string> {
  const token = parseToken(printed)
  const link = await createTlsDialer(() => identity, token.serverFingerprint, token.addresses).dial(DIAL_MS)
  return enrolOver(link, token.secret, token.host, 'holdfast test', systemClock)
}

export interface AgentLab {
  readonly peer: TetherPeer
  readonly events: LinkEvent[]
  /** Dials with this identity from now on. */
  identity: Identity
  /** Public keys the server accepted as our next. */
  readonly accepted: Uint8Array[]
}

/** An agent that dials `port`, which may be a proxy in front of the server. */
export function startAgentLab(server: ServerLab, port: number, identity: Identity, handler: RequestHandler, machine = 7): AgentLab {
  const events: LinkEvent[] = []
  const accepted: Uint8Array[] = []
  const lab: { identity: Identity } = { identity }
  const peer = startAgentEndpoint({
    clock: systemClock, random: systemRandom, log: silentLog, machineId: new Uint8Array(16).fill(machine), program: 'holdfast test', buffers: new BufferPool({ poisons: true }), hostName: 'self', handler,
    dialer: createTlsDialer(() => lab.identity, server.identity.fingerprint, [{ host: LOOPBACK, port }]),
    onLinkEvent: (event) => void events.push(event),
    onKeyAccepted: (spki) => void accepted.push(spki),
  })
  return Object.assign(lab, { peer, events, accepted })
}

/** Asks for one stream of the service `sendbackup` and reads it to its end; returns the bytes, checked to be a pattern. */
export async function fetchPattern(connection: Connection, body: string, onBytes?: (total: number) => void): Promise<number> {
  let handle = 0
  for await (const packet of connection.request('sendbackup', body)) {
    if (packet.kind === 'nak') throw new Error(packet.body)
    if (packet.kind === 'rep') handle = Number(packet.body)
  }
  const stream = connection.stream(handle)
  let total = 0
  for (let piece = await stream.read(); piece !== null; piece = await stream.read()) {
    // Each byte tells its offset in steps of 64 KiB, so a piece lost, doubled or moved shows.
    if (piece[0] !== Math.floor(total / 65_536) % 251 || piece.at(-1) !== Math.floor((total + piece.length - 1) / 65_536) % 251) throw new Error(`wrong bytes at ${total}`)
    total += piece.length
    onBytes?.(total)
  }
  await stream.end()
  return total
}

/** Serves `sendbackup` with as many 64 KiB blocks of the pattern as the request's body says, `pauseMs` between some of them. */
export const servePattern: RequestHandler = async (request) => {
  const stream = request.openStream()
  request.rep(String(stream.handle))
  const blocks = Number(request.body)
  for (let index = 0; index < blocks; index++) await stream.write(new Uint8Array(65_536).fill(index % 251))
  await stream.end()
}

export async function until(what: string, isDone: () => boolean, limitMs = 20_000): Promise<void> {
  const startedMs = performance.now()
  while (!isDone()) {
    if (performance.now() - startedMs > limitMs) throw new Error(`${what} did not happen within ${limitMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
