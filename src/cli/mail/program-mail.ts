// Mail by a program in the manner of sendmail: the message goes to its stdin, the recipients stand in the head. Its exit code is the outcome.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import { describeExit, type ProcessRunner } from '../../kernel/processes.ts'

/** A program that says more is not read further; the first words are those that count. */
const SAID_BYTES_MAX = 4096

async function firstWords(source: ByteSource): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    if (bytes < SAID_BYTES_MAX) pieces.push(Buffer.from(piece))
    bytes += piece.length
  }
  return Buffer.concat(pieces).subarray(0, SAID_BYTES_MAX).toString('utf8').trim()
}

/** Rejects with `mail-failed` when the program does not end with 0, or is ended because `signal` aborts. */
export async function sendByProgram(argv: readonly [string, ...string[]], message: Uint8Array, processes: ProcessRunner, signal: AbortSignal): Promise<void> {
  const program = await processes.start({ argv, workingDir: '/' })
  const onAbort = (): void => program.kill('SIGKILL')
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    // A program that does not read to the end says why by its exit code.
    const fed = program.stdin.write(message).then(() => program.stdin.end())
    const [, , said, exit] = await Promise.all([fed.catch(() => undefined), firstWords(program.stdout), firstWords(program.stderr), program.exit])
    if (exit.code !== 0) throw new Fault('mail-failed', `${argv[0]} ${describeExit(exit)}${said === '' ? '' : `: ${said}`}`)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
