// Writes a dump to the holding disk and says every 64 MiB or 5 s (design 5.3) how much of it is durable, also while nothing comes: a client
// that waits for a commit must not have to send first. Calls of the writer never overlap.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { sleep, type Clock } from '../../kernel/clock.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { HoldingWriter } from '../../storage/holding/contract.ts'

const SYNC_BYTES = 64 * 1024 * 1024
const SYNC_MS = 5_000

/**
 * Resolves when `source` has ended and all of it was taken; not all of that is durable yet. `onDurable` gets stored bytes, growing. Rejects
 * with what the source or the writer ended with. When it settles, nothing of `writer` is under way.
 */
export async function writeDurably(source: ByteSource, writer: HoldingWriter, clock: Clock, onDurable: (bytes: number) => void, onPiece: () => void): Promise<void> {
  const ended = new AbortController()
  let lastSyncMs = clock.monotonicMs()
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
  const sync = async (): Promise<void> => {
    if (ended.signal.aborted) return
    lastSyncMs = clock.monotonicMs()
    if (writer.bytes > writer.durableBytes) onDurable(await writer.sync())
  }
  const syncInTime = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await sleep(clock, Math.max(1, lastSyncMs + SYNC_MS - clock.monotonicMs()), ended.signal)
      if (clock.monotonicMs() - lastSyncMs >= SYNC_MS) await inTurn(sync)
    }
  }
  const timer = syncInTime().catch((error: unknown) => {
    // The disk failed while the client was silent: whoever waits for its next piece is told.
    if (!ended.signal.aborted) source.cancel(faultOf(error))
  })
  try {
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      const taken = piece
      await inTurn(async () => {
        await writer.write(taken)
        if (writer.bytes - writer.durableBytes >= SYNC_BYTES) await sync()
      })
      onPiece()
    }
  } finally {
    ended.abort()
    await timer
    await turn
  }
}
