import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRunDate } from './run-date.ts'

const NOW = new Date(2026, 10, 23, 12, 30, 15).getTime()

test('a day means its end, a time means itself', () => {
  assert.deepEqual(
    ['2026-11-23', '20261123', '2026-11-23 22:09', '2026-11-23T22:09:06', '2026-11-23-22-09-06', '20261123220906', 'yesterday', '2 d ago', 'now'].map((text) => parseRunDate(text, NOW)),
    ['20261123235959', '20261123235959', '20261123220959', '20261123220906', '20261123220906', '20261123220906', '20261122235959', '20261121123015', '20261123123015'],
  )
})

test('what is no date is said so', () => {
  for (const text of ['', '2026-06-31', '2026-13-01', 'tomorrow', '2026-11-23 25:00', '5 ago', '99999 weeks ago']) assert.throws(() => parseRunDate(text, NOW), { code: 'usage-wrong' }, text)
})
