// What scenarios do with a stock server beyond one amdump: programs of an operator whose output is pasted beside the logs, runs in which something
// breaks at a certain moment, volumes that exist already.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { waitUntil } from './commands.ts'
import type { FaultContext } from './fault-scenario.ts'
import { serverPids, writeOwned } from './server-state.ts'

const PROGRAM_MS_MAX = 120_000
const RUN_MS_MAX = 150_000
/** docs/formats/dump-header.md. */
const HEADER_BYTES = 32_768
const MOMENT_MS_MAX = 60_000

/** Runs a program as Amanda's user and pastes what it printed. */
export async function pasteProgram({ stock, paste }: FaultContext, name: string, argv: readonly string[]): Promise<void> {
  const { stdout, stderr } = await stock.onServer(argv, PROGRAM_MS_MAX)
  paste(name, `${stdout}${stderr}`)
}

/** The same with all rights, typing `input`. */
export async function pasteAsRoot({ stock, paste }: FaultContext, name: string, argv: readonly string[], input = ''): Promise<void> {
  const { stdout, stderr } = await stock.onServerAsRoot(argv, PROGRAM_MS_MAX, input)
  paste(name, `${stdout}${stderr}`)
}

/** One amdump with a client that listens. */
export async function dumpOnce(context: FaultContext): Promise<void> {
  await using _client = context.stock.startClient()
  await context.amdump()
}

/** An amdump in which `act` is called when `isReached`. To its end, even when it was killed. */
export async function dumpInterrupted(context: FaultContext, moment: string, isReached: () => boolean | Promise<boolean>, act: () => void | Promise<void>): Promise<void> {
  await using _client = context.stock.startClient()
  await using run = context.stock.startOnServer(['amdump', 'lab'])
  await waitUntil(moment, MOMENT_MS_MAX, async () => await isReached())
  await act()
  await waitUntil('amdump has ended', RUN_MS_MAX, async () => !run.isRunning)
}

/** An amdump whose taper may not open a file that it wants to lock: it tries again for ever, so it is ended when it has said so. */
export async function dumpWithoutLock(context: FaultContext): Promise<void> {
  const dir = context.stock.at('server', 'log/server/lab')
  const hasSaid = (): boolean => existsSync(dir) && readdirSync(dir).some((name) => name.startsWith('taper.') && readFileSync(path.join(dir, name), 'utf8').includes('file_lock_lock open failed'))
  await dumpInterrupted(context, 'the taper cannot open a file', hasSaid, () => context.lab.killAll())
}

/** An amdump whose dumper is killed: its driver says so, and then waits for ever for a chunker that waits for data, so it is ended when it has said so. */
export async function dumpWithoutDumper(context: FaultContext, isDumping: () => boolean): Promise<void> {
  const dir = context.stock.at('server', 'lib/lab/log')
  const hasSaid = (): boolean => existsSync(dir) && readdirSync(dir).some((name) => name.startsWith('log.') && readFileSync(path.join(dir, name), 'utf8').includes(' died while dumping '))
  await dumpInterrupted(context, 'the dump is on the holding disk', isDumping, async () => {
    await killOnServer(context, 'dumper')
    await waitUntil('the driver has noticed that its dumper died', MOMENT_MS_MAX, async () => hasSaid())
    await context.lab.killAll()
  })
}

/** Whether a file of the server whose name matches is there: `holding`, `index` and so on, below /var/lib/amanda/lab. */
export function hasFile({ stock }: FaultContext, dir: string, name: RegExp): boolean {
  const from = stock.at('server', `lib/lab/${dir}`)
  return existsSync(from) && readdirSync(from, { recursive: true, encoding: 'utf8' }).some((file) => name.test(file))
}

/** Kills the programs of the server that are called `name`. */
export async function killOnServer({ lab }: FaultContext, name: string): Promise<void> {
  for (const pid of await serverPids(lab, name)) process.kill(pid, 'SIGKILL')
}

/** Puts volumes with `labels` into slots 1, 2 and 3, last written at `datestamp`; without one, the tapelist does not know them. */
export function labelVolumes({ stock }: FaultContext, labels: readonly string[], datestamp?: string): void {
  for (const [index, label] of labels.entries()) {
    const header = Buffer.alloc(HEADER_BYTES)
    header.write(`AMANDA: TAPESTART DATE ${datestamp ?? 'X'} TAPE ${label}\n\f\n`)
    writeOwned(stock, `lib/lab/vtapes/slot${index + 1}/00000.${label}`, header)
  }
  if (datestamp !== undefined) writeOwned(stock, 'etc/lab/tapelist', labels.map((label) => `${datestamp} ${label} reuse BLOCKSIZE:32 POOL:lab STORAGE:lab CONFIG:lab\n`).join(''))
}
