// The thread that opens, checks and makes blocks. Waits in its event loop; ends by itself behind `close`. Messages: block-calls.ts.

import { parentPort } from 'node:worker_threads'
import { faultOf } from '../../kernel/fault.ts'
import type { BlockAnswer, BlockCall, BlockResult, BlockThreadMessage } from './block-calls.ts'
import { BlockWork } from './block-work.ts'

const work = new BlockWork()
const port = parentPort

function carryOut(call: BlockCall): Promise<BlockResult> {
  switch (call.kind) {
    case 'check':
      return work.check(call.block, call.idKey)
    case 'open':
      return work.open(call.block, call.wanted)
    case 'seal':
      return work.seal(call.facts, call.compressLevel, call.plain)
  }
}

/** Memory of the result that goes over to the other thread. */
function transferOf(result: BlockResult): ArrayBuffer[] {
  const bytes = result === undefined || result instanceof Uint8Array ? result : result.sealed
  return bytes?.buffer instanceof ArrayBuffer ? [bytes.buffer] : []
}

async function answer(call: BlockCall): Promise<void> {
  try {
    const result = await carryOut(call)
    port?.postMessage({ kind: 'done', result } satisfies BlockAnswer, transferOf(result))
  } catch (error) {
    const { code, message, context } = faultOf(error)
    port?.postMessage({ kind: 'failed', code, text: message, context } satisfies BlockAnswer)
  }
}

let last = Promise.resolve()
port?.on('message', (message: BlockThreadMessage) => {
  last = last.then(() => {
    if (message.kind !== 'close') return answer(message)
    work.close()
    port.close()
    return undefined
  })
})
