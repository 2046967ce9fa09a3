// Sockets to stock clients: TCP connections and UDP sockets from the ports that Amanda wants, with keepalive of their own. The only file of
// this directory that opens sockets. Ports below 1024 need the right to bind them (CAP_NET_BIND_SERVICE), nothing else does.

import dgram from 'node:dgram'
import dns from 'node:dns/promises'
import net from 'node:net'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import type { Random } from '../../kernel/random.ts'
import type { PortRange } from './client-options.ts'
import { socketErrorText } from './socket-errors.ts'

/** Unanswered probes after which the kernel gives a connection up: an outage of a minute is survived at the shortest interval of 5 s. */
const KEEPALIVE_PROBES = 12

export interface DialOptions {
  readonly address: string
  readonly port: number
  /** Undefined: any. */
  readonly fromPorts: PortRange | undefined
  readonly timeoutMs: number
  readonly keepaliveMs: number
  readonly random: Random
}

/** All ports of a range, from a random one on, so that one in use or just left is seldom met. */
function* portsOf({ first, last }: PortRange, random: Random): Generator<number> {
  const count = last - first + 1
  const start = random.int(count)
  for (let index = 0; index < count; index++) yield first + ((start + index) % count)
}

function portsForbidden({ first, last }: PortRange, error: unknown): Fault {
  return new Fault('permission-denied', `unable to bind to a reserved port between ${first} and ${last} of this server: ${socketErrorText(error)}`, {
    cause: error,
    next: 'Amanda answers requests from ports below 1024 only: give the server CAP_NET_BIND_SERVICE (`AmbientCapabilities=CAP_NET_BIND_SERVICE` in its unit), or run it as root.',
  })
}

function portsTaken({ first, last }: PortRange): Fault {
  return new Fault('agent-unreachable', `all ports between ${first} and ${last} are busy`, { next: 'Dump fewer disks at once, or widen the range of ports of the host.' })
}

/** The port is in use here, or was used for the same connection a moment ago. */
function isPortTaken(error: unknown): boolean {
  const code = systemErrorCode(error)
  return code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL'
}

function connectOnce(options: DialOptions, localPort: number | undefined, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    // One address at a time: a local port cannot be used for two tries at once.
    const socket = net.connect({ host: options.address, port: options.port, autoSelectFamily: false, noDelay: true, ...(localPort === undefined ? {} : { localPort }) })
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort)
      socket.removeAllListeners()
      socket.setTimeout(0)
      if (error === undefined) return resolve(socket)
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => settle(signal.reason instanceof Fault ? signal.reason : new Fault('cancelled', 'connecting was cancelled'))
    signal.addEventListener('abort', onAbort, { once: true })
    socket.setTimeout(options.timeoutMs, () => settle(new Fault('agent-unreachable', 'timeout during connect')))
    socket.once('error', settle)
    socket.once('connect', () => settle())
  })
}

/** A connection with keepalive, paused. Rejects with what the system said, `permission-denied`, `agent-unreachable` or `cancelled`. */
export async function dial(options: DialOptions, signal: AbortSignal): Promise<net.Socket> {
  const ports = options.fromPorts === undefined ? [undefined] : portsOf(options.fromPorts, options.random)
  for (const port of ports) {
    signal.throwIfAborted()
    try {
      const socket = await connectOnce(options, port, signal)
      socket.setKeepAlive(true, options.keepaliveMs, options.keepaliveMs, KEEPALIVE_PROBES)
      return socket.pause()
    } catch (error) {
      if (options.fromPorts !== undefined && isPortTaken(error)) continue
      if (options.fromPorts !== undefined && systemErrorCode(error) === 'EACCES') throw portsForbidden(options.fromPorts, error)
      throw error
    }
  }
  throw portsTaken(options.fromPorts ?? { first: 0, last: 0 })
}

/** The address that `name` stands for; Amanda's clients of Debian know the fourth version only, so that one comes first. */
export async function resolveAddress(name: string): Promise<string> {
  return (await dns.lookup(name, { order: 'ipv4first' })).address
}

/** True: `name` is one of this machine, so that a socket can be bound to it. Rejects with what the resolver said. */
export async function isLocalAddress(name: string): Promise<boolean> {
  const address = await resolveAddress(name)
  const socket = dgram.createSocket(net.isIPv6(address) ? 'udp6' : 'udp4')
  try {
    await once(socket, 'listening', () => socket.bind(0, address))
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}

/** A UDP socket on a port of `range` that hears only `address`:`port`. Rejects with what the system said, `permission-denied` or `agent-unreachable`. */
export async function openDatagrams(address: string, port: number, range: PortRange, random: Random): Promise<dgram.Socket> {
  for (const localPort of portsOf(range, random)) {
    const socket = dgram.createSocket(net.isIPv6(address) ? 'udp6' : 'udp4')
    try {
      await once(socket, 'listening', () => socket.bind(localPort))
      // Connected, the kernel passes on only what comes from there, and tells when nobody listens.
      await once(socket, 'connect', () => socket.connect(port, address))
      return socket
    } catch (error) {
      socket.close()
      if (isPortTaken(error)) continue
      if (systemErrorCode(error) === 'EACCES') throw portsForbidden(range, error)
      throw error
    }
  }
  throw portsTaken(range)
}

function once(socket: dgram.Socket, event: 'listening' | 'connect', start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once(event, () => {
      socket.off('error', reject)
      resolve()
    })
    start()
  })
}
