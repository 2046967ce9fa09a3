import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault, faultOf } from './fault.ts'

const systemError = (code: string): Error => Object.assign(new Error(code), { code })

test('system errors have the code of what happened, and anything else is a defect', () => {
  const codes = ['ENOSPC', 'EDQUOT', 'ENOENT', 'EACCES', 'EIO', 'ABORT_ERR', 'EWHATEVER'].map((code) => faultOf(systemError(code)).code)
  assert.deepEqual(codes, ['disk-full', 'disk-full', 'file-missing', 'permission-denied', 'disk-error', 'cancelled', 'internal'])
  assert.equal(faultOf('text').code, 'internal')
  const fault = new Fault('timed-out', 'late')
  assert.equal(faultOf(fault), fault)
})

test('when closing fails after something else has, that something is the fault', async () => {
  const failing = { [Symbol.asyncDispose]: () => Promise.reject(systemError('EIO')) }
  const work = async (): Promise<void> => {
    await using _first = failing
    await using _second = failing
    throw systemError('ENOSPC')
  }
  const error: unknown = await work().catch((reason: unknown) => reason)
  assert.ok(error instanceof SuppressedError)
  assert.equal(faultOf(error).code, 'disk-full')
})
