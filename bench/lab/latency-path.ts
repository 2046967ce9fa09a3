// Two network namespaces with a long path between them, and what passes over it by the kernel's own count. Linux, root.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { BackgroundProcess, command, runCommand, waitUntil } from '../../integration/lab/commands.ts'

export const SERVER_ADDRESS = '10.78.1.1'
const CLIENT_ADDRESS = '10.78.1.2'
const START_MS_MAX = 30_000
/** Packets that wait for the process in the middle: more than the queue before the line holds. */
const INTERFACE_PACKETS = 20_000

export interface LatencyOptions {
  readonly dir: string
  readonly delayMs: number
  readonly rateBits: number
  readonly queueMs: number
  /** What the buffers of a TCP connection may grow to, in both namespaces; undefined: as the kernel has it. */
  readonly tcpBytesMax?: number
}

export class LatencyPath implements AsyncDisposable {
  readonly #prefix = `hl${process.pid % 100_000}`
  #relay: BackgroundProcess | undefined

  static async create(options: LatencyOptions): Promise<LatencyPath> {
    const made = new LatencyPath()
    try {
      await made.#build(options)
      return made
    } catch (error) {
      await made[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Words that run what follows on that side. */
  on(side: 'server' | 'agent', argv: readonly string[]): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#name(side), ...argv]
  }

  /** Bytes that the agent's side has put on the line, as process `pid` there sees it; NaN when that is not there yet. */
  sentBytes(pid: number): number {
    const line = new RegExp(String.raw`^\s*${this.#name('agent')}:(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/net/dev`, 'latin1'))?.[1]
    // Eight counts of what came, then of what went.
    return Number(line?.trim().split(/\s+/)[8] ?? Number.NaN)
  }

  async #build({ dir, delayMs, rateBits, queueMs, tcpBytesMax }: LatencyOptions): Promise<void> {
    const names = [this.#name('server'), this.#name('agent')] as const
    const relay = new BackgroundProcess([process.execPath, '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '../peers/delay-path.ts'), ...names, String(delayMs), String(rateBits), String(queueMs)], path.join(dir, 'path.out'))
    this.#relay = relay
    await waitUntil('the path is there', START_MS_MAX, () => {
      if (!relay.isRunning) throw new Error(`the path ended: ${relay.output()}`)
      return relay.output().includes('ready')
    })
    for (const [side, own, other] of [['server', SERVER_ADDRESS, CLIENT_ADDRESS], ['agent', CLIENT_ADDRESS, SERVER_ADDRESS]] as const) {
      const name = this.#name(side)
      await command(['ip', 'netns', 'add', name])
      await command(['ip', 'link', 'set', name, 'txqueuelen', String(INTERFACE_PACKETS), 'netns', name])
      await command(this.on(side, ['ip', 'link', 'set', 'lo', 'up']))
      await command(this.on(side, ['ip', 'address', 'add', own, 'peer', other, 'dev', name]))
      await command(this.on(side, ['ip', 'link', 'set', name, 'txqueuelen', String(INTERFACE_PACKETS), 'up']))
      if (tcpBytesMax !== undefined) await command(this.on(side, ['sysctl', '-qw', `net.ipv4.tcp_wmem=4096 16384 ${tcpBytesMax}`, `net.ipv4.tcp_rmem=4096 131072 ${tcpBytesMax}`]))
    }
  }

  #name(side: 'server' | 'agent'): string {
    return `${this.#prefix}${side.slice(0, 1)}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const side of ['server', 'agent'] as const) await runCommand(['ip', 'netns', 'delete', this.#name(side)])
    await this.#relay?.[Symbol.asyncDispose]()
  }
}
