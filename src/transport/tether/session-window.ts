// The receive windows: how far each stream's peer may send. A window is an absolute offset and only moves forward. It starts small and
// grows fourfold when the sender says that it held the stream back (DATA flag "starved"), our reader kept up, and a whole window was read in less than
// two round trips: then the path, and not the reader, is what the window is too small for. So it grows to what the path needs in a few
// round trips, and stays small on a short path and before a slow reader. Growth comes from a budget all sessions share.

import { RECEIVE_SHARE, WINDOW_BYTES_FIRST, WINDOW_BYTES_MAX, WINDOW_GROWTH, WINDOW_SLACK_MS, WINDOW_STEP_BYTES } from './limits.ts'
import type { ReceiveHalf, Session, Stream } from './session-state.ts'

/** The reader took `bytes`. Moves the window when that is worth a frame. */
export function noteConsumed(session: Session, stream: Stream, bytes: number): void {
  const { receive } = stream
  receive.consumedBytes += bytes
  const isGrown = isTooSmall(session, receive) && grow(session, stream)
  const limit = receive.consumedBytes + receive.windowBytes
  if (receive.isEnded || limit <= receive.windowLimit) return
  if (!isGrown && limit - receive.windowLimit < Math.min(receive.windowBytes / 4, WINDOW_STEP_BYTES)) return
  receive.windowLimit = limit
  session.exchange.dirtyWindows.add(stream)
}

/** Judged once a window. */
function isTooSmall(session: Session, receive: ReceiveHalf): boolean {
  if (receive.consumedBytes - receive.judgedBytes < receive.windowBytes) return false
  const tookMs = session.nowMs - receive.judgedMs
  receive.judgedBytes = receive.consumedBytes
  receive.judgedMs = session.nowMs
  const buffered = receive.receivedBytes - receive.consumedBytes
  if (!receive.isStarved || buffered > receive.windowBytes / 4) return false
  receive.isStarved = false
  const roundTripMs = session.live?.roundTripMs
  return roundTripMs === undefined || tookMs < 2 * (roundTripMs + WINDOW_SLACK_MS)
}

/** Grows the window as far as the shared budget gives; something is always left for others. */
function grow(session: Session, stream: Stream): boolean {
  const { receive } = stream
  const { receiveBudget } = session.options
  const own = receive.windowBytes - WINDOW_BYTES_FIRST
  const share = (receiveBudget.limitBytes - (receiveBudget.usedBytes - own)) * RECEIVE_SHARE
  const wanted = Math.floor(Math.min(receive.windowBytes * WINDOW_GROWTH, WINDOW_BYTES_MAX, WINDOW_BYTES_FIRST + Math.max(0, share)))
  if (wanted <= receive.windowBytes) return false
  receiveBudget.usedBytes += wanted - receive.windowBytes
  receive.windowBytes = wanted
  return true
}
