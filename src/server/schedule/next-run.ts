// When the next run is due by a cron expression. The only file that knows croner, which is only asked to compute dates: waiting is the
// daemon's, through its Clock. Format of an expression: docs/configuration.md.

import { Cron } from 'croner'
import { Fault, faultOf } from '../../kernel/fault.ts'

/** The first due time after `afterMs`; undefined when there is none. Throws `config-invalid` for an expression that is none. */
export function nextRunMs(cron: string, timezone: string | undefined, afterMs: number): number | undefined {
  try {
    return new Cron(cron, { paused: true, ...(timezone === undefined ? {} : { timezone }) }).nextRun(new Date(afterMs))?.getTime()
  } catch (error) {
    throw new Fault('config-invalid', `schedule: ${faultOf(error).message}`, { cause: error })
  }
}

/**
 * Whether a run is due at `nowMs`: the newest due time after `lastMs` that is at most `catchUpMs` old. However many were missed, one run makes
 * up for them.
 */
export function missedRunMs(cron: string, timezone: string | undefined, lastMs: number, nowMs: number, catchUpMs: number): number | undefined {
  const due = nextRunMs(cron, timezone, Math.max(lastMs, nowMs - catchUpMs))
  return due !== undefined && due <= nowMs ? due : undefined
}
