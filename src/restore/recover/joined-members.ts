// Members of several dumps as one tar stream, so that an extraction sees all of them at once and sets directories when the last has come.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import type { MembersSource } from '../members.ts'
import { describe } from '../fetch.ts'
import type { DumpShare } from './dump-share.ts'

export type OpenMembers = (of: DumpShare) => Promise<MembersSource>

export interface JoinedMembers extends ByteSource {
  /** Whose the piece read last is. */
  readonly current: DumpShare | undefined
  /** Bytes read of stores so far. */
  readonly bytesRead: number
}

const END_BYTES = 1024

/**
 * All of `parts` in order, each opened when the one before is read to its end, then the end of an archive. A read rejects as `open` does, or with `index-damaged` when a dump gives another number of bytes than its index says.
 */
export function joinedMembers(shares: readonly DumpShare[], open: OpenMembers): JoinedMembers {
  const waiting = shares.filter(({ places }) => places.count > 0)
  let current: { readonly source: MembersSource; readonly part: DumpShare; leftBytes: number } | undefined
  let isDone = false
  let ended: Fault | undefined
  let readBefore = 0

  const finish = async ({ source, part }: { readonly source: MembersSource; readonly part: DumpShare }): Promise<void> => {
    // What stands behind the members is the end of an archive; it is read so that the source says whether all was well.
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      if (piece.some((byte) => byte !== 0)) throw new Fault('index-damaged', `${describe(part.dump)} gave more than its members`)
    }
    readBefore += source.bytesRead
  }

  return {
    get current() {
      return current?.part
    },
    get bytesRead() {
      return readBefore + (current?.source.bytesRead ?? 0)
    },
    async read() {
      for (;;) {
        if (ended !== undefined) throw ended
        if (current === undefined) {
          const part = waiting.shift()
          if (part === undefined) {
            if (isDone) return null
            isDone = true
            return Buffer.alloc(END_BYTES)
          }
          current = { source: await open(part), part, leftBytes: part.places.spanBytes }
        }
        if (current.leftBytes === 0) {
          await finish(current)
          current = undefined
          continue
        }
        const piece = await current.source.read()
        if (piece === null) throw new Fault('index-damaged', `${describe(current.part.dump)} gave fewer bytes than its members have`)
        const wanted = piece.length > current.leftBytes ? piece.subarray(0, current.leftBytes) : piece
        current.leftBytes -= wanted.length
        if (piece.subarray(wanted.length).some((byte) => byte !== 0)) throw new Fault('index-damaged', `${describe(current.part.dump)} gave more than its members`)
        return wanted
      }
    },
    cancel(reason) {
      ended ??= reason
      current?.source.cancel(reason)
    },
  }
}
