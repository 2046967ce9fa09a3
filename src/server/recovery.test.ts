import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGING, SimDisk } from '../../sim/disk.ts'
import type { Survival } from '../../sim/disk-image.ts'
import { Life, Scheduler } from '../../sim/scheduler.ts'
import { SqliteCatalog, inPlaceCatalog } from '../catalog/sqlite.ts'
import type { Catalog } from '../catalog/contract.ts'
import { dumpId, runId } from '../catalog/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { createHoldingArea } from '../storage/holding/holding-area.ts'
import type { HoldingArea } from '../storage/holding/contract.ts'
import { RunningCrc32c } from '../stream/crc32c.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import type { RecoveryAction } from './control/contract.ts'
import { recover, type RecoveryDoors } from './recovery.ts'

const RUN = runId('20260102030405')
const BYTES = Buffer.alloc(200_000, 'archive ')
const LIMIT_MS = 3_600_000

function crc(): string {
  const sum = new RunningCrc32c()
  sum.update(BYTES)
  return sum.text()
}

function header(disk: string): DumpFileHeader {
  return { kind: 'file', datestamp: RUN, host: 'h', disk, level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: 'tar' }
}

class World {
  readonly scheduler = new Scheduler(1)
  readonly disk = new SimDisk(this.scheduler)
  readonly catalog: Catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  changes = 0
  life = new Life(this.scheduler, 'server')
  readonly #cutAt: number | undefined
  readonly #survival: Survival

  constructor(cutAt?: number, survival: Survival = 'none') {
    this.#cutAt = cutAt
    this.#survival = survival
  }

  holding(): HoldingArea {
    return createHoldingArea(this.disk.mount(this.life), [{ directory: '/holding', useBytes: 1e9, chunkBytes: 96 * 1024 }], silentLog)
  }

  /** A run that was killed while it had dumps in every state. */
  async crash(): Promise<void> {
    const { catalog } = this
    const base = { run: RUN, host: 'h', level: 0, startedMs: 1, nativeBytes: 0, storedBytes: 0, attempts: 1 }
    await this.disk.mount(this.life).makeDir('/holding')
    await this.disk.mount(this.life).syncDir('/')
    await catalog.putRun({ id: RUN, startedMs: 1, status: 'running', reason: 'schedule' })
    for (const disk of ['/lost', '/kept']) await catalog.putDump({ ...base, id: dumpId(RUN, 'h', disk, 0), disk, status: 'running' })
    const holding = this.holding()
    for (const disk of ['/unlisted', '/taped', '/listed']) {
      const writer = await holding.create(header(disk))
      await writer.write(Buffer.from(BYTES))
      const held = await writer.finish({ originalKib: 196, serverCrc: crc() })
      const record = { ...base, id: dumpId(RUN, 'h', disk, 0), disk, status: 'complete' as const, storedBytes: BYTES.length }
      if (disk === '/taped') await catalog.putTapedDump(record, [{ dump: record.id, partNumber: 1, label: 'V-1', fileNumber: 1, bytes: BYTES.length }])
      if (disk === '/listed') await catalog.putDump({ ...record, holdingPath: held.path })
    }
    const kept = await holding.create(header('/kept'))
    await kept.write(Buffer.from(BYTES))
    await kept.sync()
  }

  /** A new process; the machine is cut at the change that the world was made for, once. */
  async recover(): Promise<readonly RecoveryAction[] | 'cut'> {
    this.life = new Life(this.scheduler, 'server')
    let isCut = false
    this.disk.hook = (op, life) => {
      if (!CHANGING.has(op.kind) || this.changes++ !== this.#cutAt) return undefined
      isCut = true
      life.end(true)
      this.disk.powerCut(this.#survival)
      return undefined
    }
    const doors = { clock: this.life.clock, catalog: this.catalog, holding: this.holding(), changer: { slots: async () => [] }, tapelist: { read: async () => [] }, log: silentLog } as unknown as RecoveryDoors
    const actions = recover(doors)
    let isSettled = false
    const settle = (): void => void (isSettled = true)
    actions.then(settle, settle)
    await this.scheduler.until('the recovery', this.scheduler.time.nowMs + LIMIT_MS, () => isSettled || isCut)
    return isCut ? 'cut' : await actions
  }

  async state(): Promise<unknown> {
    const held = await this.scheduler.complete('the list', LIMIT_MS, this.holding().list())
    assert.deepEqual(held.problems, [])
    const dumps = (await this.catalog.dumps()).map(({ disk, status, storedBytes, holdingPath }) => [disk, status, storedBytes, holdingPath !== undefined])
    return { dumps, held: held.dumps.map(({ header: { disk, isPartial }, bytes }) => [disk, isPartial, bytes]), runs: (await this.catalog.runs()).map(({ status }) => status) }
  }
}

async function crashed(cutAt?: number, survival?: Survival): Promise<World> {
  const world = new World(cutAt, survival)
  await world.scheduler.complete('the run', LIMIT_MS, world.crash())
  world.life.end()
  return world
}

test('the clean-up brings holding disk and catalog together, and has nothing left to do the second time', async () => {
  const world = await crashed()
  const actions = await world.recover()
  assert.ok(actions !== 'cut')
  assert.deepEqual(actions.map(({ kind }) => kind).toSorted(), ['dump-failed', 'dump-kept-partial', 'dump-kept-partial', 'dump-relisted', 'flush-needed', 'holding-removed', 'run-marked-crashed'])
  const size = BYTES.length
  assert.deepEqual(await world.state(), {
    dumps: [['/kept', 'partial', size, true], ['/listed', 'complete', size, true], ['/lost', 'failed', 0, false], ['/taped', 'complete', size, false], ['/unlisted', 'complete', size, true]],
    held: [['/kept', true, size], ['/listed', false, size], ['/unlisted', false, size]],
    runs: ['crashed'],
  })
  const again = await world.recover()
  assert.ok(again !== 'cut')
  assert.deepEqual(again.map(({ kind }) => kind), ['flush-needed'])
})

test('a power cut at any change of the clean-up changes nothing in the end', async () => {
  const whole = await crashed()
  await whole.recover()
  const expected = await whole.state()
  assert.ok(whole.changes >= 8, `${whole.changes} changes`)
  for (const survival of ['none', 'first', 'any'] as const) {
    for (let cut = 0; cut < whole.changes; cut++) {
      const world = await crashed(cut, survival)
      assert.equal(await world.recover(), 'cut', `cut ${cut}`)
      assert.notEqual(await world.recover(), 'cut')
      assert.deepEqual(await world.state(), expected, `${survival}, cut ${cut}`)
    }
  }
})
