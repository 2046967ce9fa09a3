import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskImage } from '../../sim/disk-image.ts'
import { instantDisk } from '../../sim/disk.ts'
import type { Clock } from '../kernel/clock.ts'
import { readFile, type Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import { encodeDumpHeader } from '../wire/amanda/dump-header.ts'
import { CommandStore } from './command-store.ts'
import { CurinfoStore } from './curinfo-store.ts'
import { findDumps } from './find-dumps.ts'
import { FIND_ORDER, isFindOrder, sortFound } from './found-dump.ts'
import { listHolding } from './holding-list.ts'
import { openProcesses } from './log-processes.ts'
import { TapelistStore } from './tapelist-store.ts'
import { linesOf, logTimestamps } from './trace-logs.ts'

/** Timers go off at once. */
const clock: Clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_795_795_200_000,
  setTimer(_delayMs, action) {
    queueMicrotask(action)
    return { cancel: () => undefined }
  },
  afterPoll: (action) => queueMicrotask(action),
}

/** A lock of one name, as the machine has it. */
class Locks {
  readonly taken = new Set<string>()
  readonly disk: Disk
  constructor(disk: Disk) {
    this.disk = disk
  }
  readonly tryLock = (path: string): { release(): void } | undefined => {
    if (this.taken.has(path)) return undefined
    this.taken.add(path)
    return { release: () => this.taken.delete(path) }
  }
}

async function put(disk: Disk, path: string, bytes: string | Uint8Array): Promise<void> {
  await disk.makeDir(path.slice(0, path.lastIndexOf('/')))
  await using file = await disk.open(path, 'create')
  await file.write([typeof bytes === 'string' ? Buffer.from(bytes) : bytes], 0)
}

const textAt = async (disk: Disk, path: string): Promise<string> => (await readFile(disk, path)).toString('utf8')

test('the memory of a disk is written, listed, read and forgotten with the directories that are empty then', async () => {
  const disk = instantDisk(new DiskImage())
  const store = new CurinfoStore(disk, '/info')
  assert.equal(await store.read('h', '/a:b'), undefined)
  const info = { command: 1, full: { rates: [220], ratios: [] }, incremental: { rates: [], ratios: [] }, stats: [], history: [] }
  await store.write('h', '/a:b', info)
  await store.write('h', '/c', info)
  assert.deepEqual(await store.list(), [{ host: 'h', disk: '_a_b' }, { host: 'h', disk: '_c' }])
  assert.deepEqual(await store.read('h', '/a:b'), info)
  assert.equal(await store.remove('h', '/a:b'), true)
  assert.equal(await store.remove('h', '/a:b'), false)
  assert.deepEqual((await disk.list('/info/h')).map(({ name }) => name), ['_c'])
  await store.remove('h', '/c')
  assert.deepEqual(await disk.list('/info'), [])
  await put(disk, '/info/h/_d/info', 'nonsense\n')
  await assert.rejects(store.read('h', '/d'), (error) => error instanceof Fault && error.code === 'record-damaged' && error.message.includes('/info/h/_d/info'))
})

test('the tapelist is changed under its lock, and stays as it was when it cannot be read', async () => {
  const disk = instantDisk(new DiskImage())
  const locks = new Locks(disk)
  const store = new TapelistStore({ disk, clock, tryLock: locks.tryLock, pid: 42 }, '/etc/tapelist')
  await put(disk, '/etc/tapelist', '20260102000000 B reuse\n0 A reuse\n')
  await store.change((entries) => {
    assert.ok(locks.taken.has('/etc/tapelist.lock'))
    return entries.map((entry) => ({ ...entry, isReusable: false }))
  })
  assert.equal(await textAt(disk, '/etc/tapelist'), '20260102000000 B no-reuse\n0 A no-reuse\n')
  assert.equal(await disk.readLink('/etc/tapelist.last_write'), '42')
  assert.deepEqual((await disk.list('/etc')).map(({ name }) => name), ['tapelist', 'tapelist.last_write'])
  locks.taken.add('/etc/tapelist.lock')
  await assert.rejects(store.change(() => []), (error) => error instanceof Fault && error.code === 'record-locked')
  locks.taken.clear()
  await put(disk, '/etc/tapelist', 'x\n')
  await assert.rejects(store.change(() => []), (error) => error instanceof Fault && error.code === 'record-damaged')
  assert.equal(await textAt(disk, '/etc/tapelist'), 'x\n')
  assert.equal(locks.taken.size, 0)
})

test('orders are added under the lock of their file, and those of dead processes are nobody\'s', async () => {
  const disk = instantDisk(new DiskImage())
  await put(disk, '/command_file', 'VERSION 1\nID 4\n3 RESTORE lab "" "" LAB01 0 0 h /srv 20261123220906 0 WORKING:30456 DONE\n4 FLUSH lab "/h d/x" h "/my b" 20261126120000 0 lab WORKING:7 TODO\n')
  const store = new CommandStore({ disk, clock, tryLock: new Locks(disk).tryLock, isAlive: (pid) => pid === 7 }, '/command_file')
  assert.deepEqual((await store.read()).orders.map(({ workingPid }) => workingPid), [0, 7])
  const id = await store.add({ kind: 'flush', config: 'lab', holdingFile: '/h/y', host: 'h', disk: '/d', timestamp: '20261126120000', level: 1, toStorage: 'lab', workingPid: 0, status: { kind: 'todo' } })
  assert.equal(id, 5)
  assert.equal(await textAt(disk, '/command_file'), 'VERSION 1\nID 5\n4 FLUSH lab "/h d/x" h "/my b" 20261126120000 0 lab WORKING:7 TODO\n5 FLUSH lab /h/y h /d 20261126120000 1 lab WORKING:0 TODO\n')
})

const LOG = `INFO amdump amdump pid 100
FAIL planner h /early 20261125100000 0 "[disk gone]"
START taper datestamp 20261125100000 "ST:s" "POOL:p" label L2 tape 1
PART taper "ST:s" "POOL:p" L2 1 h /d 20261125100000 1/-1 0 [sec 1.000 bytes 1024000 kps 1000 orig-kb 3000]
PARTPARTIAL taper "ST:s" "POOL:p" L2 2 h /d 20261125100000 2/-1 0 [sec 1.000 bytes 1024 kps 1000 orig-kb 3000] "No space left on device"
START taper datestamp 20261125100000 "ST:s" "POOL:p" label L3 tape 2
PART taper "ST:s" "POOL:p" L3 1 h /d 20261125100000 2/-1 0 [sec 1.000 bytes 1024000 kps 1000 orig-kb 3000]
DONE taper "ST:s" "POOL:p" h /d 20261125100000 2 0 aaaaaaaa:1 aaaaaaaa:1 aaaaaaaa:1 [sec 3.000 bytes 3072000 kps 1000 orig-kb 3000]
PART taper "ST:s" "POOL:p" L3 2 h "my b" 20261124100000 1/-1 1 [sec 1.000 bytes 51200 kps 50 orig-kb 80]
DONE taper "ST:s" "POOL:p" h "my b" 20261124100000 2 1 aaaaaaaa:1 aaaaaaaa:1 aaaaaaaa:1 [sec 1.000 bytes 51200 kps 50 orig-kb 0]
PART taper "ST:s" "POOL:p" GONE 2 h /gone 20261124100000 1/-1 1 [sec 1.000 bytes 51200 kps 50 orig-kb 80]
DONE taper "ST:s" "POOL:p" h /gone 20261124100000 1 1 aaaaaaaa:1 aaaaaaaa:1 aaaaaaaa:1 [sec 1.000 bytes 51200 kps 50 orig-kb 0]
FAIL dumper h /d 20261125100000 1 [data  timeout]
PART taper "unfinished
`

test('dumps are found in logs of volumes that are in the tapelist, and on holding disks', async () => {
  const disk = instantDisk(new DiskImage())
  await put(disk, '/log/log.20261125100000.0', LOG)
  await put(disk, '/log/log.20261001100000.0', LOG)
  const header = { kind: 'file', datestamp: '20261126120000', host: 'h', disk: '/d', level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: '' } as const
  await put(disk, '/hold/20261126120000/h._d.0', encodeDumpHeader({ ...header, continuation: '/hold/20261126120000/h._d.0.1' }))
  await put(disk, '/hold/20261126120000/h._d.0.1', Buffer.concat([encodeDumpHeader({ ...header, kind: 'cont-file' }), Buffer.alloc(10)]))
  await put(disk, '/hold/20261126120000/h._e.0', encodeDumpHeader({ ...header, disk: '/e', continuation: '/hold/20261126120000/nosuch' }))
  await put(disk, '/hold/20261126120000/h._f.0.tmp', encodeDumpHeader(header))
  await put(disk, '/hold/20261126120000/noise', 'x')
  const holdingDirs = ['/hold', '/nosuch']
  assert.deepEqual((await listHolding(disk, holdingDirs)).map(({ path, kib }) => [path, kib]), [['/hold/20261126120000/h._d.0', 65], ['/hold/20261126120000/h._e.0', -1]])
  const tapelist = ['L3', 'L2'].map((label) => ({ datestamp: '20261125100000', label, isReusable: true }))
  const found = await findDumps(disk, { logDir: '/log', holdingDirs, tapelist, configName: 'c' })
  assert.deepEqual(
    found.map(({ label, fileNumber, disk: name, partNumber, partCount, storage, status, dumpStatus, message }) => [label, fileNumber, name, `${partNumber}/${partCount}`, storage, `${status} ${dumpStatus} ${message}`]),
    [
      ['', 0, '/early', '-1/-1', '', 'FAILED (planner) "[disk gone]"  '],
      ['L2', 1, '/d', '1/2', 's', 'OK OK '],
      ['L2', 2, '/d', '2/2', 's', 'PARTIAL OK '],
      ['L3', 1, '/d', '2/2', 's', 'OK OK '],
      ['L3', 2, 'my b', '1/2', 's', 'OK FAIL Missing part'],
      ['', 0, '/d', '-1/-1', 's', 'FAILED (dumper) [data  timeout]  '],
      ['/hold/20261126120000/h._d.0', 0, '/d', '-1/-1', 'HOLDING', 'OK OK '],
      ['/hold/20261126120000/h._e.0', 0, '/e', '-1/-1', 'HOLDING', 'OK OK '],
    ],
  )
  assert.ok(isFindOrder(FIND_ORDER) && isFindOrder('KD') && !isFindOrder('x'))
  assert.deepEqual(sortFound(found, 'Kf').map(({ disk: name, fileNumber }) => `${name} ${fileNumber}`), ['my b 2', '/early 0', '/e 0', '/d 0', '/d 0', '/d 1', '/d 1', '/d 2'])
})

test('logs are read in lines however long they are, and listed by their runs', async () => {
  const disk = instantDisk(new DiskImage())
  const long = 'x'.repeat(200_000)
  await put(disk, '/log/log.20261125100000.0', `a\n${long}\nlast`)
  for (const name of ['log.20261125100000.1', 'log.20260101.amflush', 'log.x', 'amdump.1']) await put(disk, `/log/${name}`, '')
  const lines = []
  for await (const line of linesOf(disk, '/log/log.20261125100000.0')) lines.push(line)
  assert.deepEqual(lines, ['a', long, 'last'])
  assert.deepEqual(await logTimestamps(disk, '/log'), ['20260101', '20261125100000'])
  assert.deepEqual(await logTimestamps(disk, '/nosuch'), [])
  await put(disk, '/log/huge', 'x'.repeat(1_200_000))
  await assert.rejects(async () => { for await (const _line of linesOf(disk, '/log/huge')) { /* it is only read */ } }, (error) => error instanceof Fault && error.code === 'record-damaged')
})

test('processes of a log that have not ended are told', () => {
  assert.deepEqual(openProcesses(['INFO amdump amdump pid 1', 'INFO dumper gzip pid 2', 'INFO planner planner pid 3', 'INFO dumper pid-done 2', 'INFO taper tape X kb 1 fm 1 [OK]']), [{ name: 'amdump', pid: 1 }, { name: 'planner', pid: 3 }])
})
