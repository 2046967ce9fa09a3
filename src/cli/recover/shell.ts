// The recovery shell: reads lines and runs them one after the other. At a terminal with editing, history and completion, where Ctrl-C stops a command and not
// the shell, and Ctrl-D leaves. From a pipe or file it is a script: the first command that goes wrong ends it with its exit code.

import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { Fault } from '../../kernel/fault.ts'
import { bytesOfIndexPath, bytesOfText, indexPathOf } from '../../restore/recover/tree-path.ts'
import type { CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { showFault } from '../output.ts'
import { formatRun } from '../run-text.ts'
import { completeLine, hintOf, type CompletionWords, type NameHint } from './complete.ts'
import { HISTORY_LINES_MAX, type ShellHistory } from './history.ts'
import { parseCommand } from './parse-command.ts'
import { Printer } from './printer.ts'
import type { RecoverSource } from './recover-source.ts'
import { placeOf, runShellCommand } from './run-command.ts'
import { promptOf, type Session } from './session.ts'

export interface ShellDoors {
  readonly context: CliContext
  readonly source: RecoverSource
}

/** Names that are offered of one directory. */
const NAMES_MAX = 20_000

class Shell {
  readonly #doors: ShellDoors
  readonly #history: () => readonly string[]
  readonly #columns: () => number | undefined
  session: Session
  #running: AbortController | undefined

  constructor(doors: ShellDoors, session: Session, history: () => readonly string[], columns: () => number | undefined) {
    this.#doors = doors
    this.session = session
    this.#history = history
    this.#columns = columns
  }

  /** Runs one line. Returns the exit code, or that the shell is to be left. Never rejects: what goes wrong is printed. */
  async run(line: string): Promise<number | 'quit'> {
    const { context, source } = this.#doors
    const running = new AbortController()
    this.#running = running
    const signal = AbortSignal.any([running.signal, context.signal])
    const printer = new Printer(context.streams)
    try {
      const parsed = parseCommand(line)
      if (parsed === undefined) return exitCode('ok')
      const work = { context, source, printer, signal, isJson: false, history: this.#history, columns: this.#columns() }
      const outcome = await runShellCommand(work, this.session, parsed)
      if (outcome.kind === 'quit') return 'quit'
      this.session = outcome.session
      return outcome.code
    } catch (error) {
      await printer.flush()
      return showFault(context.streams, false, error)
    } finally {
      await printer.flush()
      this.#running = undefined
    }
  }

  /** Stops the command that runs; false when none does. */
  stop(): boolean {
    if (this.#running === undefined) return false
    this.#running.abort()
    return true
  }
}

/** Runs the lines of `input`; returns the exit code of the first that went wrong. */
export async function runScript(doors: ShellDoors, session: Session, input: AsyncIterable<Uint8Array>): Promise<number> {
  const typed: string[] = []
  const shell = new Shell(doors, session, () => typed, () => undefined)
  for await (const line of linesOf(input)) {
    if (doors.context.signal.aborted) return exitCode('interrupted')
    if (line.trim() !== '') typed.push(line)
    const code = await shell.run(line)
    if (code === 'quit') return exitCode('ok')
    if (code !== exitCode('ok')) return code
  }
  return exitCode('ok')
}

const SCRIPT_LINE_BYTES_MAX = 1024 * 1024

async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0)
  for await (const piece of input) {
    rest = Buffer.concat([rest, piece])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end).toString('utf8').replace(/\r$/, '')
      rest = rest.subarray(end + 1)
    }
    if (rest.length > SCRIPT_LINE_BYTES_MAX) throw new Fault('usage-wrong', 'a line of the script has no end')
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

export interface TerminalEnds {
  readonly input: Readable
  readonly output: Writable & { readonly columns?: number }
}

/** Reads lines from a terminal until `quit` or Ctrl-D. */
export async function runTerminal(doors: ShellDoors, session: Session, history: ShellHistory, ends: TerminalEnds): Promise<number> {
  const shell = new Shell(doors, session, () => history.lines, () => ends.output.columns ?? 80)
  const editor = createInterface({
    input: ends.input,
    output: ends.output,
    terminal: true,
    history: history.lines.toReversed(),
    historySize: HISTORY_LINES_MAX,
    removeHistoryDuplicates: true,
    completer: (line: string, answer: (error: Error | null, result: [string[], string]) => void) => {
      completeLine(line, completionWords(doors, shell.session)).then(
        ({ hits, replaced }) => answer(null, [[...hits], replaced]),
        () => answer(null, [[], line]),
      )
    },
  })
  try {
    await readCommands(doors, shell, editor, history)
  } finally {
    editor.close()
    await history.close()
  }
  return doors.context.signal.aborted ? exitCode('interrupted') : exitCode('ok')
}

async function readCommands({ context }: ShellDoors, shell: Shell, editor: Interface, history: ShellHistory): Promise<void> {
  const lines: string[] = []
  let wake = (): void => undefined
  let isClosed = false
  editor.on('line', (line) => {
    lines.push(line)
    wake()
  })
  editor.on('close', () => {
    isClosed = true
    shell.stop()
    wake()
  })
  editor.on('SIGINT', () => {
    if (shell.stop()) return
    // As in other shells: what was typed is dropped.
    context.streams.out('^C\n')
    editor.write(null, { ctrl: true, name: 'e' })
    editor.write(null, { ctrl: true, name: 'u' })
    editor.prompt()
  })
  context.signal.addEventListener('abort', () => editor.close(), { once: true })
  for (;;) {
    editor.setPrompt(promptOf(shell.session))
    if (lines.length === 0 && !isClosed) {
      editor.prompt()
      await new Promise<void>((resolve) => (wake = resolve))
    }
    const line = lines.shift()
    if (line === undefined) {
      if (!isClosed) continue
      context.streams.out('\n')
      return
    }
    history.add(line)
    if ((await shell.run(line)) === 'quit') return
  }
}

function completionWords({ context, source }: ShellDoors, session: Session): CompletionWords {
  const { host, disk } = session
  return {
    directory: session.directory,
    localDirectory: session.localDirectory,
    hosts: () => source.hosts(),
    disks: async () => (host === undefined ? [] : await source.disks(host)),
    async dates() {
      if (host === undefined || disk === undefined) return []
      return (await source.chains(host, disk)).flatMap((chain) => chain.at(-1)?.run ?? []).map((run) => formatRun(run).replace(' ', 'T'))
    },
    async agents() {
      if (source.config === undefined) return []
      await using server = await findServer(context, source.config)
      if (server === undefined) return [...new Set(source.config.disklist.map((entry) => entry.host))]
      const { agents } = (await server.call({ kind: 'agents' })) as { readonly agents: readonly { readonly host: string }[] }
      return agents.map((agent) => agent.host)
    },
    async names(directory) {
      const { tree } = await placeOf({ source }, session)
      const names: NameHint[] = []
      for await (const entry of tree.list(indexPathOf(directory))) {
        names.push(hintOf(bytesOfIndexPath(entry.path), entry.kind === 'directory'))
        if (names.length >= NAMES_MAX) break
      }
      return names
    },
    async localNames(directory) {
      const entries = await context.disk.list(Buffer.from(directory, 'latin1').toString('utf8'))
      return entries.map(({ name, kind }) => ({ name: bytesOfText(name), isDirectory: kind === 'directory' }))
    },
  }
}
