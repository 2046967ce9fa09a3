// Where a command speaks. Results go to stdout, everything else (progress, warnings, faults) to stderr, so that a pipe gets only
// results. With `--json` a result is one JSON value and a fault is one JSON object on stderr.

import { faultOf } from '../kernel/fault.ts'
import type { ConfigProblem } from '../config/resolved.ts'
import { exitCodeOfFault } from './exit-codes.ts'
import { printable } from './text-table.ts'

export interface Streams {
  readonly isTerminal: boolean
  readonly columns: number
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Bytes for stdout; resolves when there is room for more. */
  readonly outBytes?: (bytes: Uint8Array) => Promise<void>
  /** Both ends of a terminal, when somebody sits at them. */
  readonly terminal?: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream } | undefined
  /** What is given on standard input. */
  readonly input?: () => AsyncIterable<Uint8Array>
}

export const processStreams: Streams = {
  get isTerminal() {
    return process.stderr.isTTY
  },
  get columns() {
    // A terminal that does not know its width says 0.
    return process.stderr.columns > 0 ? process.stderr.columns : 80
  },
  out: (text) => void process.stdout.write(text),
  outBytes: (bytes) =>
    new Promise((resolve) => {
      if (process.stdout.write(bytes)) resolve()
      else process.stdout.once('drain', resolve)
    }),
  err: (text) => void process.stderr.write(text),
  get terminal() {
    return process.stdin.isTTY && process.stdout.isTTY ? { input: process.stdin, output: process.stdout } : undefined
  },
  input: () => process.stdin,
}

/** Prints a result: `value` as JSON, or the text made of it. */
export function showResult<T>(streams: Streams, isJson: boolean, value: T, text: (value: T) => string): void {
  streams.out(isJson ? `${JSON.stringify(value, undefined, 2)}\n` : text(value))
}

/** Prints what went wrong, once, and returns the exit code. */
export function showFault(streams: Streams, isJson: boolean, error: unknown): number {
  const fault = faultOf(error)
  if (isJson) {
    streams.err(`${JSON.stringify({ error: { code: fault.code, message: fault.message, next: fault.next, retry: fault.retry, context: fault.context } })}\n`)
  } else {
    streams.err(`holdfast: ${printable(fault.message)}. ${fault.next} [${fault.code}]\n`)
    if (fault.code === 'internal' && fault.cause instanceof Error) streams.err(`${fault.cause.stack ?? ''}\n`)
  }
  return exitCodeOfFault(fault.code)
}

/** `holdfast.yaml:3:5: error: … . What to do.` */
export function formatProblem(problem: ConfigProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.severity}: ${printable(problem.message)}.${problem.next === undefined ? '' : ` ${printable(problem.next)}`}\n`
}
