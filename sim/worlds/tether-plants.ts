// Defects planted between a session and its shell, to prove that the tether world's checks see. Production code knows nothing of them.

import type { Random } from '../../src/kernel/random.ts'
import { DATA_FIELDS_BYTES, FRAME_HEADER_BYTES, FRAME_TYPES } from '../../src/wire/tether/frame.ts'
import type { SessionEffect } from '../../src/transport/tether/session-types.ts'
import type { Plant } from '../world.ts'
import type { Boundary, Side, TetherPair } from './tether-pair.ts'

type Send = Extract<SessionEffect, { kind: 'send' }>

export const TETHER_PLANTS: Readonly<Record<string, Plant & { plant(pair: () => TetherPair, random: Random): Boundary }>> = {
  'frame-delivered-twice': {
    summary: 'one DATA frame in fifty reaches the reader twice',
    sign: /stream \d+ is wrong at/,
    plant: (_pair, random) => ({
      effects: (_side, effects) => effects.flatMap((effect) => (effect.kind === 'deliver' && random.int(50) === 0 ? [effect, effect] : [effect])),
    }),
  },
  'window-lost': {
    summary: 'one WINDOW frame in three is never written',
    sign: /no progress/,
    plant: (_pair, random) => ({
      effects: (_side, effects) => effects.map((effect) => (effect.kind === 'send' ? withoutFrames(effect, FRAME_TYPES.window, () => random.int(3) === 0).send : effect)),
    }),
  },
  'heartbeat-behind-bulk': {
    summary: 'a PING is held as long as bulk waits to be written',
    sign: /nothing was written for|link lost without a fault/,
    plant(pair) {
      const held: Record<Side, Uint8Array[]> = { agent: [], server: [] }
      return {
        effects: (side, effects) =>
          effects.map((effect) => {
            if (effect.kind !== 'send') return effect
            const { send, taken } = withoutFrames(effect, FRAME_TYPES.ping, () => true)
            held[side].push(...taken)
            const isBulkWaiting = [...pair().sessions[side].exchange.streams.values()].some((stream) => stream.send.pendingBytes + stream.send.openBytes > 0)
            return isBulkWaiting ? send : { ...send, chunks: [...send.chunks, ...held[side].splice(0)] }
          }),
      }
    },
  },
}

/** Takes frames of `type` for which `isTaken` says so out of a send. */
function withoutFrames(send: Send, type: number, isTaken: () => boolean): { readonly send: Send; readonly taken: readonly Uint8Array[] } {
  const chunks: Uint8Array[] = []
  const taken: Uint8Array[] = []
  let payloadBytes = 0
  for (const chunk of send.chunks) {
    if (payloadBytes > 0) {
      payloadBytes -= chunk.length
      chunks.push(chunk)
    } else if (chunk[0] === type && isTaken()) {
      taken.push(chunk)
    } else {
      if (chunk[0] === FRAME_TYPES.data && chunk.length === FRAME_HEADER_BYTES + DATA_FIELDS_BYTES) payloadBytes = Buffer.from(chunk.buffer, chunk.byteOffset, 4).readUIntBE(1, 3) - DATA_FIELDS_BYTES
      chunks.push(chunk)
    }
  }
  return { send: { ...send, chunks }, taken }
}
