// The sockets of a measurement: the only file of it that touches the network. Connections are plain TCP or TLS with a pinned key, as they are
// needed; what they carry is none of its business. Errors are values: how a connection ended is what is being measured.

import net from 'node:net'
import tls from 'node:tls'
import { systemErrorCode } from '../../kernel/fault.ts'
import { PROBE_ALPN, type ProbeEnd } from '../../wire/probe/frame.ts'
import type { Identity } from '../tether/identity.ts'
import { CIPHERS, peerFingerprint } from '../tether/tls-link.ts'
import { KEEPALIVE_COUNT, POUR_QUEUED_BYTES_MAX } from './limits.ts'
import type { DialOutcome, KnockOutcome, PipeSink, ProbeLink, ProbeNetwork } from './probe-link.ts'

export interface ProbeAddress {
  readonly host: string
  readonly port: number
}

/** What TLS connections of a measurement show, and what they expect. */
export interface ProbeTls {
  /** Undefined: the peer asks for no key of ours. */
  readonly identity: Pick<Identity, 'keyPem' | 'certificatePem'> | undefined
  readonly pinnedFingerprint: string
}

function endOf(error: Error | undefined): ProbeEnd {
  switch (systemErrorCode(error)) {
    case undefined:
      return 'closed'
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return 'reset'
    case 'ETIMEDOUT':
      return 'timed-out'
    case 'ECONNREFUSED':
      return 'refused'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return 'unreachable'
    default:
      return 'failed'
  }
}

/** `address:port`, `[v6]:port`; an IPv4 address inside IPv6 is shown as what it is. */
export function addressText(address: string | undefined, port: number | undefined): string {
  const plain = (address ?? '?').replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? `[${plain}]:${port ?? 0}` : `${plain}:${port ?? 0}`
}

/** A timer that does not keep the process alive. Sockets are real, so is their time. */
function setTimeoutUnref(action: () => void, delayMs: number): NodeJS.Timeout {
  // oxlint-disable-next-line eslint/no-restricted-globals -- dialling is bounded by real time, whatever clock the measurement has
  return setTimeout(action, delayMs).unref()
}

class SocketLink implements ProbeLink {
  readonly local: string
  readonly remote: string
  readonly #socket: net.Socket
  #sink: PipeSink | undefined
  #error: Error | undefined

  constructor(socket: net.Socket) {
    this.#socket = socket
    this.local = addressText(socket.localAddress, socket.localPort)
    this.remote = addressText(socket.remoteAddress, socket.remotePort)
    socket.setNoDelay(true)
    socket.setKeepAlive(false)
    socket.on('error', (error) => (this.#error ??= error))
    socket.on('drain', () => this.#sink?.drained())
    socket.once('close', () => this.#sink?.down(endOf(this.#error), this.#error?.message ?? 'the peer closed the connection'))
  }

  get isClogged(): boolean {
    return this.#socket.writableLength >= POUR_QUEUED_BYTES_MAX || this.#socket.destroyed
  }

  attach(sink: PipeSink): void {
    const isFirst = this.#sink === undefined
    this.#sink = sink
    if (!isFirst) return
    this.#socket.on('data', (chunk: Buffer) => this.#sink?.bytes(chunk))
    // It was paused while its first byte was looked at.
    this.#socket.resume()
    if (this.#socket.destroyed) process.nextTick(() => this.#sink?.down(endOf(this.#error), this.#error?.message ?? 'the peer closed the connection'))
  }

  send(bytes: Uint8Array): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes)
  }

  close(): void {
    // What was written still goes, if it can.
    this.#socket.destroySoon()
    setTimeoutUnref(() => this.#socket.destroy(), CLOSE_MS_MAX)
  }

  setKeepAlive(intervalMs: number): void {
    this.#socket.setKeepAlive(true, intervalMs, intervalMs, KEEPALIVE_COUNT)
  }
}

/** Milliseconds that a connection may take to write what it has when it is closed: a BYE, on a slow path. */
const CLOSE_MS_MAX = 2000

/** A connection that was taken or made. */
export function socketLink(socket: net.Socket): ProbeLink {
  return new SocketLink(socket)
}

/** Resolves when `event` comes, or with how the connection ended first. */
function untilUp(socket: net.Socket, event: 'connect' | 'secureConnect', limitMs: number): Promise<{ readonly end: ProbeEnd; readonly text: string }> {
  return new Promise((resolve) => {
    let failure: Error | undefined
    const timer = setTimeoutUnref(() => {
      resolve({ end: 'timed-out', text: `no answer within ${Math.round(limitMs / 1000)} s` })
      socket.destroy()
    }, limitMs)
    socket.on('error', (error) => (failure ??= error))
    socket.once('close', () => {
      clearTimeout(timer)
      resolve({ end: failure === undefined ? 'closed' : endOf(failure), text: failure?.message ?? 'the connection was closed' })
    })
    socket.once(event, () => {
      clearTimeout(timer)
      resolve({ end: 'connected', text: '' })
    })
  })
}

/** Dials `addresses` in turn until one answers. Never rejects. */
async function dialPlain(addresses: readonly ProbeAddress[], limitMs: number): Promise<DialOutcome> {
  let last: DialOutcome = { kind: 'end', end: 'failed', text: 'there is no address to dial' }
  for (const { host, port } of addresses) {
    const socket = net.connect({ host, port })
    const { end, text } = await untilUp(socket, 'connect', limitMs)
    if (end === 'connected') return { kind: 'link', link: socketLink(socket) }
    last = { kind: 'end', end, text }
  }
  return last
}

async function dialTls(addresses: readonly ProbeAddress[], { identity, pinnedFingerprint }: ProbeTls, limitMs: number): Promise<DialOutcome> {
  let last: DialOutcome = { kind: 'end', end: 'failed', text: 'there is no address to dial' }
  for (const address of addresses) {
    const socket = tls.connect({ ...address, ...(identity === undefined ? {} : { key: identity.keyPem, cert: identity.certificatePem }), minVersion: 'TLSv1.3', ciphers: CIPHERS, ALPNProtocols: [PROBE_ALPN], rejectUnauthorized: false })
    const { end, text } = await untilUp(socket, 'secureConnect', limitMs)
    last = { kind: 'end', end, text }
    if (end !== 'connected') continue
    const seen = peerFingerprint(socket)
    if (seen === pinnedFingerprint && socket.alpnProtocol === PROBE_ALPN) return { kind: 'link', link: socketLink(socket) }
    socket.destroy()
    if (seen === pinnedFingerprint) return { kind: 'end', end: 'failed', text: 'the peer knows no measurements: its program is older' }
    last = { kind: 'end', end: 'key-mismatch', text: `TLS came up with the key ${seen ?? 'of nobody'}, not with the pinned ${pinnedFingerprint}` }
  }
  return last
}

/** Lets whoever connects in and sends them away. Open for `limitMs`. */
function listenBriefly(limitMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end()
    })
    server.once('error', reject)
    server.listen(0, () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
    server.unref()
    setTimeoutUnref(() => server.close(), limitMs)
  })
}

async function knock(host: string, port: number, limitMs: number): Promise<KnockOutcome> {
  const socket = net.connect({ host, port })
  const outcome = await untilUp(socket, 'connect', limitMs)
  socket.destroy()
  return outcome
}

/** What a hand may do on this machine. `tlsOf`: of TLS connections; undefined: none can be made. */
export function createProbeNetwork(addresses: readonly ProbeAddress[], tlsOf: () => ProbeTls | undefined): ProbeNetwork {
  return {
    dial(security, limitMs) {
      if (security === 'plain') return dialPlain(addresses, limitMs)
      const pinned = tlsOf()
      return pinned === undefined ? Promise.resolve({ kind: 'end', end: 'failed', text: 'the peer offers no TLS' }) : dialTls(addresses, pinned, limitMs)
    },
    knock,
    listen: listenBriefly,
  }
}

/** The listening end of two machines that measure the path between them: plain TCP and, on the same port, TLS with a key of its own. */
export async function listenForProbes(address: ProbeAddress, identity: Identity, onLink: (link: ProbeLink, isTls: boolean) => void): Promise<AsyncDisposable & { readonly port: number }> {
  const all = new Set<net.Socket>()
  const secure = tls.createServer({ key: identity.keyPem, cert: identity.certificatePem, minVersion: 'TLSv1.3', ciphers: CIPHERS, ALPNProtocols: [PROBE_ALPN], handshakeTimeout: TLS_MS_MAX })
  secure.on('secureConnection', (socket) => onLink(socketLink(socket), true))
  secure.on('tlsClientError', (_error, socket) => socket.destroy())
  const server = net.createServer((socket) => {
    all.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => all.delete(socket))
    const timer = setTimeoutUnref(() => socket.destroy(), TLS_MS_MAX)
    socket.once('data', (first: Buffer) => {
      clearTimeout(timer)
      socket.pause()
      socket.unshift(first)
      if (first[0] === TLS_RECORD) secure.emit('connection', socket)
      else onLink(socketLink(socket), false)
    })
  })
  server.maxConnections = SOCKETS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: address.port, host: address.host }, resolve)
  })
  const bound = server.address()
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : address.port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of all) socket.destroySoon()
      setTimeoutUnref(() => {
        for (const socket of all) socket.destroy()
      }, CLOSE_MS_MAX)
      await closed
    },
  }
}

/** The first byte of TLS: a handshake record. No frame of ours has this type. */
const TLS_RECORD = 0x16
/** Milliseconds for the first byte, and for TLS after it. */
const TLS_MS_MAX = 10_000
/** Those of one measurement, and strangers that have not been sent away yet. */
const SOCKETS_MAX = 700
