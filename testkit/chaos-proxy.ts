// A TCP proxy that does to a link what networks do: cuts it, resets it, lets it stall, swallows everything in silence, refuses new
// connections. It sees only bytes; what passes through it is TLS. Every deed is told to `onDeed`.

import net from 'node:net'

export type Deed =
  /** Both sides see an orderly end. */
  | 'cut'
  /** Both sides see RST, in mid-frame. */
  | 'reset'
  /** Nothing moves for a while; the connection stays. */
  | 'stall'
  /** Everything is swallowed in silence, new connections too, for a while; the connection never comes back. */
  | 'black-hole'

export interface DeedTold {
  readonly deed: Deed
  readonly connections: number
  readonly durationMs: number
  /** Bytes that had passed in both directions when it was done. */
  readonly bytesPassed: number
}

interface Pair {
  readonly inner: net.Socket
  readonly outer: net.Socket
  isSwallowing: boolean
}

export class ChaosProxy implements AsyncDisposable {
  readonly #server: net.Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #onDeed: (told: DeedTold) => void
  readonly #pairs = new Set<Pair>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #isDark = false
  #bytesPassed = 0

  private constructor(target: { readonly host: string; readonly port: number }, onDeed: (told: DeedTold) => void) {
    this.#target = target
    this.#onDeed = onDeed
    // allowHalfOpen: an end is passed on as an end of one direction, as a router would.
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (outer) => this.#accept(outer))
  }

  /** Listens on a free loopback port and forwards to `target`. */
  static async start(target: { readonly host: string; readonly port: number }, onDeed: (told: DeedTold) => void): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target, onDeed)
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject)
      proxy.#server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  get bytesPassed(): number {
    return this.#bytesPassed
  }

  get connectionCount(): number {
    return this.#pairs.size
  }

  /** Does `deed` to every connection that passes now. `durationMs` is for those that last. */
  do(deed: Deed, durationMs = 0): void {
    const pairs = [...this.#pairs]
    this.#onDeed({ deed, connections: pairs.length, durationMs, bytesPassed: this.#bytesPassed })
    switch (deed) {
      case 'cut':
        for (const pair of pairs) {
          pair.inner.destroy()
          pair.outer.destroy()
        }
        break
      case 'reset':
        for (const pair of pairs) {
          pair.inner.resetAndDestroy()
          pair.outer.resetAndDestroy()
        }
        break
      case 'stall':
        for (const pair of pairs) for (const socket of [pair.inner, pair.outer]) socket.pause()
        this.#after(durationMs, () => {
          for (const pair of pairs) for (const socket of [pair.inner, pair.outer]) socket.resume()
        })
        break
      case 'black-hole':
        this.#isDark = true
        for (const pair of pairs) pair.isSwallowing = true
        this.#after(durationMs, () => (this.#isDark = false))
        break
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const pair of this.#pairs) {
      pair.inner.destroy()
      pair.outer.destroy()
    }
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #after(durationMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, durationMs)
    this.#timers.add(timer)
  }

  #accept(outer: net.Socket): void {
    const inner = net.connect({ ...this.#target, allowHalfOpen: true, noDelay: true })
    const pair: Pair = { inner, outer, isSwallowing: this.#isDark }
    this.#pairs.add(pair)
    this.#join(pair, outer, inner)
    this.#join(pair, inner, outer)
  }

  #join(pair: Pair, from: net.Socket, to: net.Socket): void {
    from.on('data', (chunk: Buffer) => {
      if (pair.isSwallowing) return
      this.#bytesPassed += chunk.length
      if (!to.write(chunk)) from.pause()
    })
    to.on('drain', () => from.resume())
    from.on('end', () => {
      if (!pair.isSwallowing) to.end()
    })
    from.on('error', () => {})
    from.on('close', () => {
      // A swallowed connection must not tell the other side that its peer is gone.
      if (pair.isSwallowing) return
      this.#pairs.delete(pair)
      to.destroy()
    })
  }
}
