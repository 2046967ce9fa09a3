import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DriverTrace, type TraceFacts, type TracedDump } from './driver-trace.ts'

const FACTS: TraceFacts = {
  run: '20261127161423', pid: 7, version: '3.5.1', parallelDumps: 2, bandwidthKib: 80_000, holdingDisks: [{ directory: '/hold', kib: 204_800, chunkKib: 1_048_576 }], reservePercent: 100, storage: 'lab', tapeKib: 204_800,
  taperAlgo: 'FIRST', dumpOrder: 'ttt',
}
const DUMP: TracedDump = { host: 'client', disk: '/my b', level: 0, datestamp: '20261127161423' }
const TOTALS = { originalKib: 480, sentKib: 480, storedKib: 171, seconds: 1.5, native: 'aa:1', client: 'aa:1', server: 'bb:2', dumperStats: 'sec 1.5', chunkerStats: 'sec 1.6' }

function traced(): { trace: DriverTrace; lines: string[] } {
  const lines: string[] = []
  return { lines, trace: new DriverTrace(FACTS, () => 1, (line) => lines.push(line)) }
}

/** Without the looks at the state. */
function told(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^driver: (?:|interface-|hdisk-)state /.test(line)).map((line) => line.replace('driver: ', ''))
}

test('a dump through the holding disk to a volume is told in the order and words of stock Amanda', () => {
  const { trace, lines } = traced()
  trace.scheduled(1, 0)
  trace.dumpStarted(DUMP, { storedKib: 240, rateKib: 1024, program: 'GNUTAR', auth: 'bsdtcp' }, '/hold/20261127161423/client._my b.0')
  // As stock's driver counts them: 80000 - 1024, and 204800 - (240 + 32 rounded up + 32).
  assert.ok(lines.includes('driver: hdisk-state time 1.000 hdisk 0: free 204480 dumpers 1'))
  assert.ok(lines.some((line) => line.startsWith('driver: state time 1.000 free kps: 78976 space: 204480 taper: idle idle-dumpers: 1 ')))
  trace.dumpDone(DUMP, TOTALS)
  trace.tapeStarted(DUMP, '/hold/20261127161423/client._my b.0', 480)
  trace.volumeStarted('LAB01')
  trace.partWritten(DUMP, 'LAB01', 1, 171, 'sec 0.1')
  trace.tapeDone(DUMP, false, 'bb:2', 'sec 0.2')
  assert.deepEqual(told(lines).map((line) => line.split(' ').slice(0, 8).join(' ')), [
    'flush size 0',
    'started chunker0 pid 7',
    'send-cmd time 1.000 to chunker0: START 20261127161423',
    'send-cmd time 1.000 to chunker0: SHM-WRITE 00-00001 "/hold/20261127161423/client._my',
    'result time 1.000 from chunker0: SHM-NAME 00-00001 0',
    'send-cmd time 1.000 to dumper0: SHM-DUMP 00-00001 0',
    'result time 1.000 from chunker0: DUMPER-STATUS 00-00001',
    'result time 1.000 from dumper0: DONE 00-00001 480',
    'finished-cmd time 1.000 dumper0 dumped client:"/my b"',
    'send-cmd time 1.000 to chunker0: DONE 00-00001 aa:1',
    'result time 1.000 from chunker0: DONE 00-00001 171',
    'finished-cmd time 1.000 chunker0 chunked client:"/my b"',
    'send-cmd time 1.000 to chunker0: QUIT',
    'to write host client disk "/my b" date',
    'send-cmd time 1.000 to taper0: FILE-WRITE worker0-0 00-00002',
    'result time 1.000 from taper0: REQUEST-NEW-TAPE worker0-0 00-00002',
    'send-cmd time 1.000 to taper0: START-SCAN worker0-0 00-00002',
    'send-cmd time 1.000 to taper0: NEW-TAPE worker0-0 00-00002',
    "taper: wrote label 'LAB01'",
    'result time 1.000 from taper0: NEW-TAPE worker0-0 00-00002',
    'result time 1.000 from taper0: READY worker0-0 00-00002',
    'result time 1.000 from taper0: PARTDONE worker0-0 00-00002',
    'result time 1.000 from taper0: DONE worker0-0 00-00002',
    'finished-cmd time 1.000 taper taper0 worker worker0-0 wrote',
  ])
})

test('a client that cannot be reached is tried again, one that fails is not, and each gives its dumper free', () => {
  const { trace, lines } = traced()
  trace.scheduled(1, 0)
  const start = (): void => trace.dumpStarted(DUMP, { storedKib: 1, rateKib: 1, program: 'GNUTAR', auth: 'bsdtcp' }, '/hold/x')
  start()
  trace.dumpFailed(DUMP, 'timeout waiting for ACK', true, undefined)
  trace.retried(DUMP)
  start()
  trace.dumpFailed(DUMP, 'data timeout', false, { kib: 5, server: 'cc:5', stats: 'sec 1' })
  assert.deepEqual(told(lines).filter((line) => /TRY-AGAIN|ABORT|FAILED|PARTIAL|requeue/.test(line)), [
    'result time 1.000 from dumper0: TRY-AGAIN 00-00001 "[timeout waiting for ACK]"',
    'send-cmd time 1.000 to chunker0: ABORT 00-00001 "dumper TRYAGAIN: [timeout waiting for ACK]"',
    'result time 1.000 from chunker0: ABORT-FINISHED 00-00001',
    'requeue dump time 1.000 client "/my b" 20261127161423',
    'result time 1.000 from dumper0: FAILED 00-00002 "[data timeout]"',
    'send-cmd time 1.000 to chunker0: FAILED 00-00002',
    'result time 1.000 from chunker0: PARTIAL 00-00002 5 "cc:5" "[sec 1]"',
  ])
})

test('what was not begun is not ended', () => {
  const { trace, lines } = traced()
  trace.dumpDone(DUMP, TOTALS)
  trace.tapeDone(DUMP, false, '', '')
  trace.dumpFailed(DUMP, 'x', false, undefined)
  assert.deepEqual(lines, [])
})
