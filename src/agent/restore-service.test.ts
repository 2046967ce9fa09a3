import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeArchive } from '../../testkit/tar-writer.ts'
import { editTree, makeHardCases } from '../../testkit/tree.ts'
import { createBytePipe, type BytePipe } from '../kernel/byte-pipe.ts'
import { readAll } from '../kernel/byte-stream.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { systemRandom } from '../kernel/random.ts'
import type { ByteStream, RequestHandler } from '../transport/contract.ts'
import { MesgReader } from '../wire/amanda/mesg.ts'
import { MesgSummariser, type MesgSummary } from '../wire/amanda/mesg-summary.ts'
import { formatRequest } from '../wire/amanda/request.ts'
import { formatRestoreLine, parseRestoreLine, type ExistingPolicyWord, type RestoreLine } from '../wire/amanda/restore-dialogue.ts'
import { createAgentServices } from './agent-services.ts'

let dir = ''
let handler: RequestHandler
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-restore-'))
  handler = agentWith({})
})
after(() => rmSync(dir, { recursive: true, force: true }))

function agentWith(settings: { readonly tar?: string }, stateDir = path.join(dir, 'state')): RequestHandler {
  return createAgentServices({ clock: systemClock, random: systemRandom, disk: nodeDisk, processes: nodeProcesses, log: silentLog, stateDir, version: '1', distro: 'd', platform: 'p', settings: { restorePaths: [path.join(dir, 'allowed')], commands: [], filters: [], pluginDir: undefined, estimateTimeoutMs: 1000, ...settings } })
}

interface Duplex {
  readonly stream: ByteStream
  readonly toAgent: BytePipe
  readonly fromAgent: BytePipe
}

function duplex(handle: number): Duplex {
  const toAgent = createBytePipe(65536)
  const fromAgent = createBytePipe(65536)
  const stream: ByteStream = { handle, commit: () => undefined, committedBytes: () => 0, onStopped: () => undefined, read: () => toAgent.read(), cancel: (reason) => toAgent.cancel(reason), write: (piece) => fromAgent.write(piece), end: () => fromAgent.end(), fail: (reason) => fromAgent.fail(reason) }
  return { stream, toAgent, fromAgent }
}

/** The server's side of one level. */
async function push(target: string, archive: Buffer, previous: number, next: number, names: readonly string[] = [], agent = handler, existing?: ExistingPolicyWord): Promise<MesgSummary> {
  const streams: Duplex[] = []
  const done = agent({ service: 'restore', body: formatRequest('restore', {}), peer: { host: 'server' }, signal: new AbortController().signal, openStream: () => (streams.push(duplex(streams.length + 1)), streams.at(-1)?.stream as ByteStream), prep: () => undefined, rep: () => undefined, nak: (body) => assert.fail(body) })
  const [ctl, data, mesg] = streams
  assert.ok(ctl !== undefined && data !== undefined && mesg !== undefined)
  const say = (line: RestoreLine): Promise<void> => ctl.toAgent.write(Buffer.from(formatRestoreLine(line)))
  const hear = async (): Promise<RestoreLine> => parseRestoreLine(Buffer.from((await ctl.fromAgent.read()) ?? []).toString())
  const text = readAll(mesg.fromAgent, 1 << 20)
  const talk = async (): Promise<void> => {
    assert.equal((await hear()).kind, 'features')
    await say({ kind: 'target', dir: target })
    if (names.length > 0) {
      const list = Buffer.from(names.map((name) => `${name}\n`).join(''))
      await say({ kind: 'include-send', bytes: list.length })
      await hear()
      await data.toAgent.write(list)
      await hear()
    }
    await say({ kind: 'word', word: 'INCLUDE-EXCLUDE-DONE' })
    if (existing !== undefined) await say({ kind: 'existing', policy: existing })
    await say({ kind: 'levels', previous, next })
    for (const word of ['NO-STATE-SEND', 'USE-DAR NO', 'AVAIL-DATAPATH AMANDA', 'DATAPATH-OK', 'DATA-SEND'] as const) await say({ kind: 'word', word })
    for (let at = 0; at < archive.length; at += 50_000) await data.toAgent.write(archive.subarray(at, at + 50_000))
    await data.toAgent.end()
  }
  await Promise.all([talk().catch(() => undefined), done])
  const summariser = new MesgSummariser()
  for (const line of new MesgReader().push(await text)) summariser.take(line)
  return summariser.summary()
}

function archive(tree: string, snapshot: string): Buffer {
  return execFileSync('tar', ['--create', '--file=-', '--format=posix', '--sparse', '--xattrs', '--acls', `--listed-incremental=${snapshot}`, `--directory=${tree}`, '.'], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })
}

function allowed(name: string): string {
  return path.join(dir, 'allowed', name)
}

test('a chain of levels is restored where it may be, whole', async () => {
  const tree = path.join(dir, 'tree')
  makeHardCases(tree)
  mkdirSync(path.join(dir, 'allowed'))
  const full = archive(tree, path.join(dir, 'snapshot'))
  editTree(tree, 3, 30)
  const incremental = archive(tree, path.join(dir, 'snapshot'))
  const target = allowed('whole')
  assert.deepEqual((await push(target, full, -1, 1)).errors, [])
  assert.ok(!existsSync(target))
  const last = await push(target, incremental, 0, -1)
  assert.deepEqual([last.errors, last.lines, last.hasEnd], [[], [], true])
  assert.deepEqual(compareTrees(tree, target).differences, [])
  const some = await push(allowed('some'), full, -1, -1, ['./empty', './size-513'])
  assert.deepEqual(some.errors, [])
  assert.deepEqual(readdirSync(allowed('some')).toSorted(), ['empty', 'size-513'])
})

test('single paths of several levels: what was deleted stays deleted, and renamed directories are followed', async () => {
  const tree = path.join(dir, 'levels')
  mkdirSync(path.join(tree, 'old'), { recursive: true })
  mkdirSync(path.join(tree, 'other'))
  for (const name of ['old/kept', 'other/gone', 'unwanted']) writeFileSync(path.join(tree, name), name)
  const full = archive(tree, path.join(dir, 'levels-snapshot'))
  renameSync(path.join(tree, 'old'), path.join(tree, 'new'))
  rmSync(path.join(tree, 'other', 'gone'))
  const incremental = archive(tree, path.join(dir, 'levels-snapshot'))
  const target = allowed('picked')
  const names = ['./new', './other/gone']
  assert.deepEqual((await push(target, full, -1, 1, names)).errors, [])
  const last = await push(target, incremental, 0, -1, names)
  assert.deepEqual(last.errors, [])
  assert.ok(last.lines.some((line) => line.includes('/other/gone is not in the dumps')), last.lines.join())
  assert.deepEqual(readdirSync(target, { recursive: true }).map(String).toSorted(), ['new', 'new/kept'])
  assert.deepEqual(readdirSync(path.join(dir, 'allowed')).filter((name) => name.startsWith('.')), [])
})

test('what a killed agent left of a restore is removed by the next one, and nothing else', async () => {
  const [target, own] = [allowed('halfway'), path.join(dir, 'state-swept')]
  const tree = path.join(dir, 'small')
  mkdirSync(tree)
  const plainDump = archive(tree, path.join(dir, 'small-snapshot'))
  assert.deepEqual((await push(target, plainDump, -1, 1, [], agentWith({}, own))).errors, [])
  const stagings = (): string[] => readdirSync(path.join(dir, 'allowed')).filter((name) => name.startsWith('.holdfast-restore-'))
  assert.equal(stagings().length, 1)
  mkdirSync(allowed('.holdfast-restore-0123456789abcdef'))
  writeFileSync(path.join(own, 'restoring', 'fedcba9876543210'), JSON.stringify({ path: tree, pid: 0 }))
  const next = agentWith({}, own)
  assert.deepEqual((await push(allowed('after'), plainDump, -1, -1, [], next)).errors, [])
  for (let tries = 0; tries < 100 && stagings().length > 1; tries++) await push(allowed(`after-${tries}`), plainDump, -1, -1, [], next)
  assert.deepEqual(stagings(), ['.holdfast-restore-0123456789abcdef'])
  assert.ok(existsSync(tree))
  assert.deepEqual(readdirSync(path.join(own, 'restoring')), [])
  rmSync(allowed('.holdfast-restore-0123456789abcdef'), { recursive: true })
})

test('no restore leaves what is permitted', async () => {
  writeFileSync(path.join(dir, 'victim'), 'mine')
  const source = path.join(dir, 'evil')
  mkdirSync(path.join(source, 'sub'), { recursive: true })
  writeFileSync(path.join(source, 'sub', 'x'), 'x')
  const make = (...options: string[]): Buffer => execFileSync('tar', ['--create', '--file=-', `--directory=${source}`, '--absolute-names', ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
  const plain = make('sub')
  const before = readdirSync(path.join(dir, 'allowed')).toSorted()
  for (const target of [dir, path.join(dir, 'allowed'), `${dir}/allowed/../out`, 'relative', '/']) assert.equal((await push(target, plain, -1, -1)).errors.length, 1)
  symlinkSync(dir, allowed('link'))
  assert.match((await push(allowed('link/out'), plain, -1, -1)).errors[0] ?? '', /is not a directory/)
  rmSync(allowed('link'))
  for (const evil of [make('--transform=s,.*,../../victim,', 'sub/x'), make(path.join(source, 'sub/x')), Buffer.alloc(2048, 1), plain.subarray(0, 700)]) {
    const { errors, hasEnd } = await push(allowed('evil'), evil, -1, -1)
    assert.ok(errors.length === 1 && hasEnd)
  }
  // A link of the first level, written through by the second.
  symlinkSync(dir, path.join(source, 'out'))
  const link = make('out')
  rmSync(path.join(source, 'out'))
  mkdirSync(path.join(source, 'out'))
  writeFileSync(path.join(source, 'out', 'victim'), 'yours')
  assert.deepEqual((await push(allowed('two'), link, -1, 1)).errors, [])
  const second = await push(allowed('two'), make('out/victim'), 0, -1)
  assert.deepEqual(second.errors, [])
  assert.match(second.lines[0] ?? '', /out\/victim: lies below .* a symlink/)
  rmSync(allowed('two'), { recursive: true })
  assert.equal(readFileSync(path.join(dir, 'victim'), 'utf8'), 'mine')
  assert.deepEqual(readdirSync(path.join(dir, 'allowed')).toSorted(), before)
})

test('an agent says what it could not restore', async () => {
  const data = makeArchive([{ name: './', type: '5' }, { name: './a', type: '0', data: 'a' }, { name: './link', type: '1', linkName: './nothing' }])
  const made = await push(allowed('partial'), data, -1, -1)
  assert.deepEqual([made.errors, made.hasEnd, made.isStrange], [[], true, true])
  assert.match(made.lines[0] ?? '', /^\? \.\/link: its first name "nothing" was not restored/)
  assert.equal(readFileSync(allowed('partial/a'), 'utf8'), 'a')
})

test('a target that is in use: what is there becomes what the server says', async () => {
  const tree = path.join(dir, 'used')
  mkdirSync(path.join(tree, 'sub'), { recursive: true })
  for (const name of ['both', 'sub/theirs', 'sub/gone']) writeFileSync(path.join(tree, name), `theirs ${name}`)
  const full = archive(tree, path.join(dir, 'used-snapshot'))
  rmSync(path.join(tree, 'sub', 'gone'))
  const incremental = archive(tree, path.join(dir, 'used-snapshot'))
  const into = async (name: string, existing?: ExistingPolicyWord): Promise<MesgSummary> => {
    mkdirSync(allowed(`${name}/sub`), { recursive: true })
    for (const own of ['both', 'sub/mine']) writeFileSync(allowed(`${name}/${own}`), 'mine')
    await push(allowed(name), full, -1, 1, [], handler, existing)
    return await push(allowed(name), incremental, 0, -1, [], handler, existing)
  }
  assert.equal((await into('as-ever')).errors.length, 1)
  const outcomes = { refuse: 'mine', keep: 'mine', replace: 'theirs both', newer: 'mine', beside: 'mine' } as const
  for (const [policy, expected] of Object.entries(outcomes)) {
    const { errors, lines } = await into(policy, policy as ExistingPolicyWord)
    assert.deepEqual(errors, [])
    assert.equal(lines.some((line) => line.includes('both')), policy === 'refuse', lines.join())
    assert.equal(readFileSync(allowed(`${policy}/both`), 'utf8'), expected)
    const names = readdirSync(allowed(policy), { recursive: true }).map(String).toSorted()
    assert.deepEqual(names, ['both', ...(policy === 'beside' ? ['both.~restored~1~'] : []), 'sub', 'sub/mine', 'sub/theirs'])
  }
  assert.deepEqual(readdirSync(path.join(dir, 'allowed')).filter((name) => name.startsWith('.')), [])
  for (const name of ['as-ever', ...Object.keys(outcomes)]) rmSync(allowed(name), { recursive: true })
})
