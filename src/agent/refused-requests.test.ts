import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { systemRandom } from '../kernel/random.ts'
import { EMPTY_SELECTION, type Dle } from '../wire/amanda/dle.ts'
import { OUR_FEATURES } from '../wire/amanda/features.ts'
import { formatRequest } from '../wire/amanda/request.ts'
import { createAgentServices } from './agent-services.ts'

let dir = ''
before(() => (dir = mkdtempSync(path.join(tmpdir(), 'holdfast-refused-'))))
after(() => rmSync(dir, { recursive: true, force: true }))

/** What the agent answers: the body of its reply or NAK. */
async function ask(service: string, body: string, prep: (text: string) => void = () => undefined): Promise<string> {
  const handler = createAgentServices({
    clock: systemClock, random: systemRandom, disk: nodeDisk, processes: nodeProcesses, log: silentLog, stateDir: path.join(dir, 'state'), version: '1', distro: 'd', platform: 'p',
    settings: { restorePaths: [], commands: [], filters: ['/usr/bin/xz'], pluginDir: undefined, estimateTimeoutMs: 60_000 },
  })
  const answers: string[] = []
  const take = (text: string): void => void answers.push(text)
  await handler({ service, body, peer: { host: 'server' }, signal: new AbortController().signal, openStream: () => assert.fail('a stream was opened'), prep, rep: take, nak: take })
  assert.equal(answers.length, 1)
  return answers[0] ?? ''
}

function dleOf(device: string, extra: Partial<Dle> = {}): Dle {
  return { program: 'GNUTAR', estimates: [], disk: device, levels: [{ level: 0, isServers: false }], compress: { kind: 'none' }, encrypt: { kind: 'none' }, record: true, index: true, exclude: EMPTY_SELECTION, include: EMPTY_SELECTION, properties: [], scripts: [], ...extra }
}

test('a program that the agent does not list is not started as a filter', async () => {
  const tree = path.join(dir, 'tree')
  mkdirSync(tree)
  const program = path.join(dir, 'unlisted-filter')
  writeFileSync(program, `#!/bin/sh\ntouch ${path.join(dir, 'ran')}\ncat\n`, { mode: 0o755 })
  for (const extra of [{ compress: { kind: 'custom', program } }, { encrypt: { kind: 'custom', program, decryptOption: '-d' } }] as const) {
    assert.match(await ask('sendbackup', formatRequest('sendbackup', {}, [dleOf(tree, extra)])), /ERROR.*may not run .*unlisted-filter: it is not in `filters` of agent.yaml/)
    assert.match(await ask('selfcheck', formatRequest('selfcheck', { features: OUR_FEATURES }, [dleOf(tree, extra)])), /Add .*unlisted-filter to `filters` in agent.yaml/)
  }
  assert.ok(!readdirSync(dir).includes('ran'))
})

test('an estimate ends when its sizes cannot be told', async () => {
  const dles = ['a', 'b'].map((name) => dleOf(name, { spindle: 1, levels: [{ level: 0, isServers: true }] }))
  const answer = ask('sendsize', formatRequest('sendsize', { features: OUR_FEATURES, hostname: 'client', maxDumps: 2 }, dles), () => {
    throw new Error('the link is gone')
  })
  assert.match(await answer, /the link is gone/)
})
