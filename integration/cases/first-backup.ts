// The first set-up of the README with real processes on loopback: init, server, token, enrolment, agent, a full and an incremental dump,
// everything that reads, restores here and to the agent compared byte by byte, a run without a server, hosts renamed and revoked, and a
// catalog rebuilt from the volumes alone.

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeHardCases } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { BackgroundProcess, command, runCommand, waitUntil } from '../lab/commands.ts'
import { freePort } from '../lab/holdfast.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.ts')
const START_MS = 20_000

class Lab {
  readonly #context: CaseContext
  readonly config: string
  readonly agentConfig: string

  constructor(context: CaseContext) {
    this.#context = context
    this.config = path.join(context.dir, 'holdfast.yaml')
    this.agentConfig = path.join(context.dir, 'agent.yaml')
    writeFileSync(this.agentConfig, `state-dir: ${context.dir}/agent\nlog-dir: ${context.dir}/agent-log\nrestore-paths: ${context.dir}/at-the-agent\n`)
  }

  words(args: readonly string[], config = this.config): [string, ...string[]] {
    return [process.execPath, MAIN, ...args, '--config', config]
  }

  holdfast(...args: string[]): Promise<string> {
    return command(this.words(args))
  }

  start(name: string, args: readonly string[], config = this.config): BackgroundProcess {
    return new BackgroundProcess(this.words(args, config), path.join(this.#context.dir, `${name}.out`))
  }
}

function must(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what)
}

async function startServer(lab: Lab): Promise<BackgroundProcess> {
  const server = lab.start(`server-${Date.now()}`, ['server', 'run'])
  await waitUntil('the server to listen', START_MS, () => server.output().includes('the server listens'))
  return server
}

async function setUp(lab: Lab, context: CaseContext, tree: string): Promise<AsyncDisposableStack> {
  const processes = new AsyncDisposableStack()
  await lab.holdfast('init', '--under', context.dir, '--slots', '5', '--host', 'client', '--port', String(await freePort()), '--public-address', '127.0.0.1', tree)
  processes.use(await startServer(lab))
  const { token } = JSON.parse(await lab.holdfast('agents', 'token', 'client', '--json')) as { token: string }
  await command(lab.words(['agent', 'enrol', token], lab.agentConfig))
  must((await runCommand(lab.words(['agent', 'enrol', token], lab.agentConfig))).status === 77, 'a token worked twice')
  const agent = processes.use(lab.start('agent', ['agent', 'run'], lab.agentConfig))
  await waitUntil('the agent to connect', START_MS, () => agent.output().includes('connected to the server'))
  return processes
}

async function restoreAndCompare(lab: Lab, context: CaseContext, tree: string, name: string): Promise<number> {
  const target = path.join(context.dir, name)
  await lab.holdfast('restore', 'client', tree, '--to', target)
  const { differences, entryCount } = compareTrees(tree, target)
  must(differences.length === 0, `${name} differs: ${differences.slice(0, 5).join('; ')}`)
  await command(['diff', '-r', '--no-dereference', path.join(tree, 'changing'), path.join(target, 'changing')])
  return entryCount
}

async function restoreToAgent(lab: Lab, context: CaseContext, tree: string): Promise<void> {
  const target = path.join(context.dir, 'at-the-agent', 'tree')
  mkdirSync(path.dirname(target))
  must((await runCommand(lab.words(['restore', 'client', tree, '--to-agent', 'client', '--to', `${context.dir}/elsewhere`]))).status !== 0, 'the agent restored where it is not permitted')
  await lab.holdfast('restore', 'client', tree, '--to-agent', 'client', '--to', target)
  const { differences } = compareTrees(tree, target)
  must(differences.length === 0, `what the agent restored differs: ${differences.slice(0, 5).join('; ')}`)
}

/** `status --live` for as long as it takes to see one dump of a disk that is named. */
async function watchOneDump(lab: Lab, tree: string): Promise<void> {
  await using live = lab.start('live', ['status', '--live'])
  await waitUntil('the live status', START_MS, () => live.output().includes('AGENT'))
  await lab.holdfast('dump', 'client', tree)
  await waitUntil('the live status to tell of the run', START_MS, () => / ended: 1 good/.test(live.output()))
  live.kill('SIGINT')
  await waitUntil('the live status to end', START_MS, () => !live.isRunning)
}

/** The agent, which runs on, finds a server that lives as long as one run. */
async function dumpWithoutServer(lab: Lab): Promise<void> {
  await lab.holdfast('server', 'stop')
  const { stderr } = await runCommand(lab.words(['dump']), { timeoutMs: 120_000 })
  must(stderr.includes(' ended: 1 good'), `a dump without a server: ${stderr}`)
  await lab.holdfast('flush')
  must((await runCommand(lab.words(['server', 'stop']))).status !== 0, 'a server is left after a dump without one')
}

async function renameAndRevoke(lab: Lab): Promise<void> {
  await using _server = await startServer(lab)
  const isConnected = async (host: string): Promise<boolean> => (JSON.parse(await lab.holdfast('agents', 'list', '--json')) as { host: string; isConnected: boolean }[]).some((agent) => agent.host === host && agent.isConnected)
  await waitUntil('the agent to come back', START_MS, () => isConnected('client'))
  await lab.holdfast('agents', 'rename', 'client', 'laptop')
  await waitUntil('the agent under its new name', START_MS, () => isConnected('laptop'))
  await lab.holdfast('agents', 'rename', 'laptop', 'client')
  await waitUntil('the agent under its old name', START_MS, () => isConnected('client'))
  await lab.holdfast('agents', 'revoke', 'client')
  await waitUntil('the agent to be gone', START_MS, async () => !(await isConnected('client')))
  must((await runCommand(lab.words(['check']))).status !== 0, 'check is content with a revoked host')
}

async function run(context: CaseContext): Promise<string> {
  const tree = path.join(context.dir, 'tree')
  makeHardCases(tree)
  mkdirSync(path.join(tree, 'changing'))
  for (const name of ['kept', 'grown', 'gone']) writeFileSync(path.join(tree, 'changing', name), `${name}\n`)
  const lab = new Lab(context)
  let entries: number
  {
    await using _processes = await setUp(lab, context, tree)
    await lab.holdfast('check')
    await lab.holdfast('dump')
    entries = await restoreAndCompare(lab, context, tree, 'restored-full')
    context.note(`a full dump restored: ${entries} entries are the same`)
    rmSync(path.join(tree, 'changing', 'gone'))
    appendFileSync(path.join(tree, 'changing', 'grown'), 'more\n')
    writeFileSync(path.join(tree, 'changing', 'new'), 'new\n')
    await lab.holdfast('dump', '--level', 'incremental')
    await restoreAndCompare(lab, context, tree, 'restored-incremental')
    must((await lab.holdfast('status')).includes('connected'), 'status does not show the agent')
    must((await lab.holdfast('report')).includes('DUMP SUMMARY:'), 'report has no dumps')
    must((await lab.holdfast('ls', 'client', tree, '/changing')).includes('/changing/new'), 'ls does not show a new file')
    must((await lab.holdfast('find', 'grow?', 'client')).includes('/changing/grown'), 'find does not find')
    await restoreToAgent(lab, context, tree)
    await watchOneDump(lab, tree)
    await lab.holdfast('flush')
    context.note('restored to the agent, watched a dump of one disk')
    await dumpWithoutServer(lab)
    must((await lab.holdfast('verify', '--native')).includes('All 4 dumps can be restored.'), 'verify is not content')
    await renameAndRevoke(lab)
    context.note('dumped without a server, renamed and revoked the host')
  }
  context.note('server and agent are gone; the catalog is removed and rebuilt from the volumes')
  for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(context.dir, 'state', `catalog.sqlite${suffix}`), { force: true })
  rmSync(path.join(context.dir, 'state', 'index'), { recursive: true })
  const rebuilt = await lab.holdfast('catalog', 'rebuild')
  must(rebuilt.includes('Found 4 complete'), `the rebuild found something else: ${rebuilt}`)
  await restoreAndCompare(lab, context, tree, 'restored-rebuilt')
  must((await lab.holdfast('find', 'grow?', 'client')).includes('/changing/grown'), 'the rebuilt index does not have the names')
  return `${entries} entries in, the same out: after a full, incrementals with a deletion, at the agent as well, and a catalog rebuilt from volumes alone`
}

export const integrationCase: IntegrationCase = {
  name: 'first-backup',
  summary: 'server and agent as real processes: set up, dump, restore, compare, rebuild the catalog',
  needs: ['tar', 'diff'],
  timeoutMs: 300_000,
  run,
}
