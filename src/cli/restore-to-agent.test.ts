import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createMemoryVolumes } from '../../testkit/memory-volumes.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
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
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-to-agent-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

const signal = (): AbortSignal => new AbortController().signal

function archive(tree: string, snapshot: string): Buffer {
  return execFileSync('tar', ['--create', '--file=-', '--format=posix', `--directory=${tree}`, `--listed-incremental=${snapshot}`, '.'], { maxBuffer: 1 << 26 })
}

test('the server sends and the agent takes: a full dump and an incremental on it, whole and by names, and never where it may not', async () => {
  const tree = path.join(dir, 'tree')
  const [snapshot, allowed] = [path.join(dir, 'snapshot'), path.join(dir, 'allowed')]
  mkdirSync(path.join(tree, 'sub'), { recursive: true })
  mkdirSync(allowed)
  writeFileSync(path.join(tree, 'gone'), 'deleted between the levels')
  writeFileSync(path.join(tree, 'sub', 'kept'), Buffer.alloc(400_000, 'kept '))
  const volumes = createMemoryVolumes()
  const full = await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/', level: 0, data: archive(tree, snapshot), compress: { kind: 'zstd', where: 'server', level: 1 } })
  unlinkSync(path.join(tree, 'gone'))
  writeFileSync(path.join(tree, 'sub', 'new'), 'made between the levels')
  const incremental = await volumes.addDump({ run: '20260102000000', host: 'h', disk: '/', level: 1, baseRun: '20260101000000', data: archive(tree, snapshot) })
  const output = await volumes.addDump({ run: '20260103000000', host: 'h', disk: 'pg', level: 0, data: Buffer.from('SELECT 1'), application: 'command' })

  const handler = createAgentServices({
    clock: systemClock, random: systemRandom, disk: nodeDisk, processes: nodeProcesses, log: silentLog, stateDir: path.join(dir, 'state'), version: '1', distro: 'd', platform: 'p',
    settings: { restorePaths: [allowed], commands: [], filters: [], pluginDir: undefined, estimateTimeoutMs: 1000 },
  })
  const transport = createMemoryTransport(new Map([['agent', handler]]))
  const tools = { stores: { catalog: volumes.catalog, holding: volumes.holding, changers: [volumes.changer] }, processes: nodeProcesses, clock: systemClock, events: () => undefined }
  const restore = async (chain: readonly DumpRecord[], paths: readonly string[], target: string): Promise<readonly string[]> => {
    const { problems } = await restoreToAgent(tools, await transport.connect('agent', signal()), chain, { paths, target }, signal())
    return problems
  }
  assert.deepEqual(await restore([full, incremental], [], path.join(allowed, 'all')), [])
  assert.deepEqual(compareTrees(tree, path.join(allowed, 'all')).differences, [])
  assert.deepEqual(await restore([incremental], ['/sub/new'], path.join(allowed, 'one')), [])
  assert.equal(execFileSync('find', ['.', '-type', 'f'], { cwd: path.join(allowed, 'one') }).toString(), './sub/new\n')
  await assert.rejects(restore([full], [], path.join(dir, 'elsewhere')), /may be restored|refuses/)
  await assert.rejects(restore([output], [], path.join(allowed, 'output')), /application command/)
})
