// A program between two streams, as the restoring programs of Amanda run one: what it prints on stderr is told line by line, and how it ended is a word, not the
// end of everything: what came out before stays. A program that stops reading early does not keep the rest of the source from being read.

import { pumpToReader, type ByteSource } from '../../kernel/byte-stream.ts'
import { faultOf, type Fault } from '../../kernel/fault.ts'
import type { ProcessExit, ProcessRunner, RunningProcess } from '../../kernel/processes.ts'
import type { Argv } from './undo-plan.ts'

/** A program that complains of every byte must not fill the terminal. */
const LINES_MAX = 1000
const LINE_CHARACTERS_MAX = 4096

/** Tells the lines of `source`, empty ones too. What breaks off has nothing more to say. */
export async function tellLines(source: ByteSource, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  let lines = 0
  const tell = (line: string): void => {
    if (++lines <= LINES_MAX) onLine(line)
  }
  try {
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      const parts = (rest + Buffer.from(piece).toString('utf8')).split('\n')
      rest = (parts.pop() ?? '').slice(0, LINE_CHARACTERS_MAX)
      parts.forEach(tell)
    }
  } catch {
    // The exit status tells the rest.
  }
  if (rest !== '') tell(rest)
}

export interface ProgramEnd {
  /** `/bin/gzip exited with status 1`; undefined: it ended well. */
  readonly failure: string | undefined
}

export interface ProgramFilter {
  readonly output: ByteSource
  /** Resolves when the program has ended and its input was read. Rejects with the fault of the source. */
  readonly end: Promise<ProgramEnd>
}

function failureOf(program: string, exit: ProcessExit): string | undefined {
  if (exit.signal !== null) return `${program} was killed by signal ${exit.signal}`
  return exit.code === 0 ? undefined : `${program} exited with status ${exit.code}`
}

/** Rejects with `process-missing` or `permission-denied` when it cannot be started; the source is cancelled then. */
export async function startProgramFilter(source: ByteSource, argv: Argv, processes: ProcessRunner, onLine: (line: string) => void): Promise<ProgramFilter> {
  let running: RunningProcess
  try {
    running = await processes.start({ argv: [...argv] })
  } catch (error) {
    source.cancel(faultOf(error))
    throw error
  }
  const told = tellLines(running.stderr, onLine)
  let failure: Fault | undefined
  const fed = pumpToReader(source, running.stdin).catch((error: unknown) => {
    failure = faultOf(error)
    running.kill('SIGKILL')
  })
  const ended = async (): Promise<ProgramEnd> => {
    const exit = await running.exit
    await Promise.all([told, fed])
    if (failure !== undefined) throw failure
    return { failure: failureOf(argv[0], exit) }
  }
  const end = ended()
  // Whoever asks for the end hears of it; nobody has to.
  end.catch(() => undefined)
  const output: ByteSource = {
    async read() {
      const piece = await running.stdout.read()
      if (piece === null && failure !== undefined) throw failure
      return piece
    },
    cancel(reason) {
      running.kill('SIGKILL')
      source.cancel(reason)
      running.stdout.cancel(reason)
    },
  }
  return { output, end }
}
