import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dumpId, runId } from '../../catalog/ids.ts'
import { Fault } from '../../kernel/fault.ts'
import { VOLUME_FULL, initialTaperState, taperStep, type TaperEffect, type TaperState, type TaperStepEvent } from './taper-step.ts'

const RUN = '20261124020000'
const ID = dumpId(runId(RUN), 'h', '/d', 0)
const started: TaperStepEvent = { kind: 'dump-started', id: ID, dump: { host: 'h', disk: '/d', datestamp: RUN, level: 0 }, originalKib: 1 }

/** What a device, a feed and a changer could answer to the effects of a step; undefined when the dump has ended. */
function answer(effects: readonly TaperEffect[], partCount: number, chance: () => number): TaperStepEvent | undefined {
  const last = effects.at(-1)
  const fault = new Fault('disk-error', 'planted')
  switch (last?.kind) {
    case 'prepare-part':
      return chance() === 0 ? { kind: 'failed', fault } : { kind: 'part-prepared', isLast: last.partNumber === partCount }
    case 'load-volume':
      return chance() === 0 ? { kind: 'volume-refused', fault } : { kind: 'volume-loaded', volume: { label: `V${last.tapeNumber}`, slot: `slot${last.tapeNumber}`, tapeNumber: last.tapeNumber, kind: 'new', erasedDumps: 0 } }
    case 'write-part': {
      const fileNumber = last.volume.files + 1
      const verdict = chance()
      if (verdict === 0) return { kind: 'part-lost', fileNumber, bytes: 7, seconds: 1, reason: 'planted' }
      if (verdict === 1) return { kind: 'part-lost', fileNumber, bytes: 0, seconds: 1, reason: VOLUME_FULL }
      return { kind: 'part-written', fileNumber, bytes: 10, seconds: 1 }
    }
    case 'commit':
      return { kind: 'committed' }
    default:
      return undefined
  }
}

test('whatever devices do, every dump ends: taped with all its parts in order, or failed; and no run takes more volumes than it may', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 4 }), fc.infiniteStream(fc.nat(9)), (dumps, volumesPerRun, chances) => {
      let state: TaperState = initialTaperState(RUN, { storage: 's', pool: 's' }, volumesPerRun)
      const files = new Map<string, number>()
      for (const partCount of dumps) {
        let event: TaperStepEvent | undefined = started
        for (let steps = 0; event !== undefined; steps++) {
          assert.ok(steps < 200, 'the dump does not end')
          const mode = state.mode
          const step = taperStep(state, event)
          seen.add(`${mode} ${event.kind} ${step.state.mode}`)
          state = step.state
          for (const effect of step.effects) if (effect.kind === 'part-done') files.set(effect.part.label, (files.get(effect.part.label) ?? 0) + 1)
          const end = step.effects.find((effect) => effect.kind === 'end-taped')
          if (end !== undefined) assert.deepEqual(end.parts.map(({ partNumber }) => partNumber), Array.from({ length: partCount }, (_, index) => index + 1))
          assert.equal(step.effects.some((effect) => effect.kind.startsWith('end-')), state.mode === 'idle')
          event = answer(step.effects, partCount, () => chances.next().value ?? 9)
        }
        assert.equal(state.job, undefined)
      }
      assert.ok(state.volumesStarted <= volumesPerRun)
      if (state.volume !== undefined) assert.equal(state.volume.files, files.get(state.volume.label) ?? 0)
      const ended = taperStep(state, { kind: 'run-ended' })
      seen.add(`${state.mode} run-ended ${ended.state.mode}`)
      assert.equal(ended.state.volume, undefined)
    }),
    { numRuns: 500 },
  )
  for (const transition of [
    'idle dump-started preparing', 'preparing part-prepared writing', 'preparing part-prepared loading', 'preparing part-prepared idle', 'preparing failed idle', 'loading volume-loaded writing', 'loading volume-refused idle',
    'writing part-written preparing', 'writing part-written committing', 'writing part-lost loading', 'writing part-lost idle', 'committing committed idle', 'idle run-ended idle',
  ]) assert.ok(seen.has(transition), `the transition ${transition} was never taken`)
})
