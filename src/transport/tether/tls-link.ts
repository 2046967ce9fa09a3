// Links over TLS 1.3, and the sockets under them: the only file of the tether that touches the network. Both sides show a self-signed
// certificate; only the SHA-256 of its public key counts, names and dates are ignored. A resumed TLS session shows no certificate, so
// tickets are off and a reused session is refused. It never reads what passes.

import { constants } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import { bufferAtPageOffset } from '../../kernel/buffer-pool.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { readIntoBuffers } from '../../kernel/socket-reads.ts'
import { PROBE_ALPN } from '../../wire/probe/frame.ts'
import { CLOSE_MS_MAX, type LinkDialer, type LinkSink, type RawLink } from './link.ts'
import { HANDSHAKE_MS_MAX, TLS_HANDSHAKES_MAX } from './limits.ts'
import { fingerprintOfKey, type Identity } from './identity.ts'
import type { LinkLoss } from './session-types.ts'

/** AES-128 first: it is a third faster than AES-256, and the key exchange is of the same strength. */
export const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'
/** Small chunks are joined up to this: a write costs as much as copying them. */
const GATHERED_BYTES = 64 * 1024
/** Node encrypts a write into one new buffer; above 128 KiB the allocator gets it from the system and gives it back each time. */
const WRITE_BYTES_MAX = 112 * 1024
/** Every link reads into this, and hands it on before the next read; a record of TLS is 16 KiB. */
const READ_BUFFER = bufferAtPageOffset(64 * 1024, 2048)
/** Every link gathers here what it gives to Node at once. */
const WRITE_BUFFER = bufferAtPageOffset(GATHERED_BYTES, 1024)

export function peerFingerprint(socket: tls.TLSSocket): string | undefined {
  if (socket.isSessionReused()) return undefined
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  return fingerprintOfKey(certificate.publicKey.export({ type: 'spki', format: 'der' }))
}

function lossOf(error: Error | undefined): LinkLoss {
  switch (systemErrorCode(error)) {
    case undefined:
      return 'closed'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset'
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'timeout'
    default:
      return 'failed'
  }
}

/** Copies chunks into `target` as long as they fit. */
function gather(chunks: readonly Uint8Array[], target: Buffer): { readonly count: number; readonly bytes: number } {
  let bytes = 0
  let count = 0
  for (const chunk of chunks) {
    if (bytes + chunk.length > target.length) break
    target.set(chunk, bytes)
    bytes += chunk.length
    count += 1
  }
  return { count, bytes }
}

/** Is given the descriptor of each socket that a link is made of. */
export type SocketTuner = (fd: number) => void

function tuneSocket(socket: tls.TLSSocket, tune: SocketTuner): void {
  const fd = (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd
  if (fd !== undefined && fd >= 0) tune(fd)
}

class TlsLink implements RawLink {
  readonly #socket: tls.TLSSocket
  #error: Error | undefined
  #isClosing = false
  readonly #queue: Uint8Array[] = []
  #isWriting = false
  #onDrained: (bytes: number) => void = () => {}

  constructor(socket: tls.TLSSocket) {
    this.#socket = socket
    socket.setNoDelay(true)
    // The tether's own heartbeats watch the link; TCP's keepalive would only give a second opinion.
    socket.setKeepAlive(false)
    socket.on('error', (error) => (this.#error ??= error))
  }

  attach(sink: LinkSink): void {
    const socket = this.#socket
    this.#onDrained = (bytes) => sink.drained(bytes)
    const isFixed = readIntoBuffers(socket, () => READ_BUFFER, (bytes) => {
      sink.bytes(READ_BUFFER.subarray(0, bytes))
      return true
    })
    if (!isFixed) socket.on('data', (chunk: Buffer) => sink.bytes(chunk))
    // What came behind the handshake was read before anybody asked for it.
    else for (let early = socket.read() as Buffer | null; early !== null; early = socket.read() as Buffer | null) sink.bytes(early)
    socket.on('end', () => this.close())
    let isTold = false
    const tell = (): void => {
      if (isTold) return
      isTold = true
      sink.down(lossOf(this.#error), this.#error?.message ?? 'the peer closed the connection')
    }
    if (socket.destroyed) process.nextTick(tell)
    else socket.once('close', tell)
    socket.resume()
  }

  send(chunks: readonly Uint8Array[], _bytes: number): void {
    if (this.#socket.destroyed || this.#isClosing) return
    this.#queue.push(...chunks)
    if (!this.#isWriting) this.#writeNext()
  }

  /** One write at a time: then Node encrypts it at once, and its buffer is free when `write` returns. */
  #writeNext(): void {
    const next = this.#takeQueued()
    if (next === undefined) return
    this.#isWriting = true
    this.#socket.write(next, () => {
      this.#isWriting = false
      if (this.#socket.destroyed) return
      this.#writeNext()
      this.#onDrained(next.length)
    })
  }

  /** What is written next: a large chunk, or as many small ones as fit. */
  #takeQueued(): Uint8Array | undefined {
    const [first] = this.#queue
    if (first === undefined) return undefined
    if (first.length > WRITE_BYTES_MAX) {
      this.#queue[0] = first.subarray(WRITE_BYTES_MAX)
      return first.subarray(0, WRITE_BYTES_MAX)
    }
    const { count, bytes } = gather(this.#queue, WRITE_BUFFER)
    this.#queue.splice(0, Math.max(1, count))
    return count <= 1 ? first : WRITE_BUFFER.subarray(0, bytes)
  }

  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    const socket = this.#socket
    // What is queued still goes, and the end behind it.
    const rest = this.#queue.splice(0)
    if (rest.length > 0) socket.write(Buffer.concat(rest))
    socket.end()
    const timer = setTimeoutUnref(() => socket.destroy(), CLOSE_MS_MAX)
    socket.once('close', () => clearTimeout(timer))
  }
}

/** A timer that does not keep the process alive. Sockets are real, so is their time. */
function setTimeoutUnref(action: () => void, delayMs: number): NodeJS.Timeout {
  // oxlint-disable-next-line eslint/no-restricted-globals -- a closing socket outlives the session and its clock
  return setTimeout(action, delayMs).unref()
}

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** Dials `addresses` in turn; a link counts only when the server's key is the pinned one. */
export function createTlsDialer(identity: () => Identity, pinnedFingerprint: string, addresses: readonly ServerAddress[], tune: SocketTuner = () => {}): LinkDialer {
  let next = 0
  return {
    dial(connectMs) {
      const address = addresses[next++ % addresses.length]
      if (address === undefined) return Promise.reject(new Fault('config-invalid', 'no server address is configured'))
      const { keyPem, certificatePem } = identity()
      return new Promise((resolve, reject) => {
        const socket = tls.connect({
          ...address,
          key: keyPem,
          cert: certificatePem,
          minVersion: 'TLSv1.3',
          ciphers: CIPHERS,
          // The pinned key is checked below; names and chains say nothing here.
          rejectUnauthorized: false,
        })
        const timer = setTimeoutUnref(() => socket.destroy(new Fault('timed-out', `no connection to ${address.host}:${address.port} within ${connectMs} ms`)), connectMs)
        socket.once('error', (error) => {
          clearTimeout(timer)
          reject(error)
        })
        socket.once('close', () => reject(new Fault('connection-lost', `${address.host}:${address.port} closed the connection`)))
        socket.once('secureConnect', () => {
          clearTimeout(timer)
          const seen = peerFingerprint(socket)
          if (seen === pinnedFingerprint) {
            tuneSocket(socket, tune)
            return resolve(new TlsLink(socket))
          }
          socket.destroy()
          reject(new Fault('key-mismatch', `${address.host}:${address.port} shows the key ${seen ?? 'of a resumed session'}, not the pinned ${pinnedFingerprint}`))
        })
      })
    },
  }
}

export interface TlsListener extends AsyncDisposable {
  readonly port: number
}

/**
 * Listens for agents. `onLink` gets every connection that finished TLS, with the fingerprint of the key it proved to hold. Handshakes are
 * bounded in number and time, so that strangers who stall cost nobody else anything. `onProbe` gets those that carry no tether but a measurement.
 */
export async function listenTls(identity: Identity, address: ServerAddress, onLink: (link: RawLink, fingerprint: string, remote: string) => void, onRefused: (remote: string, reason: string) => void, onProbe: (socket: net.Socket, fingerprint: string) => void = (socket) => void socket.destroy(), tune: SocketTuner = () => {}): Promise<TlsListener> {
  const handshaking = new Set<net.Socket>()
  const all = new Set<net.Socket>()
  const server = tls.createServer({
    key: identity.keyPem,
    cert: identity.certificatePem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    handshakeTimeout: HANDSHAKE_MS_MAX,
    secureOptions: constants.SSL_OP_NO_TICKET,
    // Tethers name no protocol.
    ALPNProtocols: [PROBE_ALPN],
  })
  server.on('connection', (socket) => {
    all.add(socket)
    handshaking.add(socket)
    socket.once('close', () => {
      all.delete(socket)
      handshaking.delete(socket)
    })
    if (handshaking.size <= TLS_HANDSHAKES_MAX) return
    // The oldest that has not finished goes: a flood of stalled strangers cannot lock an agent out.
    const oldest = handshaking.values().next().value
    if (oldest !== undefined) {
      onRefused(`${oldest.remoteAddress}:${oldest.remotePort}`, 'too many connections in the TLS handshake')
      oldest.destroy()
      handshaking.delete(oldest)
    }
  })
  server.on('tlsClientError', (error, socket) => {
    onRefused(`${socket.remoteAddress}:${socket.remotePort}`, error.message)
    socket.destroy()
  })
  server.on('secureConnection', (socket) => {
    for (const raw of handshaking) if (raw.remotePort === socket.remotePort && raw.remoteAddress === socket.remoteAddress) handshaking.delete(raw)
    const remote = `${socket.remoteAddress}:${socket.remotePort}`
    const fingerprint = peerFingerprint(socket)
    if (fingerprint === undefined) {
      onRefused(remote, 'the connection shows no certificate of its own')
      socket.destroy()
      return
    }
    if (socket.alpnProtocol === PROBE_ALPN) return onProbe(socket, fingerprint)
    socket.pause()
    tuneSocket(socket, tune)
    onLink(new TlsLink(socket), fingerprint, remote)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, resolve)
  })
  const bound = server.address()
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : address.port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      setTimeoutUnref(() => {
        for (const socket of all) socket.destroy()
      }, CLOSE_MS_MAX)
      await closed
    },
  }
}
