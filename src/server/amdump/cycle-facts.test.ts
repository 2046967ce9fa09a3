import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAmandaConfig } from '../../config/amanda/read-config.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { runSettings } from './cycle-facts.ts'
import { withDriverSettings } from './driver-settings.ts'

function read(text: string): ReturnType<typeof runSettings> {
  const files = { read: (path: string) => (path === '/etc/amanda/lab/amanda.conf' ? { text } : { failure: 'No such file or directory' }), checkDirectory: () => undefined }
  const { configuration } = readAmandaConfig({ scope: 'server', root: '/etc/amanda', name: 'lab', directory: '/etc/amanda/lab', overrides: [] }, files)
  assert.deepEqual(configuration.problems.filter(({ severity }) => severity === 'error'), [])
  return runSettings(configuration, [], 1_800_000_000)
}

const TAPETYPE = 'tapetype T\ndefine tapetype T {\n length 100 mbytes\n filemark 10 kb\n}\n'

test('what stands outside of sections is that of the storage, and defaults are those of Amanda', () => {
  const plain = read(TAPETYPE)
  assert.deepEqual(
    [plain.storage, plain.cycle, plain.tapes.retainedTapes, plain.bandwidthKib, plain.reservePercent, plain.taperAlgo, plain.dumpOrder, plain.autoflush, plain.flush],
    ['lab', { dumpCycleDays: 10, runsPerCycle: 10, runTapes: 1, tapeKib: 102_400, filemarkKib: 10, blockKib: 32, maxDumpKib: undefined, mustFit: true }, 14, 80_000, 100, 'FIRST', 'ttt', 'no', { dumped: 0, scheduled: 0, rest: 0 }],
  )
})

test('a storage says its own, and its policy how many volumes stay', () => {
  const own = read(`${TAPETYPE}dumpcycle 7\nrunspercycle 5\ntapecycle 20\nreserve 30\nmaxdumpsize 50 mbytes\nnetusage 100 kbps\ndumporder "sS"\nautoflush all\ndefine policy P {\n retention-tapes 4\n}\ndefine storage s {\n tapetype "T"\n policy "P"\n runtapes 3\n taperalgo largestfit\n flush-threshold-dumped 50\n taperflush 10\n autoflush yes\n tpchanger "chg-disk:/v"\n}\nstorage s\n`)
  assert.deepEqual([own.storage, own.cycle.runTapes, own.cycle.runsPerCycle, own.cycle.maxDumpKib, own.tapes.retainedTapes, own.autoflush, own.flush], ['s', 3, 5, 51_200, 4, 'yes', { dumped: 50, scheduled: 0, rest: 10 }])
  const config = { disklist: [{ host: 'a' }, { host: 'b', interface: 'wan' }], limits: { parallelDumps: 4 }, interfaces: [{ name: 'wan', useKib: 9 }], storage: { kind: 'vtape', name: 's' } } as unknown as ResolvedConfig
  const driven = withDriverSettings(config, own)
  assert.deepEqual(driven.disklist.map((entry) => entry.interface), ['default', 'wan'])
  assert.deepEqual(driven.interfaces, [{ name: 'wan', useKib: 9 }, { name: 'default', useKib: 100 }])
  assert.deepEqual([driven.limits.reservePercent, driven.limits.dumpOrder], [30, 'sS'])
  assert.deepEqual(driven.storage.kind === 'vtape' ? driven.storage.flush : undefined, { dumpedPercent: 50, scheduledPercent: 0, restPercent: 10, order: 'largestfit', earlier: 'all' })
})
