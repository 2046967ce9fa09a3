// A second thread that reads logs: takes files from the list that it is given, and tells what they say when none is left. Started by helper-thread.ts.

import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../kernel/assert.ts'
import { faultOf } from '../../kernel/fault.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import type { HelperMessage } from './helper-messages.ts'
import { readPart } from './read-part.ts'
import { takeFiles, type SharedFiles } from './shared-files.ts'

/** So much is read before it is told: a message for each small file would cost more than the file. */
const TOLD_BYTES = 4 * 1024 * 1024

const port = parentPort
assert(port !== null, 'the helper runs as a worker thread')
const tell = (message: HelperMessage): void => port.postMessage(message)

let bytes = 0
try {
  const part = await readPart(nodeDisk, takeFiles(workerData as SharedFiles), (path, count) => {
    bytes += count
    if (bytes < TOLD_BYTES) return
    tell({ kind: 'read', path, bytes })
    bytes = 0
  })
  tell({ kind: 'part', part })
} catch (error) {
  const { code, message } = faultOf(error)
  tell({ kind: 'fault', code, message })
}
