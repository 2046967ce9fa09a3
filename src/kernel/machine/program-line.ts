// One line of what a program prints, to learn whether it is there and which version it is.

import type { ProcessRunner } from '../processes.ts'

const OUTPUT_BYTES_MAX = 64 * 1024

/** The first line of its output that matches; undefined when the program is not there or says no such line. `signal` ends it. */
export async function firstLineOf(processes: ProcessRunner, argv: readonly [string, ...string[]], pattern: RegExp, signal: AbortSignal): Promise<string | undefined> {
  const program = await processes.start({ argv, workingDir: '/' }).catch(() => undefined)
  if (program === undefined) return undefined
  const onAbort = (): void => program.kill('SIGKILL')
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    program.stdin.end().catch(() => undefined)
    const errors = drain(program.stderr)
    const text = await drain(program.stdout)
    await errors
    await program.exit
    return text.split('\n').find((line) => pattern.test(line))
  } catch {
    program.kill('SIGKILL')
    return undefined
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Reads all of it, so that the program ends; keeps the beginning. */
async function drain(source: { read(): Promise<Uint8Array | null> }): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    if (bytes < OUTPUT_BYTES_MAX) pieces.push(Buffer.from(piece))
    bytes += piece.length
  }
  return Buffer.concat(pieces).toString('utf8', 0, OUTPUT_BYTES_MAX)
}
