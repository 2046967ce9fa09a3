// Running programs in integration cases: short ones to their end with their output, long ones in the background with their output
// in a file. Everything that is started here is ended here.

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'

export interface CommandResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly workingDir?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

const COMMAND_TIMEOUT_MS = 120_000

/** Runs a program to its end, whatever its status. */
export function runCommand(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
  const [program, ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? COMMAND_TIMEOUT_MS,
      env: { ...process.env, ...options.environment },
      ...(options.workingDir === undefined ? {} : { cwd: options.workingDir }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** Runs a program that must succeed; returns what it printed. */
export async function command(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  const result = await runCommand(argv, options)
  if (result.status !== 0) throw new Error(`${argv.join(' ')} ended with ${result.status}: ${result.stderr.trim() || result.stdout.trim()}`)
  return result.stdout
}

/** A program in the background, in a process group of its own. Disposing of it ends the whole group. */
export class BackgroundProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>
  /** Where its own output begins in the file. */
  readonly #logOffset: number
  readonly logFile: string

  constructor(argv: readonly [string, ...string[]], logFile: string, options: CommandOptions = {}) {
    const [program, ...args] = argv
    const log = openSync(logFile, 'a')
    this.logFile = logFile
    this.#logOffset = fstatSync(log).size
    this.#child = spawn(program, args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...options.environment },
      ...(options.workingDir === undefined ? {} : { cwd: options.workingDir }),
    })
    closeSync(log)
    this.#exit = new Promise((resolve) => {
      this.#child.once('error', () => resolve(null))
      this.#child.once('exit', (code) => resolve(code))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined
  }

  /** Everything it printed so far. */
  output(): string {
    return readFileSync(this.logFile).subarray(this.#logOffset).toString('utf8')
  }

  exit(): Promise<number | null> {
    return this.#exit
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // Gone already.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL')
    await this.#exit
  }
}

/** Polls until `isDone` says so; throws with `what` when it does not within `limitMs`. */
export async function waitUntil(what: string, limitMs: number, isDone: () => boolean | Promise<boolean>, pollMs = 100): Promise<void> {
  const endMs = Date.now() + limitMs
  while (!(await isDone())) {
    if (Date.now() > endMs) throw new Error(`waited ${limitMs / 1000} s in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
