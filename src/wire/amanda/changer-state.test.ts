// State files of changers: what stock Amanda wrote is read, what is written is read back, and noise is refused.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { formatChangerState, parseChangerState, type StateValue } from './changer-state.ts'

/** Of a stock chg-multi of Amanda 3.5.1. */
const STOCK = `$STATE = {
           'slots' => {
                        'file:/vt/v1' => {},
                        'file:/vt/v3' => {
                                             'device_error' => undef,
                                             'f_type' => '1',
                                             'state' => 1,
                                             'label' => 'T02',
                                             'device_status' => 0
                                           }
                      },
           'current_slot_by_config' => {
                                         'multi' => 'file:/vt/v1'
                                       }
         };
`

test('what stock wrote is read', () => {
  const state = parseChangerState(STOCK)
  const slots = state.get('slots') as ReadonlyMap<string, StateValue>
  assert.deepEqual([...(slots.get('file:/vt/v3') as ReadonlyMap<string, StateValue>)], [['device_error', undefined], ['f_type', '1'], ['state', '1'], ['label', 'T02'], ['device_status', '0']])
  assert.equal((slots.get('file:/vt/v1') as ReadonlyMap<string, StateValue>).size, 0)
  assert.deepEqual(parseChangerState(formatChangerState(state)), state)
})

test('what is written is indented as stock does', () => {
  assert.equal(formatChangerState(new Map<string, StateValue>([['drives', new Map()], ['a', new Map([['b', 'c']])]])), "$STATE = {\n           'drives' => {},\n           'a' => {\n                    'b' => 'c'\n                  }\n         };\n")
})

const value = fc.letrec<{ value: StateValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.constant(undefined), fc.string(), fc.array(tie('value'), { maxLength: 3 }), fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries))),
})).value

test('every table is read back as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), value), { maxLength: 5 }), (entries) => {
      const table = new Map(entries)
      assert.deepEqual(parseChangerState(formatChangerState(table)), table)
    }),
  )
})

test('what is no state is refused and never evaluated', () => {
  for (const text of ['', '$STATE = 1;', '$STATE = {', "$STATE = { 'a' };", "$STATE = { 'a' => system('x') };", "$STATE = { 'a' => 'b' 'c' => 'd' };", '$STATE = {} {};', `$STATE = ${'['.repeat(100)};`]) {
    assert.throws(() => parseChangerState(text), (error) => error instanceof Fault && error.code === 'wire-malformed', text)
  }
})
