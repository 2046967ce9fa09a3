// The first set-up of the README with real processes on loopback: init, server, token, enrolment, agent, a full and an incremental dump,
// everything that reads, a restore compared byte by byte, and a catalog rebuilt from the volumes alone.

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeHardCases } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { BackgroundProcess, command, runCommand, waitUntil } from '../lab/commands.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.ts')
const START_MS = 20_000

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

class Lab {
  readonly #context: CaseContext
  readonly config: string
  readonly agentConfig: string

  constructor(context: CaseContext) {
    this.#context = context
    this.config = path.join(context.dir, 'holdfast.yaml')
    this.agentConfig = path.join(context.dir, 'agent.yaml')
    writeFileSync(this.agentConfig, `state-dir: ${context.dir}/agent\nlog-dir: ${context.dir}/agent-log\n`)
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

async function setUp(lab: Lab, context: CaseContext, tree: string): Promise<AsyncDisposableStack> {
  const processes = new AsyncDisposableStack()
  await lab.holdfast('init', '--under', context.dir, '--slots', '5', '--host', 'client', '--port', String(await freePort()), '--public-address', '127.0.0.1', tree)
  const server = processes.use(lab.start('server', ['server', 'run']))
  await waitUntil('the server to listen', START_MS, () => server.output().includes('the server listens'))
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
    must((await lab.holdfast('verify', '--native')).includes('All 2 dumps can be restored.'), 'verify is not content')
  }
  context.note('server and agent are gone; the catalog is removed and rebuilt from the volumes')
  for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(context.dir, 'state', `catalog.sqlite${suffix}`), { force: true })
  rmSync(path.join(context.dir, 'state', 'index'), { recursive: true })
  const rebuilt = await lab.holdfast('catalog', 'rebuild')
  must(rebuilt.includes('Found 2 complete'), `the rebuild found something else: ${rebuilt}`)
  await restoreAndCompare(lab, context, tree, 'restored-rebuilt')
  must((await lab.holdfast('find', 'grow?', 'client')).includes('/changing/grown'), 'the rebuilt index does not have the names')
  return `${entries} entries in, the same out: after a full, an incremental with a deletion, and a catalog rebuilt from volumes alone`
}

export const integrationCase: IntegrationCase = {
  name: 'first-backup',
  summary: 'server and agent as real processes: set up, dump, restore, compare, rebuild the catalog',
  needs: ['tar', 'diff'],
  timeoutMs: 180_000,
  run,
}
