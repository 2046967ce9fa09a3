// Running a program that an application needs: its lines as they come, and an end that is certain. A program that does not heed
// SIGTERM is killed with everything it started.

import type { ByteSource } from '../kernel/byte-stream.ts'
import { sleep, type Clock } from '../kernel/clock.ts'
import { Fault } from '../kernel/fault.ts'
import type { ProcessExit, ProcessRunner, ProcessSpec, RunningProcess } from '../kernel/processes.ts'
import { RunningText } from '../wire/amanda/running-text.ts'

/** Enough for a program to remove its temporary files. */
const TERM_GRACE_MS = 5000
/** More output than that is no short answer. */
const SHORT_OUTPUT_LINES_MAX = 10_000

/** Calls `take` for every line of `source`, in order. Rejects with the fault the source ended with. */
export async function eachLine(source: ByteSource, take: (line: string) => Promise<void> | void): Promise<void> {
  const text = new RunningText()
  for (;;) {
    const piece = await source.read()
    if (piece === null) break
    for (const line of text.push(piece)) await take(line)
  }
  const rest = text.finish()
  if (rest !== undefined) await take(rest)
}

/** Ends a program and its group; resolves when it is gone. */
export async function stopProgram(program: RunningProcess, clock: Clock): Promise<void> {
  program.kill('SIGTERM')
  const controller = new AbortController()
  const grace = sleep(clock, TERM_GRACE_MS, controller.signal).then(
    () => program.kill('SIGKILL'),
    () => undefined,
  )
  await program.exit
  controller.abort()
  await grace
  // What the program started may outlive it.
  program.kill('SIGKILL')
}

/** Calls `stop` once when `signal` aborts; returns the function that takes the watch off again. */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => signal.removeEventListener('abort', stop)
}

export interface ShortRun {
  readonly exit: ProcessExit
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

/** Runs a program that prints little and needs no input. Rejects with `cancelled` when `signal` ends it. */
export async function runShort(processes: ProcessRunner, clock: Clock, spec: ProcessSpec, signal: AbortSignal): Promise<ShortRun> {
  const program = await processes.start(spec)
  const unwatch = onAbort(signal, () => void stopProgram(program, clock))
  const stdout: string[] = []
  const stderr: string[] = []
  const keep = (lines: string[]) => (line: string): void => {
    if (lines.length < SHORT_OUTPUT_LINES_MAX) lines.push(line)
  }
  try {
    program.stdin.end().catch(() => undefined)
    await Promise.all([eachLine(program.stdout, keep(stdout)), eachLine(program.stderr, keep(stderr))])
    const exit = await program.exit
    if (signal.aborted) throw new Fault('cancelled', `${spec.argv[0]} was stopped`)
    return { exit, stdout, stderr }
  } catch (error) {
    await stopProgram(program, clock)
    throw error
  } finally {
    unwatch()
  }
}
