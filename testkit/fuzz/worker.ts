// Works through the inputs of one target in a thread of its own, so that an input that never ends, or eats the memory, is seen from
// outside. Before each input its number stands in shared memory.

import { parentPort, workerData } from 'node:worker_threads'
import { FuzzInputs } from './inputs.ts'
import { targetNamed } from './targets.ts'
import { judge } from './verdict.ts'

export interface WorkerOrder {
  readonly target: string
  readonly seed: number
  readonly first: number
  readonly untilMs: number
  /** Number of the input that is being read. */
  readonly current: SharedArrayBuffer
}

export type WorkerReport = { readonly kind: 'failed'; readonly number: number; readonly what: string } | { readonly kind: 'done'; readonly next: number }

const order = workerData as WorkerOrder
const current = new Int32Array(order.current)
const target = targetNamed(order.target)
if (target === undefined || parentPort === null) throw new Error(`no target ${order.target}`)
const inputs = new FuzzInputs(target, order.seed)
const tell = (report: WorkerReport): void => parentPort?.postMessage(report)

let stray: string | undefined
process.on('unhandledRejection', (error) => (stray ??= `a promise that nobody waits for: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`))

let number = order.first
for (; performance.timeOrigin + performance.now() < order.untilMs; number++) {
  Atomics.store(current, 0, number)
  const what = (await judge(target, inputs.at(number))) ?? stray
  if (what !== undefined) {
    tell({ kind: 'failed', number, what })
    stray = undefined
  }
  // Lets timers and stray rejections come up.
  if (number % 256 === 0) await new Promise((resolve) => setImmediate(resolve))
}
tell({ kind: 'done', next: number })
