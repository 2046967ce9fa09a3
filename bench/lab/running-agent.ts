// A process that takes orders, a line of JSON each, and answers each with a line, one after the other.

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { cpuSeconds } from './measure.ts'

export class RunningAgent implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #ended: Promise<unknown>

  constructor([program = '', ...args]: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#ended = once(this.#child, 'exit')
  }

  get cpuSeconds(): number {
    return cpuSeconds(this.#child.pid ?? 0)
  }

  /** Resolves when it is carried out. */
  async order(words: readonly string[]): Promise<void> {
    const answered = once(this.#child.stdout, 'data')
    this.#child.stdin.write(`${JSON.stringify(words)}\n`)
    const isEnded = await Promise.race([answered.then(() => false), this.#ended.then(() => true)])
    if (isEnded) throw new Error('the running agent has ended')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }
}
