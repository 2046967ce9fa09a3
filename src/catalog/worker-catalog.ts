// The catalog for a thread that may not wait for the disk: every call is sent to catalog-worker.ts and answered in order.

import { Worker } from 'node:worker_threads'
import { Fault, faultOf } from '../kernel/fault.ts'
import { moduleFile } from '../kernel/module-file.ts'
import type { Catalog } from './contract.ts'
import { receiveFault, type CatalogAnswer, type CatalogCall } from './worker-messages.ts'

/** MiB. Queries are small; what a worker takes by default it would also keep. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 }

interface Waiting {
  resolve(value: unknown): void
  reject(reason: Fault): void
}

/** Opens or creates the database at `path` in a thread of its own. Rejects with `catalog-damaged` or `catalog-newer`. */
export async function openWorkerCatalog(path: string): Promise<Catalog> {
  const worker = new Worker(moduleFile('./catalog-worker', import.meta.url), { workerData: path, resourceLimits: LIMITS })
  const waiting = new Map<number, Waiting>()
  let ended: Fault | undefined
  let nextId = 0

  const end = (reason: Fault): void => {
    ended ??= reason
    for (const call of waiting.values()) call.reject(ended)
    waiting.clear()
  }
  worker.on('message', (answer: CatalogAnswer) => {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.kind === 'value') call?.resolve(answer.value)
    else call?.reject(receiveFault(answer.fault))
  })
  worker.on('error', (error) => end(faultOf(error)))
  worker.on('exit', () => end(new Fault('cancelled', 'the catalog was closed')))

  const expect = (id: number): Promise<unknown> => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  const send = <T>(method: CatalogCall['method'], ...args: readonly unknown[]): Promise<T> => {
    if (ended !== undefined) return Promise.reject(ended)
    const call: CatalogCall = { id: ++nextId, method, args }
    const answered = expect(call.id)
    worker.postMessage(call)
    return answered as Promise<T>
  }

  try {
    await expect(0)
  } catch (error) {
    await worker.terminate()
    throw error
  }
  return {
    dumps: (filter) => send('dumps', filter),
    dump: (id) => send('dump', id),
    parts: (dump) => send('parts', dump),
    partsOnVolume: (label) => send('partsOnVolume', label),
    volumes: () => send('volumes'),
    runs: (limit) => send('runs', limit),
    hosts: () => send('hosts'),
    linkEvents: (sinceMs, host) => send('linkEvents', sinceMs, host),
    putRun: (run) => send('putRun', run),
    putDump: (dump) => send('putDump', dump),
    putVerified: (id, atMs) => send('putVerified', id, atMs),
    putTapedDump: (dump, parts) => send('putTapedDump', dump, parts),
    removeDump: (id) => send('removeDump', id),
    putVolume: (volume) => send('putVolume', volume),
    eraseVolume: (label) => send('eraseVolume', label),
    putHost: (host) => send('putHost', host),
    addLinkEvent: (event) => send('addLinkEvent', event),
    forgetBefore: (beforeMs) => send('forgetBefore', beforeMs),
    async [Symbol.asyncDispose]() {
      if (ended === undefined) await send('close')
      await worker.terminate()
    },
  }
}
