// Helps to read logs with a thread of its own, which helper-worker.ts runs.

import { Worker } from 'node:worker_threads'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { moduleFile } from '../../kernel/module-file.ts'
import type { LogHelper } from './diagnose-files.ts'
import type { HelperMessage } from './helper-messages.ts'
import type { ReadPart } from './read-part.ts'

/** MiB. Lines die at once; what is kept of them is small, however many there are. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }

export const helpInThread: LogHelper = async (files, onBytes, signal) => {
  const worker = new Worker(moduleFile('./helper-worker', import.meta.url), { workerData: files, resourceLimits: LIMITS })
  const stop = new AbortController()
  try {
    return await new Promise<ReadPart>((resolve, reject) => {
      worker.on('message', (message: HelperMessage) => {
        if (message.kind === 'read') onBytes(message.path, message.bytes)
        else if (message.kind === 'part') resolve(message.part)
        else reject(new Fault(message.code, message.message))
      })
      worker.on('error', (error) => reject(faultOf(error)))
      worker.on('exit', () => reject(new Fault('internal', 'a thread that read logs ended before it was done')))
      signal.addEventListener('abort', () => reject(faultOf(signal.reason)), { once: true, signal: stop.signal })
      if (signal.aborted) reject(faultOf(signal.reason))
    })
  } finally {
    stop.abort()
    await worker.terminate()
  }
}
