// `holdfast doctor host`, `config` and `storage` on a real server and agent: nothing is wrong with a set-up that is well, and each of many
// bad states, made for real (full file systems in a private mount namespace, modes, missing programs and lists, an agent that is away,
// damaged, foreign and missing volumes, dumps nobody verified), is found by its code.

import { chmodSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SqliteCatalog } from '../../src/catalog/sqlite.ts'
import type { SetupReport } from '../../src/cli/setup-report.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { runCommand, waitUntil, type BackgroundProcess } from '../lab/commands.ts'
import { freePort, HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'

const DAY_MS = 86_400_000
const START_MS = 60_000
/** What is so of the machine that plays the case is no false alarm. */
const OF_THE_MACHINE = new Set(['memory-short', 'clock-unsynchronised'])

interface Told {
  readonly status: number | null
  /** `code`, `code host` and `code host disk` of each finding above a note. */
  readonly bad: readonly string[]
  readonly notes: readonly string[]
}

/** Runs `holdfast doctor …`, by `wrap` if something must be so around it. */
async function ask(lab: HoldfastLab, args: readonly string[], wrap: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Promise<Told> {
  const words = [...wrap, ...lab.words('server', ['doctor', ...args, '--json'])] as [string, ...string[]]
  const { status, stdout, stderr } = await runCommand(words, { environment })
  must(stdout.startsWith('{'), `doctor ${args.join(' ')} ended with ${status}: ${stderr}`)
  const { findings } = JSON.parse(stdout) as SetupReport
  const shown = findings.filter(({ code }) => !OF_THE_MACHINE.has(code))
  for (const { code, cures, cause, check, page } of shown) must(cures.length > 0 && cause !== '' && check !== '' && page !== '', `${code} is not explained`)
  const names = (isNote: boolean): string[] => shown.filter(({ severity }) => (severity === 'note') === isNote).map(({ code, host, disk }) => [code, host, disk].filter((word) => word !== undefined).join(' '))
  return { status, bad: names(false), notes: names(true) }
}

function mustTell(what: string, told: Told, status: number, codes: readonly string[]): void {
  must(told.status === status, `${what} ended with ${told.status} and not ${status}: ${told.bad.join(', ')}`)
  const missed = codes.filter((code) => ![...told.bad, ...told.notes].includes(code))
  must(missed.length === 0, `${what} did not find ${missed.join(', ')}; it found ${[...told.bad, ...told.notes].join(', ')}`)
}

function mustBeWell(what: string, told: Told): void {
  must(told.status === 0 && told.bad.length === 0, `${what} of a set-up that is well ended with ${told.status} and ${told.bad.join(', ')}`)
}

async function stop(started: BackgroundProcess): Promise<void> {
  started.kill('SIGTERM')
  await started.exit()
}

/** File systems that are full, one of bytes and one of inodes, in a mount namespace of the command alone. */
async function fullDisks(lab: HoldfastLab): Promise<number> {
  const [full, few] = [`${lab.dir}/full`, `${lab.dir}/few`]
  for (const dir of [full, few]) mkdirSync(dir)
  const yaml = readFileSync(lab.serverConfig, 'utf8')
  writeFileSync(lab.serverConfig, yaml.replace(`log: ${lab.dir}/log`, `log: ${full}`).replace(`directory: ${lab.dir}/holding`, `directory: ${few}`))
  const script = ['set -e', `mount -t tmpfs -o size=1m none ${full}`, `mount -t tmpfs -o nr_inodes=8 none ${few}`, `(i=0; while : > ${few}/file$i; do i=$((i+1)); done) 2>/dev/null || true`, 'exec "$@"'].join('\n')
  const host = await ask(lab, ['host'], ['unshare', '--mount', 'sh', '-c', script, 'sh'])
  writeFileSync(lab.serverConfig, yaml)
  mustTell('doctor host on full file systems', host, 1, ['space-low', 'inodes-low'])
  return 2
}

async function openModes(lab: HoldfastLab): Promise<number> {
  const [state, key] = [`${lab.dir}/state`, `${lab.dir}/state/server-key.json`]
  chmodSync(state, 0o777)
  chmodSync(key, 0o644)
  renameSync(`${lab.dir}/cache`, `${lab.dir}/cache.away`)
  const told = await ask(lab, ['host'])
  chmodSync(state, 0o700)
  chmodSync(key, 0o600)
  renameSync(`${lab.dir}/cache.away`, `${lab.dir}/cache`)
  mustTell('doctor host with wrong modes', told, 1, ['directory-open', 'key-file-open', 'directory-missing'])
  return 3
}

/** Volumes and holding disk after two runs: each slot gets a fault of its own. */
async function badVolumes(lab: HoldfastLab): Promise<number> {
  const slot = (number: number): string => `${lab.dir}/volumes/slot${number}`
  const [part = ''] = globSync('00001.*', { cwd: slot(1) })
  const [label = ''] = globSync('00000.*', { cwd: slot(2) })
  const [second = ''] = globSync('00001.*', { cwd: slot(3) })
  rmSync(path.join(slot(1), part))
  truncateSync(path.join(slot(2), label), 100)
  truncateSync(path.join(slot(3), second), 40_000)
  writeFileSync(path.join(slot(19), 'letter.txt'), 'dear all')
  rmSync(slot(20), { recursive: true })
  const left = `${lab.dir}/holding/20200101000000`
  mkdirSync(left, { recursive: true })
  writeFileSync(`${left}/client._srv.0.tmp`, 'never finished')
  utimesSync(`${left}/client._srv.0.tmp`, 1_577_836_800, 1_577_836_800)
  const told = await ask(lab, ['storage'])
  mustTell('doctor storage', told, 65, ['part-missing', 'volume-damaged', 'part-wrong', 'volume-foreign', 'volume-missing', 'tapelist-differs', 'holding-leftover'])
  return 7
}

/** The agent was last connected nine days ago, and the server does not run. */
async function agentAway(lab: HoldfastLab): Promise<number> {
  const catalog = new SqliteCatalog(`${lab.dir}/state/catalog.sqlite`)
  for (const host of catalog.hosts()) catalog.putHost({ ...host, lastSeenMs: Date.now() - 9 * DAY_MS })
  catalog.close()
  mustTell('doctor config with an agent that is away', await ask(lab, ['config']), 0, ['agent-not-seen client'])
  return 1
}

const SCHEDULE = 'schedule: {at: "30 1 * * *"}'

/** A configuration with a fault in every line. */
function badYaml(tree: string, dir: string): string {
  return `limits: {retries: 0}
storage:
  directory: ${dir}/volumes
  slots: 20
  volume-size: 4 GiB
  keep: {volumes: 1, days: 1, fulls: 1}
dumptypes:
  unused: {compress: gzip}
hosts:
  client:
    - {disk: ${tree}, application: gnutar}
    - {disk: inner, device: ${tree}/inner, exclude-lists: [/nowhere/excludes], lists-optional: false}
    - ${dir}/gone
  stranger: [/etc]
`
}

async function badConfig(lab: HoldfastLab, tree: string, servers: readonly BackgroundProcess[]): Promise<number> {
  for (const server of servers) await stop(server)
  const well = readFileSync(lab.serverConfig, 'utf8')
  const head = well.slice(0, well.indexOf('storage:'))
  writeFileSync(lab.serverConfig, `${head}${badYaml(tree, lab.dir)}`)
  writeFileSync(lab.agentConfig, `${readFileSync(lab.agentConfig, 'utf8')}gnutar: /nowhere/tar\n`)
  const server = await lab.startServer()
  const agent = await lab.startAgent('client')
  mustTell('doctor host client without tar', await ask(lab, ['host', 'client']), 1, [`tar-unusable client ${tree}`])
  await stop(agent)
  writeFileSync(lab.agentConfig, readFileSync(lab.agentConfig, 'utf8').replace('gnutar: /nowhere/tar\n', ''))
  await lab.startAgent('client')
  for (const _run of [1, 2, 3]) await lab.dump('client')
  const told = await ask(lab, ['config'])
  const codes = [`disk-never-dumped client ${lab.dir}/gone`, `disk-failing client ${lab.dir}/gone`, 'disk-never-dumped client inner', 'agent-unknown stranger', 'list-missing client inner', 'disks-overlap client inner', 'dumptype-unused', 'schedule-missing', 'keep-under-cycle']
  mustTell('doctor config', told, 4, codes)
  // What check says in a line, doctor explains: pasted into a log it is found again.
  const check = await lab.run('server', ['check'])
  const pasted = path.join(lab.dir, 'check.txt')
  writeFileSync(pasted, check.stdout)
  const logs = JSON.parse((await lab.run('server', ['doctor', 'logs', pasted, '--json'])).stdout) as { findings: { code: string; host?: string }[] }
  must(logs.findings.some(({ code, host }) => code === 'disk-failing' && host === 'client'), `doctor logs does not know what check printed: ${check.stdout}`)
  await stop(server)
  writeFileSync(lab.serverConfig, well)
  return codes.length + 1
}

async function run(context: CaseContext): Promise<string> {
  const tree = path.join(context.dir, 'tree')
  mkdirSync(path.join(tree, 'inner'), { recursive: true })
  writeFileSync(path.join(tree, 'inner', 'file'), 'x'.repeat(100_000))
  await using lab = new HoldfastLab({ dir: path.join(context.dir, 'lab'), port: await freePort(), serverYaml: `${SCHEDULE}\nhosts: {client: [${tree}]}\n` })
  const server = await lab.startServer()
  await lab.enrol('client')
  const agent = await lab.startAgent('client')
  for (const _run of [1, 2, 3]) await lab.dump('client', undefined, 'full')
  mustTell('doctor config before a verification', await ask(lab, ['config']), 0, [`dump-unverified client ${tree}`])
  await lab.must('server', ['verify'])
  for (const about of [['config'], ['host'], ['host', 'client'], ['storage']]) mustBeWell(`doctor ${about.join(' ')}`, await ask(lab, about))
  context.note('a set-up that is well is said to be so')
  let count = 1 + (await fullDisks(lab)) + (await openModes(lab))
  count += await badConfig(lab, tree, [server, agent])
  context.note('hosts and configuration are explained')
  await waitUntil('the server to be gone', START_MS, () => !server.isRunning)
  count += (await agentAway(lab)) + (await badVolumes(lab))
  return `${count} bad states of host, configuration and storage were found, each by its code, and nothing is wrong with a set-up that is well`
}

export const integrationCase: IntegrationCase = {
  name: 'doctor-setup',
  summary: 'doctor host, config and storage find what was made wrong with a real server and agent, and nothing else',
  needs: ['unshare', 'mount', 'tar'],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 300_000,
  run,
}
