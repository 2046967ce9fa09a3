import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { Fault } from '../../kernel/fault.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { openScratchFile, openSyncFile } from '../../kernel/sync-file.ts'
import type { ServerFrame } from '../../wire/vault/talk.ts'
import { ThreadPool } from '../../archive/thread-pool.ts'
import { archiveInline, PLAIN_SETTINGS } from '../../../testkit/inline-archive.ts'
import { StrictVault, type StrictIntake } from '../../../testkit/strict-vault.ts'
import { streamPair, TalkPeer } from '../../../testkit/talk-peer.ts'
import { SnapshotFiles } from '../snapshot-files.ts'
import { TalkClient } from './talk-client.ts'
import { dumpToVault, type FinishedVaultDump } from './vault-dump.ts'

const threads = new ThreadPool(1000)
const access = { create: (file: string) => openSyncFile(file, 'create'), open: (file: string) => openSyncFile(file, 'read'), scratch: openScratchFile }

class Machine {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'holdfast-vault-dump-'))
  readonly tree = path.join(this.dir, 'tree')
  readonly kept = new SnapshotFiles(nodeDisk, path.join(this.dir, 'state'), undefined, 2)
  readonly keptDir = path.join(this.dir, 'state', 'host', 'disk')
  readonly vault: StrictVault

  constructor(context: TestContext, vault: StrictVault) {
    this.vault = vault
    context.after(() => rmSync(this.dir, { recursive: true, force: true }))
    mkdirSync(path.join(this.tree, 'inner'), { recursive: true })
    writeFileSync(path.join(this.tree, 'one'), 'a'.repeat(5000))
    writeFileSync(path.join(this.tree, 'inner', 'two'), 'b'.repeat(300_000))
  }

  /** Dumps over a talk whose server's frames `change` may change. */
  async dump(run: number, options: { readonly isReread?: boolean; readonly isUnrecorded?: boolean; readonly passwd?: string; readonly change?: (frame: ServerFrame) => ServerFrame | undefined } = {}): Promise<FinishedVaultDump & { readonly intake: StrictIntake }> {
    const name = `2026010100000${run}`
    const intake = this.vault.begin(name)
    const { agent, server } = streamPair()
    const served = new TalkPeer(server, intake, options.change).serve()
    const settings = { ...PLAIN_SETTINGS, top: this.tree, ...(options.passwd === undefined ? {} : { passwd: options.passwd }) }
    const order = { host: 'host', disk: 'disk', device: this.tree, run: name, settings, isUnrecorded: options.isUnrecorded === true, isReread: options.isReread === true }
    try {
      const finished = await dumpToVault({ uplink: new TalkClient(agent), kept: this.kept, access, threads }, order, { say: () => Promise.resolve() }, new AbortController().signal)
      await agent.end()
      return { ...finished, intake }
    } finally {
      agent.fail(new Fault('cancelled', 'the test is over'))
      agent.cancel(new Fault('cancelled', 'the test is over'))
      await served
    }
  }
}

test('a dump over the talk is whole, and the next one reads and sends nothing', async (context) => {
  const machine = new Machine(context, await StrictVault.create())
  const first = await machine.dump(1)
  assert.equal(first.facts.readBytes, 305_000)
  assert.ok(first.intake.committed)
  const rebuilt = machine.vault.rebuild(first.intake.committed)
  const { archive } = archiveInline(machine.tree, { index: 'none' })
  assert.ok(rebuilt.subarray(0, archive.length).equals(archive))
  const second = await machine.dump(2)
  assert.deepEqual([second.facts.readBytes, second.facts.unchangedBytes, second.intake.sentBytes], [0, 305_000, 0])
  const reread = await machine.dump(3, { isReread: true })
  assert.deepEqual([reread.facts.readBytes, reread.intake.sentBytes], [305_000, 0])
  assert.deepEqual(readdirSync(machine.keptDir).toSorted(), ['0.20260101000002', '0.20260101000003'])
})

test('a dump that is not recorded builds on the last one and leaves nothing', async (context) => {
  const machine = new Machine(context, await StrictVault.create())
  await machine.dump(1)
  const unrecorded = await machine.dump(2, { isUnrecorded: true })
  assert.equal(unrecorded.facts.unchangedBytes, 305_000)
  assert.deepEqual(readdirSync(machine.keptDir), ['0.20260101000001'])
})

test('a dump whose blocks nobody takes ends when it is cancelled', async (context) => {
  const machine = new Machine(context, await StrictVault.create())
  const intake = machine.vault.begin('20260101000001')
  const cancelled = new AbortController()
  const uplink = Object.assign(intake, { sendBlock: () => new Promise<void>(() => cancelled.abort()) })
  const order = { host: 'host', disk: 'disk', device: machine.tree, run: '20260101000001', settings: { ...PLAIN_SETTINGS, top: machine.tree }, isUnrecorded: false, isReread: false }
  await assert.rejects(dumpToVault({ uplink, kept: machine.kept, access, threads }, order, { say: () => Promise.resolve() }, cancelled.signal), { code: 'cancelled' })
  assert.deepEqual(readdirSync(machine.keptDir), [])
  assert.equal((await machine.dump(2)).facts.readBytes, 305_000)
})

test('what the dump left counts when only the answer was lost, and does not when the dump is not there', async (context) => {
  const machine = new Machine(context, await StrictVault.create())
  const lose = (frame: ServerFrame): ServerFrame | undefined => {
    if (frame.kind !== 'done') return frame
    throw new Fault('connection-lost', 'cut here')
  }
  await assert.rejects(machine.dump(1, { change: lose }), { code: 'connection-lost' })
  assert.deepEqual(readdirSync(machine.keptDir), ['0.20260101000001.held'])
  await machine.kept.sweep()
  const next = await machine.dump(2)
  assert.equal(next.facts.unchangedBytes, 305_000)
  await assert.rejects(machine.dump(3, { change: lose }), { code: 'connection-lost' })
  machine.vault.dumps.pop()
  const last = await machine.dump(4)
  assert.equal(last.facts.unchangedBytes, 305_000, 'it builds on the second')
  assert.ok(!existsSync(path.join(machine.keptDir, '0.20260101000003.held')))
})

test('a base that is damaged, of another vault, or of other names is not built on', async (context) => {
  const machine = new Machine(context, await StrictVault.create())
  await machine.dump(1)
  const renamed = await machine.dump(2, { passwd: 'boss:x:0:0::/root:/bin/sh\n' })
  assert.deepEqual([renamed.facts.unchangedBytes, renamed.facts.readBytes], [0, 305_000])
  writeFileSync(path.join(machine.keptDir, '0.20260101000002'), 'no base')
  const damaged = await machine.dump(3)
  assert.equal(damaged.facts.unchangedBytes, 0)
  const { dumps } = machine.vault
  const other = new Machine(context, await StrictVault.create())
  other.vault.dumps.push(...dumps)
  Object.assign(other, { kept: machine.kept, tree: machine.tree })
  assert.equal((await other.dump(4)).facts.unchangedBytes, 0)
})

test('a base whose segments the vault has not got is forgotten, and the dump after it is good', async (context) => {
  const machine = new Machine(context, await StrictVault.create())
  await machine.dump(1)
  const [lost] = [...machine.vault.segments].filter(([, bytes]) => bytes.length === 5000)
  machine.vault.segments.delete(lost?.[0] ?? '')
  writeFileSync(path.join(machine.tree, 'new'), 'new')
  await assert.rejects(machine.dump(2))
  const again = await machine.dump(3)
  assert.equal(again.facts.unchangedBytes, 0)
})

for (const [what, change] of [
  ['answers what was not asked', (frame: ServerFrame) => (frame.kind === 'welcome' ? ({ kind: 'done', manifest: 'none' } as const) : frame)],
  ['takes more than was sent', (frame: ServerFrame) => (frame.kind === 'taken' ? ({ kind: 'taken', bytes: 2 ** 40 } as const) : frame)],
  ['gives a filter that is none', (frame: ServerFrame) => (frame.kind === 'filter' ? ({ kind: 'filter', filter: new Uint8Array(77) } as const) : frame)],
] as const) {
  test(`a server that ${what} ends the dump and nothing else`, async (context) => {
    const machine = new Machine(context, await StrictVault.create())
    await assert.rejects(machine.dump(1, { change }), { code: 'wire-malformed' })
    assert.equal((await machine.dump(2)).facts.readBytes, 305_000)
  })
}
