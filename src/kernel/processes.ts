// Starting programs as an argument. Arguments are always a list, never a shell line, so that no name from a peer or a configuration
// is interpreted.

import type { ByteSink, ByteSource } from './byte-stream.ts'

export interface ProcessSpec {
  /** Program and arguments. A program without a slash is looked up in the path of `environment`. */
  readonly argv: readonly [string, ...string[]]
  readonly workingDir?: string
  /** The whole environment of the program; by default PATH, HOME, LANG=C and TZ of ours. */
  readonly environment?: Readonly<Record<string, string>>
  /** Extra pipes from file descriptor 3 on. `out`: the program writes, we read. `in`: we write, the program reads. */
  readonly extraPipes?: readonly ('in' | 'out')[]
  /** Runs the program in a process group of its own, so that `kill` reaches what it started as well. Default true. */
  readonly ownGroup?: boolean
}

export interface ProcessExit {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
}

export interface RunningProcess {
  readonly pid: number
  readonly stdin: ByteSink
  readonly stdout: ByteSource
  readonly stderr: ByteSource
  /** In the order of `extraPipes`. */
  readonly extra: readonly (ByteSink | ByteSource)[]
  /** Resolves once the program has ended. Never rejects. */
  readonly exit: Promise<ProcessExit>
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface ProcessRunner {
  /** Rejects with `process-missing` or `permission-denied` when the program cannot be started. */
  start(spec: ProcessSpec): Promise<RunningProcess>
}

/** "exited with status 2", "was ended by SIGKILL": for messages. */
export function describeExit(exit: ProcessExit): string {
  return exit.signal === null ? `exited with status ${exit.code}` : `was ended by ${exit.signal}`
}
