import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAmandaConfig } from '../../config/amanda/read-config.ts'
import type { DirectoriesConfig, ResolvedConfig } from '../../config/resolved.ts'
import { DisklistReader } from '../../config/amanda/disklist.ts'
import { resolveAmanda } from '../../config/amanda/resolve/resolve-amanda.ts'
import { runSettings } from './cycle-facts.ts'
import { withChosenFlushes } from './driver-settings.ts'

const DIRECTORIES: DirectoriesConfig = { state: '/s', cache: '/c', run: '/r', log: '/l' }
const HOLDING = 'holdingdisk h {\n directory "/h"\n use 1 gbytes\n}\n'

/** What a run takes from the configuration, and what its driver is told. */
function read(text: string, disklist = ''): ReturnType<typeof runSettings> & { readonly driven: ResolvedConfig | undefined } {
  const texts: Readonly<Record<string, string>> = { '/etc/amanda/lab/amanda.conf': text, '/etc/amanda/lab/disklist': disklist }
  const files = { read: (path: string) => (Object.hasOwn(texts, path) ? { text: texts[path] ?? '' } : { failure: 'No such file or directory' }), checkDirectory: () => undefined }
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: '/etc/amanda', name: 'lab', directory: '/etc/amanda/lab', overrides: [] }, files)
  assert.deepEqual(configuration.problems.filter(({ severity }) => severity === 'error'), [])
  const reader = new DisklistReader(context)
  reader.readFile('/etc/amanda/lab/disklist', undefined)
  const { config } = resolveAmanda(configuration, reader.disks, DIRECTORIES, { slotCount: () => 10 })
  return { ...runSettings(configuration, [], 1_800_000_000), driven: config && withChosenFlushes(config) }
}

const TAPETYPE = 'tapetype T\ndefine tapetype T {\n length 100 mbytes\n filemark 10 kb\n}\n'

test('what stands outside of sections is that of the storage, and defaults are those of Amanda', () => {
  const plain = read(TAPETYPE)
  assert.deepEqual(
    [plain.storage, plain.cycle, plain.tapes.retainedTapes, plain.bandwidthKib, plain.reservePercent, plain.taperAlgo, plain.dumpOrder, plain.autoflush],
    ['lab', { dumpCycleDays: 10, runsPerCycle: 10, runTapes: 1, tapeKib: 102_400, filemarkKib: 10, blockKib: 32, maxDumpKib: undefined, mustFit: true }, 14, 80_000, 100, 'FIRST', 'ttt', 'no'],
  )
  const { driven } = read(`${TAPETYPE}${HOLDING}tpchanger "chg-disk:/v"\nautolabel "L%%" empty\n`)
  assert.deepEqual(driven?.storage.kind === 'vtape' ? driven.storage.flush : undefined, { dumpedPercent: 0, scheduledPercent: 0, restPercent: 0, order: 'first', earlier: 'all' })
})

test('a storage says its own, and its policy how many volumes stay', () => {
  const own = read(`${TAPETYPE}${HOLDING}dumpcycle 7\nrunspercycle 5\ntapecycle 20\nreserve 30\nmaxdumpsize 50 mbytes\nnetusage 100 kbps\ndumporder "sS"\nautoflush all\ndefine policy P {\n retention-tapes 4\n}\ndefine storage s {\n tapetype "T"\n policy "P"\n runtapes 3\n taperalgo largestfit\n flush-threshold-dumped 50\n taperflush 10\n autoflush yes\n tpchanger "chg-disk:/v"\n autolabel "L%%" empty\n}\nstorage s\ndefine interface wan {\n use 9 kbps\n}\ndefine dumptype d {\n program "GNUTAR"\n}\n`, 'a /x d\nb /y d -1 wan\n')
  assert.deepEqual([own.storage, own.cycle.runTapes, own.cycle.runsPerCycle, own.cycle.maxDumpKib, own.tapes.retainedTapes, own.autoflush], ['s', 3, 5, 51_200, 4, 'yes'])
  const { driven } = own
  assert.ok(driven !== undefined)
  assert.deepEqual(driven.disklist.map((entry) => entry.interface), ['default', 'wan'])
  assert.deepEqual(driven.interfaces, [{ name: 'default', useKib: 100 }, { name: 'wan', useKib: 9 }])
  assert.deepEqual([driven.limits.reservePercent, driven.limits.dumpOrder], [30, 'sS'])
  assert.deepEqual(driven.storage.kind === 'vtape' ? driven.storage.flush : undefined, { dumpedPercent: 50, scheduledPercent: 0, restPercent: 10, order: 'largestfit', earlier: 'all' })
})
