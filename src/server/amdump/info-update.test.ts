import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatInfo, parseInfo, type DiskInfo } from '../../wire/amanda/curinfo.ts'
import { infoAfterDump, infoAfterTape, type RememberedDump } from './info-update.ts'

/** What stock Amanda 3.5.1 (Debian) left after each of four runs over one disk with server compression: full, level 1, level 2, full. */
const STOCK = [
  'version: 0\ncommand: 0\nfull-rate: 171.000000\nfull-comp: 0.356250\nincr-rate:\nincr-comp:\nstats: 0 480 171 1 1795796063 2 LAB01\nlast_level: 0 1\nhistory: 0 480 171 1795796063 1\n//\n',
  'version: 0\ncommand: 0\nfull-rate: 171.000000\nfull-comp: 0.356250\nincr-rate: 9.000000\nincr-comp: 0.300000\nstats: 0 480 171 1 1795796063 2 LAB01\nstats: 1 30 9 1 1795796074 2 LAB02\nlast_level: 1 1\nhistory: 1 30 9 1795796074 1\nhistory: 0 480 171 1795796063 1\n//\n',
  'version: 0\ncommand: 0\nfull-rate: 171.000000\nfull-comp: 0.356250\nincr-rate: 1.000000 9.000000\nincr-comp: 0.100000 0.300000\nstats: 0 480 171 1 1795796063 2 LAB01\nstats: 1 30 9 1 1795796074 2 LAB02\nstats: 2 10 1 1 1795796085 2 LAB03\nlast_level: 2 1\nhistory: 2 10 1 1795796085 1\nhistory: 1 30 9 1795796074 1\nhistory: 0 480 171 1795796063 1\n//\n',
  'version: 0\ncommand: 0\nfull-rate: 175.000000 171.000000\nfull-comp: 0.343137 0.356250\nincr-rate: 1.000000 9.000000\nincr-comp: 0.100000 0.300000\nstats: 0 510 175 1 1795796152 2 LAB01\nlast_level: 0 1\nhistory: 0 510 175 1795796152 1\nhistory: 2 10 1 1795796085 1\nhistory: 1 30 9 1795796074 1\nhistory: 0 480 171 1795796063 1\n//\n',
]
const DUMPS: readonly RememberedDump[] = [
  { level: 0, sizeKib: 480, storedKib: 171, seconds: 1, dateS: 1795796063, isCompressed: true },
  { level: 1, sizeKib: 30, storedKib: 9, seconds: 1, dateS: 1795796074, isCompressed: true },
  { level: 2, sizeKib: 10, storedKib: 1, seconds: 1, dateS: 1795796085, isCompressed: true },
  { level: 0, sizeKib: 510, storedKib: 175, seconds: 1, dateS: 1795796152, isCompressed: true },
]
const PLACES = ['LAB01', 'LAB02', 'LAB03', 'LAB01'].map((label) => ({ label, fileNumber: 2 }))

test('the memory becomes what stock Amanda makes of it, run by run', () => {
  let info: DiskInfo | undefined
  for (const [index, dump] of DUMPS.entries()) {
    const dumped = infoAfterDump(info, dump)
    assert.equal(dumped.stats.at(-1)?.place, undefined)
    info = infoAfterTape(dumped, dump, PLACES[index] ?? { label: '', fileNumber: 0 })
    assert.equal(formatInfo(info), STOCK[index])
  }
})

test('an order is obeyed with the dump, runs at a level are counted, and no ratio is kept of what is not compressed', () => {
  const [first = ''] = STOCK
  const info = { ...parseInfo(first), command: 8 }
  const again = infoAfterDump(info, { level: 0, sizeKib: 10, storedKib: 10, seconds: 4, dateS: 1795796160, isCompressed: false })
  assert.deepEqual([again.command, again.last, again.full.rates, again.full.ratios], [0, { level: 0, runs: 2 }, [2.5, 171], info.full.ratios])
})

test('a dump that is taped when a later one has its level changes nothing', () => {
  const info = infoAfterDump(undefined, { level: 0, sizeKib: 10, storedKib: 10, seconds: 1, dateS: 200, isCompressed: false })
  assert.deepEqual(infoAfterTape(info, { level: 0, dateS: 100 }, { label: 'L', fileNumber: 1 }), info)
})
