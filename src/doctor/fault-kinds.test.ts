import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAULT_CODES, type FaultCode } from '../kernel/fault-codes.ts'
import { kindOfCode, kindOfFault, NOT_OF_RUNS } from './fault-kinds.ts'
import { FAULT_KINDS } from './kinds.ts'

test('each fault code belongs to exactly one kind, or no run ends with it and it is said why', () => {
  for (const code of Object.keys(FAULT_CODES) as FaultCode[]) {
    const kinds = FAULT_KINDS.filter(({ faultCodes = [] }) => faultCodes.includes(code)).map((kind) => kind.code)
    const reason = NOT_OF_RUNS[code]
    assert.equal(kinds.length, reason === undefined ? 1 : 0, `${code}: ${kinds.join(', ') || 'no kind'}${reason === undefined ? '' : `, but ${reason}`}`)
  }
})

test('a kind is found by its own code and by the codes of our faults', () => {
  assert.equal(kindOfCode('agent-not-connected')?.code, 'agent-not-connected')
  assert.equal(kindOfFault('agent-unreachable')?.code, 'agent-not-connected')
  assert.equal(kindOfFault('no-such-code'), undefined)
})
