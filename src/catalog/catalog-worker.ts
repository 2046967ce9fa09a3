// Runs the catalog's SQLite off the thread that owns links: a commit waits for the disk, and nothing slow may run beside heartbeats.
// Started by worker-catalog.ts with the path of the database; answers calls in order. Id 0 is the answer to opening.

import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../kernel/assert.ts'
import { faultOf } from '../kernel/fault.ts'
import { SqliteCatalog } from './sqlite.ts'
import { sendFault, type CatalogAnswer, type CatalogCall } from './worker-messages.ts'

const port = parentPort
assert(port !== null, 'the catalog worker runs as a worker thread')

const answer = (id: number, work: () => unknown): void => {
  let message: CatalogAnswer
  try {
    message = { id, kind: 'value', value: work() }
  } catch (error) {
    message = { id, kind: 'fault', fault: sendFault(faultOf(error)) }
  }
  port.postMessage(message)
}

let catalog: SqliteCatalog | undefined
answer(0, () => {
  catalog = new SqliteCatalog(String(workerData))
})

port.on('message', (call: CatalogCall) => {
  answer(call.id, () => {
    assert(catalog !== undefined, 'a call to a catalog that was not opened')
    const method = catalog[call.method] as (...args: readonly unknown[]) => unknown
    return method.apply(catalog, [...call.args])
  })
  if (call.method === 'close') port.close()
})
