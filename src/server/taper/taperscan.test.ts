import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VolumeState } from '../../storage/device.ts'
import { labelPattern, nextLabel } from './label-template.ts'
import { scanVolumes, type SlotFacts } from './taperscan.ts'

const names = { organisation: 'org', config: 'daily', storage: 'st' }
const rules = { labelTemplate: 'D-%%', names, autolabel: { empty: true, foreign: false } }
const labelled = (label: string, datestamp: string): VolumeState => ({ kind: 'labelled', label, datestamp })
const slot = (number: number, state: SlotFacts['state'], partCount = 1): SlotFacts => ({ slot: `slot${number}`, state, partCount })
const entry = (label: string, datestamp: string): { label: string; datestamp: string; isReusable: boolean } => ({ label, datestamp, isReusable: true })

test('templates make labels in order and match only their own', () => {
  assert.equal(nextLabel('$o-$c-$s-$m%%%', names, new Set(['org-daily-st-001'])), 'org-daily-st-002')
  assert.equal(nextLabel('X!!', names, new Set(['XAA', 'XAB'])), 'XAC')
  assert.equal(nextLabel('A%', names, new Set(Array.from({ length: 9 }, (_, index) => `A${index + 1}`))), undefined)
  assert.equal(nextLabel('fixed', names, new Set(['fixed'])), undefined)
  assert.ok(labelPattern('a.b\\%-%%', names).test('a.b%-07'))
  assert.ok(!labelPattern('a.b-%%', names).test('aXb-07'))
})

test('the oldest that may be overwritten comes first, then empty ones; everything else is refused with its reason', () => {
  const result = scanVolumes(
    [
      slot(1, labelled('D-01', '20261103')), slot(2, labelled('D-02', '20261101')), slot(3, { kind: 'empty' }, 0), slot(4, labelled('OTHER', '20261101')), slot(5, { kind: 'foreign', reason: 'it holds x but no label' }),
      slot(6, { kind: 'unusable', reason: 'gone' }), slot(7, labelled('D-07', '20261101')), slot(8, labelled('D-08', '20261102')), slot(9, labelled('D-01', '20261103')), slot(10, labelled('D-10', '20261105')),
    ],
    [entry('D-01', '20261103'), entry('D-02', '20261101'), entry('D-08', '20261104'), entry('D-10', '20261105')],
    new Map([['D-10', 'it must be kept']]),
    rules,
  )
  assert.deepEqual(result.choices, [{ slot: 'slot2', label: 'D-02', kind: 'reused' }, { slot: 'slot1', label: 'D-01', kind: 'reused' }, { slot: 'slot3', label: 'D-04', kind: 'new' }])
  assert.deepEqual(result.refusals.map((refusal) => [refusal.slot, refusal.reason]), [
    ['slot4', 'its label is not one of the label template'], ['slot5', 'it holds x but no label'], ['slot6', 'gone'], ['slot7', 'it holds dumps and is not in the tapelist'],
    ['slot8', 'it was written at 20261102, but the tapelist says 20261104'], ['slot9', 'another slot has the same label'], ['slot10', 'it must be kept'],
  ])
})

test('a volume that was labelled when the machine crashed is taken again', () => {
  const result = scanVolumes([slot(1, labelled('D-01', '20261103'), 0), slot(2, labelled('D-02', '20261103'), 0)], [entry('D-02', '20261001')], new Map(), rules)
  assert.deepEqual(result.choices.map(({ slot: name, label }) => [name, label]), [['slot1', 'D-01'], ['slot2', 'D-02']])
})

test('autolabel decides about empty and foreign slots', () => {
  const slots = [slot(1, { kind: 'empty' }, 0), slot(2, { kind: 'foreign', reason: 'x' }, 0)]
  assert.deepEqual(scanVolumes(slots, [], new Map(), { ...rules, autolabel: { empty: false, foreign: true } }).choices, [{ slot: 'slot2', label: 'D-01', kind: 'new' }])
  assert.equal(scanVolumes(slots, [], new Map(), { ...rules, autolabel: { empty: false, foreign: false } }).refusals.length, 2)
})

test('a slot that cannot be read may hold the lowest free label, so that is not given again', () => {
  const slots: SlotFacts[] = [
    { slot: 'slot1', state: { kind: 'unusable', reason: 'EIO' }, partCount: 0 },
    { slot: 'slot2', state: { kind: 'empty' }, partCount: 0 },
  ]
  assert.deepEqual(scanVolumes(slots, [], new Map(), rules).choices, [{ slot: 'slot2', label: 'D-02', kind: 'new' }])
})
