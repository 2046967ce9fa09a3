import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Fault } from '../kernel/fault.ts'
import { transportSuite } from './conformance.ts'
import { createMemoryTransport } from './memory-transport.ts'

transportSuite('memory', (handler) => Promise.resolve({ transport: createMemoryTransport(new Map([['client', handler]])), host: 'client', close: () => undefined }))

it('memory: an unknown host and an aborted connect are refused', async () => {
  const transport = createMemoryTransport(new Map())
  await assert.rejects(transport.connect('nobody', new AbortController().signal), (error) => error instanceof Fault && error.code === 'host-unknown')
  await assert.rejects(transport.connect('nobody', AbortSignal.abort()), (error) => error instanceof Fault && error.code === 'cancelled')
})
