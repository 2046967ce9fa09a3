// Names for the rows of the state tables in driver-step.ts and taper-step.ts, so that a world can say which of them its seeds have taken.

import type { JobTransition } from '../../src/server/driver/driver-draft.ts'
import { DUMP_FAULTS } from '../../src/server/driver/driver-step.ts'
import type { FaultFacts } from '../../src/server/driver/driver-state.ts'
import type { TaperState, TaperStepEvent } from '../../src/server/taper/taper-step.ts'

/** Every row of the driver's table. */
export const JOB_ROWS: readonly string[] = [
  'job waiting: running to holding',
  'job waiting: running to volume',
  'job waiting: failed, holding-full',
  'job waiting: failed, volumes',
  'job waiting: failed, cancelled',
  'job waiting: held',
  'job running: held',
  'job running: held partial',
  'job running: taped',
  'job running: waiting',
  'job running: failed',
  'job held: taping',
  'job held: ended',
  'job taping: taped',
  'job taping: ended held, the dump',
  'job taping: ended held, the volume',
]

/** The rows of the taper's table that a driver can lead it to. */
export const TAPER_ROWS: readonly string[] = [
  'taper idle, dump-started: preparing',
  'taper preparing, part-prepared: writing',
  'taper preparing, part-prepared: loading',
  'taper loading, volume-loaded: writing',
  'taper loading, volume-refused: idle',
  'taper writing, part-written: preparing',
  'taper writing, part-written: committing',
  'taper writing, part-lost: loading',
  'taper writing, part-lost: idle',
  'taper committing, committed: idle',
  'taper preparing, failed: idle',
  'taper writing, failed: idle',
  'taper committing, failed: idle',
  'taper idle, run-ended: idle',
]

/** The row that nobody comes to while a driver stops taping once volumes are used up: only whoever tapes on. */
export const TAPER_ROW_WITHOUT_DRIVER = 'taper preparing, part-prepared: idle'

function groupOf(fault: FaultFacts): string {
  return fault.code === 'holding-full' || fault.code === 'cancelled' ? fault.code : 'volumes'
}

export function jobRow({ from, to }: JobTransition): string {
  const start = `job ${from.kind}:`
  switch (to.kind) {
    case 'waiting':
    case 'taping':
      return `${start} ${to.kind}`
    case 'running':
      return `${start} running to ${to.to}`
    case 'held':
      return `${start} held${to.isPartial ? ' partial' : ''}`
    case 'ended': {
      const { end } = to
      if (end.kind === 'taped' || end.kind === 'stored') return `${start} ${end.kind}`
      if (from.kind === 'waiting') return end.kind === 'held' ? `${start} held` : `${start} failed, ${groupOf(end.fault)}`
      if (from.kind === 'taping') return `${start} ended held, ${DUMP_FAULTS.has(end.fault?.code ?? '') ? 'the dump' : 'the volume'}`
      return `${start} ${end.kind === 'held' ? 'ended' : 'failed'}`
    }
  }
}

export function taperRow(before: TaperState, event: TaperStepEvent, after: TaperState): string {
  return `taper ${before.mode}, ${event.kind}: ${after.mode}`
}
