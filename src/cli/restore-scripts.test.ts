import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { createMemoryVolumes, type MemoryVolumes } from '../../testkit/memory-volumes.ts'
import { makeArchive } from '../../testkit/tar-writer.ts'
import { createAgentServices } from '../agent/agent-services.ts'
import type { DumpRecord } from '../catalog/contract.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { systemRandom } from '../kernel/random.ts'
import { restoreToAgent } from '../restore/to-agent.ts'
import { createMemoryTransport } from '../transport/memory-transport.ts'

let dir = ''
let trace = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-restore-scripts-'))
  trace = path.join(dir, 'trace')
  for (const name of ['scripts', 'allowed']) mkdirSync(path.join(dir, name), { mode: 0o755 })
})
after(() => rmSync(dir, { recursive: true, force: true }))
beforeEach(() => rmSync(trace, { force: true }))

const POINTS = 'PRE-RECOVER,PRE-LEVEL-RECOVER,POST-LEVEL-RECOVER,INTER-LEVEL-RECOVER,POST-RECOVER'
const never = new AbortController().signal

/** Notes what it was called with and whether the target is there, and then does `body`. */
function put(name: string, body: string): void {
  const file = path.join(dir, 'scripts', name)
  writeFileSync(file, `#!/bin/sh\n[ "$1" = support ] && exit 0\necho "$@ $(ls '${dir}/allowed' | wc -l)" >> '${trace}'\n${body}\n`)
  chmodSync(file, 0o755)
}

async function chainWith(volumes: MemoryVolumes, plugin: string): Promise<readonly DumpRecord[]> {
  const dleLines = `  <script>\n    <plugin>${plugin}</plugin>\n    <execute_where>CLIENT</execute_where>\n    <execute_on>${POINTS}</execute_on>\n  </script>\n`
  const full = await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/d', level: 0, data: makeArchive([{ name: './a', type: '0', data: 'a' }]), dleLines })
  return [full, await volumes.addDump({ run: '20260102000000', host: 'h', disk: '/d', level: 1, baseRun: '20260101000000', data: makeArchive([{ name: './b', type: '0', data: 'b' }]), dleLines })]
}

async function restore(plugin: string, name: string, hasScripts = true): Promise<readonly string[]> {
  const volumes = createMemoryVolumes()
  const chain = await chainWith(volumes, plugin)
  const handler = createAgentServices({
    clock: systemClock, random: systemRandom, disk: nodeDisk, processes: nodeProcesses, log: silentLog, stateDir: path.join(dir, 'state'), version: '1', distro: 'd', platform: 'p',
    settings: { restorePaths: [path.join(dir, 'allowed')], commands: [], filters: [], pluginDir: undefined, estimateTimeoutMs: 1000, ...(hasScripts ? { scripts: { dir: path.join(dir, 'scripts'), userId: process.getuid?.(), timeoutMs: 20_000 } } : {}) },
  })
  const tools = { stores: { catalog: volumes.catalog, holding: volumes.holding, changers: [volumes.changer] }, processes: nodeProcesses, clock: systemClock, events: () => undefined }
  const connection = await createMemoryTransport(new Map([['agent', handler]])).connect('agent', never)
  return (await restoreToAgent(tools, connection, chain, { paths: [], target: path.join(dir, 'allowed', name) }, never)).problems
}

const traced = (): string[] => readFileSync(trace, 'utf8').trim().split('\n')

test('scripts run before and after all of a restore and each of its levels, and see the target at the end', async () => {
  put('notes', 'echo told >&2')
  const problems = await restore('notes', 'all')
  const seen = traced().map((line) => `${line.split(' ')[0]} ${[...line.matchAll(/--level (\d)/g)].map(([, level]) => level).join()} ${line.split(' ').at(-1)}`)
  assert.deepEqual(seen, ['PRE-RECOVER 0 0', 'PRE-LEVEL-RECOVER 0 0', 'POST-LEVEL-RECOVER 0 0', 'INTER-LEVEL-RECOVER 0,1 0', 'PRE-LEVEL-RECOVER 1 0', 'POST-LEVEL-RECOVER 1 0', 'POST-RECOVER 0,1 1'])
  assert.match(traced()[0] ?? '', /--host h --disk \/d/)
  assert.ok(problems.length > 0 && problems.every((line) => line.includes('told')), problems.join())
})

test('one that fails before keeps the restore from being made, and is told of the end', async () => {
  put('fails', '[ "$1" = PRE-RECOVER ] && exit 3; exit 0')
  await assert.rejects(restore('fails', 'none'), /PRE-RECOVER/)
  assert.deepEqual(traced().map((line) => line.split(' ')[0]), ['PRE-RECOVER', 'POST-RECOVER'])
  assert.equal(existsSync(path.join(dir, 'allowed', 'none')), false)
})

test('a machine that has not the script is restored all the same, and it is said', async () => {
  for (const [name, hasScripts] of [['bare', false], ['other', true]] as const) {
    const problems = await restore('nowhere', name, hasScripts)
    assert.ok(problems.some((line) => line.includes("Script 'nowhere'")), problems.join())
    assert.equal(readFileSync(path.join(dir, 'allowed', name, 'b'), 'utf8'), 'b')
  }
})
