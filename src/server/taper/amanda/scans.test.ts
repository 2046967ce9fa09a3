// Amanda's scans and retention: which volume is next, and why others are not. That stock says the same of generated tapelists is seen in integration/cases/volumes.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'
import { retentionStatuses, type DumpOnVolume, type VolumeRetentionPolicy } from './retention-status.ts'
import type { ScanFacts, ScannedSlot } from './scan-facts.ts'
import { scanLexical, scanOldest } from './scan-inventory.ts'
import { scanTraditional } from './scan-traditional.ts'
import { makeLabel, type VolumeRules } from './volume-rules.ts'

const RULES: VolumeRules = { organisation: 'o', config: 'c', storage: 's', pool: 's', labels: 'T[0-9][0-9]', autolabel: { template: 'T%%', isEmpty: true, isOtherConfig: false, isNonAmanda: false, isVolumeError: false }, metaTemplate: undefined }

function listed(label: string, datestamp: string, fields: Partial<TapelistEntry> = {}): TapelistEntry {
  return { label, datestamp, isReusable: true, pool: 's', storage: 's', config: 'c', ...fields }
}

function slotOf(slot: string, label: string | undefined): ScannedSlot {
  if (label === undefined) return { slot, known: { kind: 'blank' }, found: { kind: 'blank', words: 'File 0 not found' } }
  return { slot, known: { kind: 'labelled', label }, found: { kind: 'labelled', label, datestamp: 'X' } }
}

function facts(tapelist: readonly TapelistEntry[], slots: readonly ScannedSlot[], tapes: number, rules = RULES): ScanFacts {
  return { rules, tapelist, slots, statuses: statuses(tapelist, { tapes }), current: 0, isFastSearch: true, taken: new Set() }
}

function statuses(tapelist: readonly TapelistEntry[], policy: Partial<VolumeRetentionPolicy>, dumps: readonly DumpOnVolume[] = []): ReturnType<typeof retentionStatuses> {
  return retentionStatuses({ tapelist, config: 'c', policies: new Map([['s', { pool: 's', tapes: 0, days: 0, recoverDays: 0, fullDays: 0, ...policy }]]), dumps, daysAgo: (days) => `202611${String(20 - days).padStart(2, '0')}000000` })
}

const FOUR = [listed('T04', '20261104000000'), listed('T03', '20261103000000'), listed('T02', '20261102000000'), listed('T01', '20261101000000')]

test('traditional takes the oldest that may be written again, lexical the next after the last, oldest what was never written', () => {
  const slots = ['T04', 'T03', 'T02', 'T01', undefined, 'T09'].map((label, index) => slotOf(String(index + 1), label))
  const tapelist = [...FOUR, listed('T09', '0')]
  assert.deepEqual(scanTraditional(facts(tapelist, slots, 2)).choice, { slot: '4', label: 'T01', kind: 'reused' })
  assert.deepEqual(scanLexical(facts(tapelist, slots, 2)).choice, { slot: '5', label: 'T05', kind: 'blank' })
  assert.deepEqual(scanOldest(facts(tapelist, slots, 2)).choice, { slot: '6', label: 'T09', kind: 'reused' })
})

test('traditional says of each slot why it is passed over', () => {
  const slots = ['T04', undefined, 'T07', 'XX'].map((label, index) => slotOf(String(index + 1), label))
  const rules = { ...RULES, autolabel: { ...RULES.autolabel, isEmpty: false } }
  const answer = scanTraditional(facts(FOUR, slots, 9, rules))
  assert.deepEqual(answer.lines, ["slot 1: volume 'T04' is still active and cannot be overwritten", 'slot 2: contains an empty volume', "slot 3: volume 'T07' is not in the tapelist", "slot 4: volume 'XX' does not match labelstr 'T[0-9][0-9]'", ' all slots have been loaded', 'UNKNOWN'])
  assert.equal(answer.error, 'No acceptable volumes found')
})

test('each policy keeps what it is for', () => {
  const dump = (label: string, level: number, day: number): DumpOnVolume => ({ host: 'h', disk: 'd', level, timestamp: `202611${String(day).padStart(2, '0')}000000`, labels: [label] })
  const words = (policy: Partial<VolumeRetentionPolicy>, dumps: readonly DumpOnVolume[] = []): string => FOUR.map(({ label }) => `${label} ${statuses(FOUR, policy, dumps).get(label)}`).join(', ')
  assert.equal(words({ tapes: 1 }), 'T04 retention-tapes, T03 retention-no, T02 retention-no, T01 retention-no')
  assert.equal(words({ days: 17 }), 'T04 retention-days, T03 retention-days, T02 retention-no, T01 retention-no')
  const dumps = [dump('T01', 0, 1), dump('T02', 1, 2), dump('T03', 0, 3), dump('T04', 1, 4)]
  assert.equal(words({ fullDays: 18 }, dumps), 'T04 retention-no, T03 retention-full, T02 retention-no, T01 retention-no')
  assert.equal(words({ recoverDays: 16 }, dumps), 'T04 retention-recover, T03 retention-recover, T02 retention-no, T01 retention-no')
  assert.equal(words({ recoverDays: 18 }, dumps), 'T04 retention-recover, T03 retention-recover, T02 retention-recover, T01 retention-recover')
})

test('labels are made from what the template says, and only those that are the storage\'s', () => {
  const made = (template: string, labels: string | undefined): unknown => makeLabel({ ...RULES, labels, autolabel: { ...RULES.autolabel, template } }, { slot: '3' }, FOUR)
  assert.deepEqual(made('T%%', undefined), { label: 'T05' })
  assert.deepEqual(made('$o_$c_$r_$s_!!', undefined), { label: 'o_c_s_3_AA' })
  assert.deepEqual(made('T', undefined), { refusal: "autolabel require at least one '%' or '!'" })
  assert.deepEqual(made('X%', 'T.*'), { refusal: "Newly-generated label 'X1' does not match labelstr 'T.*'" })
})

test('no scan ever takes a volume that must be kept, whatever the tapelist', () => {
  const entry = fc.record({ number: fc.integer({ min: 1, max: 20 }), day: fc.integer({ min: 0, max: 28 }), isReusable: fc.boolean(), pool: fc.constantFrom('s', 'other'), config: fc.constantFrom('c', 'other') })
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ({ number }) => number, maxLength: 12 }), fc.integer({ min: 0, max: 6 }), fc.constantFrom(scanTraditional, scanOldest, scanLexical), (entries, tapes, scan) => {
      const tapelist = entries.map(({ number, day, ...fields }) => listed(`T${String(number).padStart(2, '0')}`, day === 0 ? '0' : `202611${String(day).padStart(2, '0')}000000`, fields))
      const given = facts(tapelist, tapelist.map(({ label }, index) => slotOf(String(index), label)), tapes)
      const { choice } = scan(given)
      if (choice === undefined) return
      const chosen = tapelist.find(({ label }) => label === choice.label)
      assert.equal(given.statuses.get(choice.label), 'retention-no')
      assert.equal(chosen?.pool, 's')
      assert.equal(chosen?.isReusable, true)
    }),
  )
})
