// The thread that cuts one stream. Waits in its event loop; ends by itself behind `close`. Messages: cut-calls.ts.

import { parentPort, workerData } from 'node:worker_threads'
import { faultOf } from '../../kernel/fault.ts'
import type { CutAnswer, CutCall, CutMessage } from './cut-calls.ts'
import { CutWork, type CutSettings } from './cut-work.ts'
import { openSegmentHash } from './segment-hash.ts'

const settings = workerData as CutSettings
const work = new CutWork(settings, await openSegmentHash(settings.idKey))
const port = parentPort

function carryOut(call: CutCall): CutAnswer {
  switch (call.kind) {
    case 'bytes':
      return { kind: 'cut', ids: work.push(new Uint8Array(call.buffer, 0, call.usedBytes)), buffer: call.buffer }
    case 'end':
      return { kind: 'cut', ids: work.end(), buffer: undefined }
    case 'settle':
      for (const grant of call.grants) work.grant(grant)
      return { kind: 'settled', ...work.settle(call.known) }
    case 'finish':
      for (const grant of call.grants) work.grant(grant)
      return { kind: 'finished', ...work.finish() }
  }
}

/** Memory of the answer that goes over to the other thread. */
function transferOf(answer: CutAnswer): ArrayBuffer[] {
  switch (answer.kind) {
    case 'cut':
      return answer.buffer === undefined ? [answer.ids.buffer] : [answer.ids.buffer, answer.buffer]
    case 'settled':
    case 'finished':
      return answer.blocks.flatMap(({ sealed }) => (sealed.buffer instanceof ArrayBuffer ? [sealed.buffer] : []))
    case 'failed':
      return []
  }
}

port?.on('message', (message: CutMessage) => {
  if (message.kind === 'close') {
    work.close()
    port.close()
    return
  }
  try {
    const answer = carryOut(message)
    port.postMessage(answer, transferOf(answer))
  } catch (error) {
    const { code, message: text } = faultOf(error)
    port.postMessage({ kind: 'failed', code, text } satisfies CutAnswer)
  }
})
