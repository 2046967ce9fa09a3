// Scripts of dumptypes between real processes: our server and agent with scripts on both sides, one that fails before a dump, one after a
// dump that the end of the agent cuts, and the example for btrfs on a real file system: what changes while a dump runs is not in
// it, nothing stays behind, what a crash left is removed, and levels know what has not changed.

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand, waitUntil } from '../lab/commands.ts'
import { freePort, HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'
import type { ControlResults } from '../../src/server/control/contract.ts'

const HOST = 'client'
const EXAMPLE = path.resolve(import.meta.dirname, '../../docs/examples/snapshots/snapshot-btrfs')
const AROUND_DUMP = '[pre-dle-backup, post-dle-backup]'
const WAIT_MS = 60_000

function writeScript(file: string, body: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 })
  writeFileSync(file, `#!/bin/sh\n[ "$1" = support ] && { echo CONFIG YES; exit 0; }\n${body}\n`, { mode: 0o755 })
}

/** Lines `POINT DISK` of the scripts that were run, from `trace`. */
function traced(trace: string): string[] {
  return existsSync(trace) ? readFileSync(trace, 'utf8').split('\n').slice(0, -1) : []
}

const NOTE = (trace: string): string => `point=$1; while [ $# -gt 1 ]; do [ "$1" = --disk ] && disk=$2; shift; done; echo "$point $disk" >> '${trace}'`

/** Why a btrfs cannot be had here; else it is mounted at `mount` until `dispose`. */
async function mountBtrfs(dir: string, mount: string, stack: AsyncDisposableStack): Promise<string | undefined> {
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\tbtrfs')) return 'the kernel has no btrfs'
  if ((await runCommand(['sh', '-c', 'command -v mkfs.btrfs btrfs'])).status !== 0) return 'btrfs-progs is not installed'
  const image = path.join(dir, 'btrfs.img')
  writeFileSync(image, '')
  truncateSync(image, 256 * 1024 * 1024)
  await command(['mkfs.btrfs', '-q', image])
  mkdirSync(mount)
  const mounted = await runCommand(['mount', '-o', 'loop', image, mount])
  if (mounted.status !== 0) return `no loop device: ${mounted.stderr.trim()}`
  stack.defer(() => command(['umount', mount]).then(() => undefined))
  await command(['btrfs', 'subvolume', 'create', path.join(mount, 'a disk')])
  return undefined
}

/** A dump of the snapshot at two levels. Returns what was seen. */
async function snapshots(lab: HoldfastLab, context: CaseContext, disk: string): Promise<string> {
  const target = path.join(context.dir, 'restored')
  const left = (): string[] => readdirSync(path.dirname(disk)).filter((name) => name.startsWith('.holdfast'))
  // What a crash would leave.
  const name = (await command(['sh', '-c', `printf '%s\\n' lab ${HOST} snapped | cksum | cut -d ' ' -f 1`])).trim()
  await command(['btrfs', 'subvolume', 'snapshot', '-r', path.dirname(disk), path.join(path.dirname(disk), `.holdfast-${name}`)])
  writeFileSync(path.join(disk, 'late'), 'after the crash')
  await lab.must('server', ['check'])
  must(left().length === 1, 'a check has changed something')
  const full = await dumpSnapped(lab, 'full')
  must(left().length === 0, `snapshots are left: ${left().join(' ')}`)
  must(readFileSync(path.join(disk, 'changes'), 'utf8') === 'changed', 'the script did not change the disk while it was dumped')
  await lab.must('server', ['restore', HOST, 'snapped', '--to', target])
  must(readFileSync(path.join(target, 'changes'), 'utf8') === 'before', 'the dump has what was changed after the snapshot')
  must(readFileSync(path.join(target, 'late'), 'utf8') === 'after the crash', 'the dump is of the snapshot that a crash left')
  writeFileSync(path.join(disk, 'new'), 'new')
  const incremental = await dumpSnapped(lab, 'incremental')
  must(incremental > 0 && incremental < 1_000_000 && full > 4_000_000, `an incremental of a snapshot has ${incremental} bytes, its full ${full}`)
  return `btrfs snapshots dumped at two levels (${full} and ${incremental} bytes), none left`
}

/** The bytes of a dump that went well. */
async function dumpSnapped(lab: HoldfastLab, level: 'full' | 'incremental'): Promise<number> {
  await using control = await lab.control()
  const { summary } = (await control.call({ kind: 'dump', selection: [{ host: HOST, disks: ['snapped'] }], wait: true, level })) as ControlResults['dump']
  const [dump] = summary?.dumps ?? []
  must(dump?.outcome === 'good', `the dump of the snapshot: ${JSON.stringify(summary)}`)
  return dump?.bytes ?? 0
}

/** The agent is stopped in the middle of a dump. */
async function cutByTheAgent(lab: HoldfastLab, trace: string): Promise<void> {
  const agent = await lab.startAgent(HOST)
  const dumped = lab.run('server', ['dump', HOST, 'slow'])
  await waitUntil('the script before the slow dump', WAIT_MS, () => traced(trace).includes('PRE-DLE-BACKUP slow'))
  await new Promise((resolve) => setTimeout(resolve, 500))
  agent.kill('SIGTERM')
  await agent.exit()
  must(traced(trace).includes('POST-DLE-BACKUP slow'), `the agent ended without its script: ${traced(trace).join(', ')}`)
  must((await lab.run('server', ['cancel'])).status !== null && (await dumped).status !== 0, 'a dump that was cut is a good one')
}

async function run(context: CaseContext): Promise<string> {
  const { dir } = context
  await using stack = new AsyncDisposableStack()
  await command(['chmod', '755', dir])
  const [trace, serverTrace] = [path.join(dir, 'trace'), path.join(dir, 'server-trace')]
  const [scripts, serverScripts] = [path.join(dir, 'scripts'), path.join(dir, 'server-scripts')]
  const mount = path.join(dir, 'btrfs')
  const why = await mountBtrfs(dir, mount, stack)
  const disk = path.join(mount, 'a disk', 'in side')
  mkdirSync(disk, { recursive: true })
  writeFileSync(path.join(disk, 'big'), Buffer.alloc(4_000_000, 'big'))
  writeFileSync(path.join(disk, 'changes'), 'before')
  const plain = path.join(dir, 'plain')
  mkdirSync(plain)
  writeFileSync(path.join(plain, 'file'), 'file')
  writeScript(path.join(scripts, 'note'), NOTE(trace))
  writeScript(path.join(scripts, 'change'), `printf changed > '${disk}/changes'`)
  writeScript(path.join(scripts, 'fail'), `${NOTE(trace)}\n[ "$point" != PRE-DLE-BACKUP ] || { echo "the database cannot be frozen" >&2; exit 1; }`)
  writeScript(path.join(serverScripts, 'server-note'), `${NOTE(serverTrace)}\necho "said at $point"`)
  copyFileSync(EXAMPLE, path.join(scripts, 'snapshot-btrfs'))
  writeScript(path.join(dir, 'slow-command'), 'sleep 120')
  const everywhere = '[pre-backup, pre-host-backup, pre-dle-backup, post-dle-backup, post-host-backup, post-backup, pre-dle-estimate, post-dle-estimate]'
  const around = '[pre-dle-amcheck, pre-dle-estimate, post-dle-estimate, pre-dle-backup, post-dle-backup]'
  const disks = [
    `    - {disk: plain, device: "${plain}", scripts: [{plugin: note, execute-on: ${AROUND_DUMP}}, {plugin: server-note, execute-where: server, execute-on: ${everywhere}}]}`,
    `    - {disk: failing, device: "${plain}", scripts: [{plugin: fail, execute-on: ${AROUND_DUMP}}]}`,
    `    - {disk: slow, application: command, properties: {command: "${dir}/slow-command"}, scripts: [{plugin: note, execute-on: ${AROUND_DUMP}}]}`,
    ...(why === undefined ? [`    - {disk: snapped, device: "${disk}", scripts: [{plugin: change, order: 6000, execute-on: [pre-dle-backup]}, {plugin: snapshot-btrfs, execute-on: ${around}}]}`] : []),
  ]
  await using lab = new HoldfastLab({ dir: path.join(dir, 'holdfast'), port: await freePort(), serverYaml: `limits: {retries: 0}\nhosts:\n  ${HOST}:\n${disks.join('\n')}\n`, agentYaml: `script-dir: ${scripts}\ncommands: ["${dir}/slow-command"]\n` })
  writeFileSync(lab.serverConfig, readFileSync(lab.serverConfig, 'utf8').replace('directories:\n', `directories:\n  scripts: ${serverScripts}\n`))
  await lab.startServer()
  await lab.enrol(HOST)
  {
    await using _agent = await lab.startAgent(HOST)
    await lab.must('server', ['dump', HOST, 'plain'])
    must(traced(trace).join() === 'PRE-DLE-BACKUP plain,POST-DLE-BACKUP plain', `scripts of the agent: ${traced(trace).join()}`)
    const seen = traced(serverTrace).map((line) => line.split(' ')[0]).join()
    must(seen === 'PRE-DLE-ESTIMATE,POST-DLE-ESTIMATE,PRE-BACKUP,PRE-HOST-BACKUP,PRE-DLE-BACKUP,POST-DLE-BACKUP,POST-HOST-BACKUP,POST-BACKUP', `scripts of the server: ${seen}`)
    const failed = await lab.run('server', ['dump', HOST, 'failing'])
    const report = (await lab.run('server', ['report'])).stdout
    must(failed.status === 4 && report.includes("Script 'fail' command 'PRE-DLE-BACKUP': the database cannot be frozen"), `a failing script: ${failed.status} ${report.slice(0, 2000)}`)
    must(traced(trace).includes('POST-DLE-BACKUP failing'), 'no script after one that failed')
  }
  await cutByTheAgent(lab, trace)
  if (why !== undefined) return `scripts on both sides, a failing one, one after a cut dump. NOT TRIED: snapshots of btrfs (${why})`
  await using _agent = await lab.startAgent(HOST)
  return `scripts on both sides, a failing one, one after a dump that the end of the agent cut; ${await snapshots(lab, context, disk)}`
}

export const integrationCase: IntegrationCase = {
  name: 'scripts',
  summary: 'scripts of dumptypes on agent and server, failures and cuts, and snapshots of a real btrfs',
  needs: ['tar', 'sh', 'cksum'],
  needsRoot: true,
  timeoutMs: 480_000,
  run,
}
