import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { RUN_LOG_TYPES, formatRunLogEntry, parsePartEntry, parseRunLog, partEntry, tapeFailEntry, tapedEntry, volumeEndEntry, volumeStartEntry } from './run-log.ts'

const golden = (name: string): string => readFileSync(new URL(`../../../testdata/amanda/${name}`, import.meta.url), 'utf8')

test('real logs are read and written byte for byte', () => {
  for (const name of ['log.20261123220906.0', 'log.20261123222437.0']) {
    const text = golden(name)
    assert.equal(parseRunLog(text).map(formatRunLogEntry).join(''), text)
  }
})

test("the taper's lines of a real run come out of the formatters", () => {
  const at = { storage: 'lab', pool: 'lab' }
  const dump = { host: 'amclient', disk: '/srv/small', datestamp: '20261123220906', level: 0 }
  const crc = 'e2635f3a:225280'
  const lines = [
    volumeStartEntry(at, '20261123220906', 'LAB01', 1),
    tapedEntry(at, dump, 1, { native: crc, client: crc, server: crc }, { seconds: 0.1, bytes: 225_280, originalKib: 220 }, false),
    volumeEndEntry('LAB01', 220, 1),
  ].map(formatRunLogEntry)
  for (const line of lines) assert.ok(golden('log.20261123220906.0').includes(line), line)
  const part = parseRunLog(golden('log.20261123220906.0')).map(parsePartEntry).find((found) => found !== undefined)
  assert.deepEqual(part, { storage: 'lab', label: 'LAB01', fileNumber: 1, ...dump, partNumber: 1 })
  assert.equal(formatRunLogEntry(partEntry(at, 'LAB01', 1, dump, 1, { seconds: 0.1, bytes: 225_280, originalKib: 220 })), 'PART taper "ST:lab" "POOL:lab" LAB01 1 amclient /srv/small 20261123220906 1/-1 0 [sec 0.100000 bytes 225280 kps 2200.000000 orig-kb 220]\n')
})

test('lost parts, partial dumps and failures have the words Amanda uses', () => {
  const at = { storage: 's', pool: 's' }
  const dump = { host: 'h', disk: 'my b', datestamp: '20261123220906', level: 1 }
  const stats = { seconds: 1, bytes: 1024, originalKib: 0 }
  assert.match(partEntry(at, 'L', 3, dump, 2, stats, 'No space left on device').text, /L 3 h "my b" 20261123220906 2\/-1 1 \[.*\] "No space left on device"$/)
  assert.match(tapedEntry(at, dump, 1, { server: 'e7cc501b:1024' }, stats, true).text, / 1 1 00000000:0 00000000:0 e7cc501b:1024 \[/)
  assert.equal(tapeFailEntry(at, dump, 'no').text, '"ST:s" "POOL:s" h "my b" 20261123220906 1 no')
})

test('any entries survive, and any text gives entries or a wire fault', () => {
  const text = fc.array(fc.stringMatching(/^[^\n ][^\n]*$/), { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'))
  const entry = fc.record({ type: fc.constantFrom(...RUN_LOG_TYPES), program: fc.constantFrom('driver', 'taper'), text }, { noNullPrototype: true })
  fc.assert(fc.property(fc.array(entry), (entries) => assert.deepEqual(parseRunLog(entries.map(formatRunLogEntry).join('')), entries)))
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('PART taper ', 'x', '\n', '"', '1/-1 0 ')), { maxLength: 12 }), (pieces) => {
      try {
        parseRunLog(pieces.join('')).map(parsePartEntry)
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
})
