// A disk that was dumped at three dates, with what changed between them, and copies of it as it was at each: for what recovery must give back.

import { appendFileSync, chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync, spawn } from 'node:child_process'
import path from 'node:path'
import { BackgroundProcess, runCommand, waitUntil, type CommandResult } from './commands.ts'
import { freePort, HoldfastLab } from './holdfast.ts'
import { must } from './must.ts'

export const HOST = 'client'
/** Files of a few bytes, and a name of each kind that is hard to type. */
const MANY = 300
/** A name that is no text, with a line feed. */
export const ODD_NAME = Buffer.from([0x6f, 0x64, 0x64, 0xff, 0x0a])

export interface RecoverLab extends AsyncDisposable {
  readonly lab: HoldfastLab
  readonly disk: string
  /** Runs, oldest first, and a copy of the disk at each. */
  readonly dates: readonly { readonly run: string; readonly copy: string }[]
}

function makeTree(top: string): void {
  mkdirSync(path.join(top, 'alice', 'notes'), { recursive: true })
  mkdirSync(path.join(top, 'old', 'deep'), { recursive: true })
  mkdirSync(path.join(top, 'many'))
  writeFileSync(path.join(top, 'alice', 'report.odt'), 'one\n')
  writeFileSync(path.join(top, 'alice', 'b c'), 'blank\n')
  writeFileSync(path.join(top, 'alice', 'notes', 'a.txt'), 'a\n')
  writeFileSync(path.join(top, 'old', 'deep', 'kept'), 'kept\n')
  writeFileSync(path.join(top, 'gone'), 'gone\n')
  writeFileSync(Buffer.concat([Buffer.from(`${top}/`), ODD_NAME]), 'odd\n')
  writeFileSync(path.join(top, 'big'), Buffer.alloc(3_000_000, 'big file '))
  linkSync(path.join(top, 'alice', 'report.odt'), path.join(top, 'zlink'))
  symlinkSync('alice/notes', path.join(top, 'sym'))
  chmodSync(path.join(top, 'alice', 'notes'), 0o750)
  for (let index = 0; index < MANY; index++) writeFileSync(path.join(top, 'many', `file-${index}`), `${index}\n`.repeat(1 + (index % 50)))
}

function firstEdit(top: string): void {
  appendFileSync(path.join(top, 'alice', 'report.odt'), 'two\n')
  rmSync(path.join(top, 'gone'))
  renameSync(path.join(top, 'old'), path.join(top, 'new'))
  writeFileSync(path.join(top, 'alice', 'added.odt'), 'added\n')
  for (let index = 0; index < MANY; index += 10) rmSync(path.join(top, 'many', `file-${index}`))
}

function secondEdit(top: string): void {
  chmodSync(path.join(top, 'alice', 'b c'), 0o600)
  writeFileSync(path.join(top, 'new', 'deep', 'kept'), 'changed\n')
  rmSync(path.join(top, 'alice', 'added.odt'))
  mkdirSync(path.join(top, 'alice', 'added.odt'))
}

const CLOCK_MS = 2100

/** `application` is what makes the dumps. */
export async function startRecoverLab(dir: string, application: string): Promise<RecoverLab> {
  const disk = path.join(dir, 'disk')
  mkdirSync(disk, { recursive: true })
  makeTree(disk)
  const lab = new HoldfastLab({
    dir: path.join(dir, 'lab'),
    port: await freePort(),
    serverYaml: `dumptypes:\n  default:\n    application: ${application}\nhosts:\n  ${HOST}:\n    disks:\n      - ${disk}\n`,
    agentYaml: `restore-paths: ${dir}/there\n`,
  })
  await lab.startServer()
  await lab.enrol(HOST)
  await lab.startAgent(HOST)
  const dates: { readonly run: string; readonly copy: string }[] = []
  for (const edit of [(): void => undefined, firstEdit, secondEdit]) {
    // A change in the very moment of a dump is another test's, and runs have a second of their own.
    if (dates.length > 0) await new Promise((resolve) => setTimeout(resolve, CLOCK_MS))
    edit(disk)
    await new Promise((resolve) => setTimeout(resolve, CLOCK_MS))
    const summary = await lab.dump(HOST)
    must(summary.good === 1, `a dump is not good: ${JSON.stringify(summary).slice(0, 1000)}`)
    const copy = path.join(dir, `copy-${dates.length}`)
    execFileSync('cp', ['-a', disk, copy])
    dates.push({ run: summary.run, copy })
  }
  return { lab, disk, dates, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() }
}

/** `holdfast recover …` to its end, whatever its exit code. */
export function recover({ lab }: RecoverLab, args: readonly string[], options: { readonly input?: string; readonly prefix?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {}): Promise<CommandResult> {
  const [program, ...rest] = [...(options.prefix ?? []), ...lab.words('server', ['recover', ...args])]
  return runCommand([program ?? '', ...rest], { timeoutMs: 120_000, ...(options.input === undefined ? {} : { input: options.input }), ...(options.environment === undefined ? {} : { environment: options.environment }) })
}

/** The same, which must end with `code`; returns its stdout. */
export async function mustRecover(lab: RecoverLab, args: readonly string[], code = 0): Promise<string> {
  const result = await recover(lab, args)
  must(result.status === code, `recover ${args.join(' ')} ended with ${result.status}: ${result.stderr.trim()} ${result.stdout.trim().slice(-1500)}`)
  return result.stdout
}

export function startRecover({ lab, disk }: RecoverLab, args: readonly string[]): BackgroundProcess {
  return new BackgroundProcess(lab.words('server', ['recover', ...args]), path.join(path.dirname(disk), 'recover.out'))
}

/** What is typed in one go, and what the terminal must show before the next is. */
export type TypedKeys = readonly [keys: string, shows: string]

const SHOWN_MS_MAX = 60_000

/** Types at the recovery shell as a person would, at a terminal that `script` gives it; waits for `prompt` first and for its end last. Returns all that was shown. */
export async function typeAtShell({ lab }: RecoverLab, args: readonly string[], prompt: string, typed: readonly TypedKeys[], environment: Readonly<Record<string, string>>): Promise<string> {
  const quoted = lab.words('server', ['recover', ...args]).map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qfec', quoted, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, TERM: 'xterm', ...environment } })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let text = ''
  let from = 0
  child.stdout.setEncoding('utf8').on('data', (piece: string) => void (text += piece))
  try {
    for (const [keys, shows] of [['', prompt], ...typed] as const) {
      from = text.length
      child.stdin.write(keys)
      await waitUntil(`${JSON.stringify(shows)} after ${JSON.stringify(keys)} behind ${JSON.stringify(text.slice(-500))}`, SHOWN_MS_MAX, () => text.includes(shows, from), 10)
    }
    child.stdin.end()
    await Promise.race([ended, new Promise((_resolve, reject) => setTimeout(() => reject(new Error(`the shell did not end: ${JSON.stringify(text.slice(-500))}`)), SHOWN_MS_MAX).unref())])
    return text
  } finally {
    child.kill('SIGKILL')
  }
}
