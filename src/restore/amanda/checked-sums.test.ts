import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareSums } from './compare-sums.ts'
import { SumsOfLog } from './logged-sums.ts'

const SUM = '9a09dff9:20480'
const OTHER = 'deadbeef:20480'
const HEADER = { nativeCrc: SUM, clientCrc: SUM, serverCrc: SUM }

test('the lines are those of stock Amanda', () => {
  assert.deepEqual(compareSums({ header: HEADER, logged: { native: SUM, client: SUM, server: SUM }, source: SUM, native: SUM }), [])
  assert.deepEqual(compareSums({ header: HEADER, logged: { native: SUM, client: SUM, server: OTHER }, source: SUM, native: undefined }), [
    `recovery failed: server-crc in header (${SUM}) and server-crc in log (${OTHER}) differ`,
    `recovery failed: server-crc (${OTHER}) and source_crc (${SUM}) differ`,
  ])
  assert.deepEqual(compareSums({ header: { ...HEADER, nativeCrc: OTHER }, logged: { native: OTHER }, source: SUM, native: SUM }), [`recovery failed: native-crc (${OTHER}) and restore-native-crc (${SUM}) differ`])
})

test('a dump that is shorter than it was differs', () => {
  assert.equal(compareSums({ header: HEADER, logged: {}, source: '9a09dff9:7', native: undefined }).length, 1)
})

test('a checksum that nobody knew is none', () => {
  assert.deepEqual(compareSums({ header: { nativeCrc: '00000000:0', clientCrc: '00000000:0', serverCrc: SUM }, logged: {}, source: SUM, native: OTHER }), [])
})

test('checksums of logs are found by the dump', () => {
  const log = new SumsOfLog()
  log.add(`DONE taper "ST:lab" "POOL:lab" localhost "my disk" 20261127154649 1 2 ${OTHER} 00000000:0 ${SUM} [sec 0.1 bytes 20480 kps 200.0 orig-kb 20]`)
  log.add('DONE taper h "open')
  const dump = { host: 'localhost', disk: 'my disk', datestamp: '20261127154649', level: 2 }
  assert.deepEqual(log.of(dump), { native: OTHER, server: SUM })
  assert.deepEqual(log.of({ ...dump, level: 1 }), {})
})
