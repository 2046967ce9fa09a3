// The tether's frames. However the bytes of a link are cut, the frames, or the refusal, are the same.

import type { Frame } from '../../../src/wire/tether/frame.ts'
import { FrameDecoder } from '../../../src/wire/tether/frame-decoder.ts'
import { encodeFrame } from '../../../src/wire/tether/frame-encode.ts'
import { cutUp, must, outcomeOf, type FuzzTarget } from '../target.ts'
import { allFrames, dataFrame, generateFrames } from './tether-inputs.ts'

function decodeAll(pieces: readonly Buffer[]): { readonly text: string; readonly bytes: number } {
  const decoder = new FrameDecoder()
  const frames: Frame[] = []
  const text = outcomeOf(() => {
    for (const piece of pieces) frames.push(...decoder.push(piece))
    return 'all'
  })
  const bytes = frames.reduce((sum, frame) => sum + (frame.kind === 'data' ? frame.payload.length : 0), 0)
  // A refusal may come before or after the frames of its chunk are handed on, so only whole readings are compared frame by frame.
  return { text: text === '"all"' ? JSON.stringify(frames) : text, bytes }
}

const frames: FuzzTarget = {
  name: 'tether-frames',
  summary: 'bytes of a link to frames, cut anywhere (src/wire/tether)',
  codes: ['wire-malformed'],
  corpus: () => [...allFrames().map(encodeFrame), dataFrame(1, 1, 0, 100), Buffer.concat([...allFrames().map(encodeFrame), dataFrame(1, 1, 0, 4000), dataFrame(2, 1, 4000, 3)])],
  words: ['HFT1', '\u0000\u0000', '\u00ff\u00ff', 'holdfast'],
  generate: (random) => generateFrames(random),
  run(input) {
    const whole = decodeAll([Buffer.from(input)])
    must(whole.bytes <= input.length, 'no more payload than bytes')
    must(whole.text === decodeAll(cutUp(input)).text, 'the cut of the bytes makes no difference')
    const decoder = new FrameDecoder()
    for (const frame of decoder.push(Buffer.from(input))) {
      // What was read can be written, but for texts that were not UTF-8 and grew by it.
      if (frame.kind !== 'data' && frame.kind !== 'unknown' && input.length < 1000) must(new FrameDecoder().push(encodeFrame(frame))[0]?.kind === frame.kind, 'a frame that was read can be written')
    }
  },
}

export const TETHER_FRAME_TARGETS: readonly FuzzTarget[] = [frames]
