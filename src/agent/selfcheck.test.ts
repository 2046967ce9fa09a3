import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { programsOf } from '../../testkit/program-answers.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { systemRandom } from '../kernel/random.ts'
import { EMPTY_SELECTION, type Dle } from '../wire/amanda/dle.ts'
import { OUR_FEATURES } from '../wire/amanda/features.ts'
import { formatRequest } from '../wire/amanda/request.ts'
import { parseSelfcheckReply } from '../wire/amanda/selfcheck-reply.ts'
import { createAgentServices } from './agent-services.ts'

const GNU_TAR = { 'tar --version': 'tar (GNU tar) 1.35\n', 'tar --help': '--xattrs\n--acls\n' }

let dir = ''
before(() => (dir = mkdtempSync(path.join(tmpdir(), 'holdfast-selfcheck-'))))
after(() => rmSync(dir, { recursive: true, force: true }))

/** What the agent of a machine with room and memory enough finds: `severity code disk` of each finding that has a code. */
async function ask(dles: readonly Dle[], programs: Readonly<Record<string, string>> = GNU_TAR): Promise<string[]> {
  const disk: typeof nodeDisk = {
    ...nodeDisk,
    open: (at, ...rest) => (at.startsWith('/proc/') ? Promise.reject(new Error('no such file')) : nodeDisk.open(at, ...rest)),
    space: () => Promise.resolve({ totalBytes: 2 ** 40, freeBytes: 2 ** 40 }),
  }
  const handler = createAgentServices({
    clock: systemClock, random: systemRandom, disk, processes: programsOf(programs), log: silentLog, stateDir: path.join(dir, 'state'), version: '1', distro: 'd', platform: 'p',
    settings: { restorePaths: [], commands: [], filters: ['/nowhere/encrypt'], pluginDir: undefined, estimateTimeoutMs: 60_000 },
  })
  let body = ''
  const request = formatRequest('selfcheck', { features: OUR_FEATURES, hostname: 'client' }, dles)
  await handler({ service: 'selfcheck', body: request, peer: { host: 'server' }, signal: new AbortController().signal, openStream: () => assert.fail('a stream was opened'), prep: () => undefined, rep: (text) => void (body = text), nak: (text) => assert.fail(text) })
  return parseSelfcheckReply(body).findings.flatMap(({ severity, code, disk: about }) => (code === undefined ? [] : [[severity, code, about].filter((word) => word !== undefined).join(' ')]))
}

function dleOf(device: string, extra: Partial<Dle> = {}): Dle {
  return { program: 'GNUTAR', estimates: [], disk: device, levels: [{ level: 0, isServers: false }], compress: { kind: 'none' }, encrypt: { kind: 'none' }, record: true, index: true, exclude: EMPTY_SELECTION, include: EMPTY_SELECTION, properties: [], scripts: [], ...extra }
}

test('an agent that is well finds nothing that the doctor has a page for', async () => {
  assert.deepEqual(await ask([dleOf(dir)]), [])
})

test('modes of the state directory and of the key, disks and lists that are not there, and filters that are missing', async () => {
  const state = path.join(dir, 'state')
  mkdirSync(state, { recursive: true })
  chmodSync(state, 0o777)
  writeFileSync(path.join(state, 'agent-key.json'), '{}', { mode: 0o644 })
  assert.deepEqual(await ask([]), ['error directory-open', 'error key-file-open'])
  chmodSync(state, 0o700)
  chmodSync(path.join(state, 'agent-key.json'), 0o600)
  const lists = (isOptional: boolean): Partial<Dle> => ({ exclude: { files: [], lists: ['/nowhere/excludes'], isOptional } })
  assert.deepEqual(await ask([dleOf(dir, lists(false)), dleOf('/nowhere')]), [`error list-missing ${dir}`, 'error disk-missing /nowhere'])
  assert.deepEqual(await ask([dleOf(dir, lists(true))]), [`info list-missing ${dir}`], 'a list that need not be there is no error')
  assert.deepEqual(await ask([dleOf(dir, { encrypt: { kind: 'custom', program: '/nowhere/encrypt', decryptOption: '-d' } })]), [`error process-missing ${dir}`])
})

test('no tar, another tar, and one that keeps less', async () => {
  assert.deepEqual(await ask([dleOf(dir)], {}), [`error tar-unusable ${dir}`])
  assert.deepEqual(await ask([dleOf(dir)], { 'tar --version': 'bsdtar 3.7' }), [`error tar-unusable ${dir}`])
  assert.deepEqual(await ask([dleOf(dir)], { ...GNU_TAR, 'tar --help': 'nothing\n' }), [`info tar-limited ${dir}`])
})
