// `holdfast dump [HOST [DISK…]]` and `holdfast flush`: one run, by the running server when there is one, else by a server that lives as long
// as the run. The exit code is the run's.

import { sleep } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import type { ControlRequest, ControlResults, ForcedLevel, RunSummary } from '../../server/control/contract.ts'
import type { CommandBody, Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { chooseDisks } from '../disk-words.ts'
import { doctorNotes } from '../doctor-notes.ts'
import { exitCode } from '../exit-codes.ts'
import { RunWatcher, summaryExitCode } from '../watch-run.ts'

const GONE_LOOK_MS = 100

type RunRequest = Extract<ControlRequest, { kind: 'dump' | 'flush' }>

async function runHere(context: CliContext, given: Given, config: ResolvedConfig, request: RunRequest, watcher: RunWatcher): Promise<RunSummary | undefined> {
  // What asks a running server needs nothing of it.
  const [{ openLog }, { startServerProcess }] = await Promise.all([import('../log.ts'), import('../server-process.ts')])
  const log = openLog({ file: serverLayout(config).serverLogFile, isVerbose: given.isVerbose, ...(given.isVerbose ? { plain: context.streams.err } : {}) })
  await using running = await startServerProcess(context, config, log, (event) => watcher.take(event))
  const result = (await running.server.handle(request, () => {}, context.signal)) as ControlResults['dump']
  return result.summary
}

async function runThere(client: NonNullable<Awaited<ReturnType<typeof findServer>>>, request: RunRequest, watcher: RunWatcher): Promise<RunSummary | undefined> {
  await using open = client
  const result = (await open.call(request, (event) => watcher.take(event))) as ControlResults['dump']
  return result.summary
}

async function makeRun(context: CliContext, given: Given, config: ResolvedConfig, request: RunRequest): Promise<number> {
  const watcher = new RunWatcher(context, given.isJson)
  try {
    const client = await findServer(context, config)
    const summary = client === undefined ? await runHere(context, given, config, request, watcher) : await runThere(client, request, watcher)
    watcher.end()
    if (summary === undefined) throw new Fault('internal', 'the run has no summary')
    if (given.isJson) context.streams.out(`${JSON.stringify({ ...summary, findings: doctorNotes(summary.dumps) }, undefined, 2)}\n`)
    return summaryExitCode(summary)
  } finally {
    watcher.end()
  }
}

function levelOf(given: Given): ForcedLevel | undefined {
  const text = given.text('level')
  if (text === undefined || text === 'full' || text === 'incremental') return text
  if (/^[0-9]$/.test(text)) return Number(text)
  throw new Fault('usage-wrong', `\`${text}\` is not a level`, { next: 'Use full, incremental or a digit.' })
}

export const dumpCommand: CommandBody = {
  details: ['The planner chooses levels unless --level does. The exit code adds up bits: 2 strange, 4 failed, 8 unknown, 16 no volume; see docs/exit-codes.md.'],
  args: [
    { name: '[HOST]', text: 'only this host' },
    { name: '[DISK...]', text: 'only these disks of it' },
  ],
  options: [{ flags: '--level LEVEL', text: 'full, incremental, or 0 to 9' }],
  examples: [
    { line: 'holdfast dump', text: 'everything in the configuration' },
    { line: 'holdfast dump laptop /home --level full', text: 'one disk, all of it' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const [host, disks] = given.args as readonly [string | undefined, readonly string[] | undefined]
    const level = levelOf(given)
    return await makeRun(context, given, config, { kind: 'dump', selection: chooseDisks(config, host, disks), wait: true, ...(level === undefined ? {} : { level }) })
  },
}

export const flushCommand: CommandBody = {
  examples: [{ line: 'holdfast flush', text: 'after volumes were added' }],
  async run(context, given) {
    return await makeRun(context, given, await needServerConfig(context, given), { kind: 'flush', wait: true })
  },
}

/** The control socket is the last thing that a server closes: whoever starts another one next must not meet this one. */
async function waitUntilGone(context: CliContext, config: ResolvedConfig): Promise<void> {
  for (let client = await findServer(context, config); client !== undefined; client = await findServer(context, config)) {
    await client[Symbol.asyncDispose]()
    await sleep(context.clock, GONE_LOOK_MS, context.signal)
  }
}

export const serverStopCommand: CommandBody = {
  options: [{ flags: '--after-run', text: 'let the current run end first' }],
  examples: [{ line: 'holdfast server stop --after-run', text: 'before an upgrade' }],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const client = await findServer(context, config)
    if (client === undefined) throw new Fault('server-away', 'no server runs with this configuration')
    {
      await using open = client
      await open.call({ kind: 'stop', afterRun: given.flag('afterRun') })
    }
    await waitUntilGone(context, config)
    return exitCode('ok')
  },
}
