// How many at once, how often, how long.

import type { ServerInput } from '../../schema.ts'
import type { Ledger } from './ledger.ts'

const PARALLEL_MAX = 256
const SECONDS_MAX = 10_000_000

export function limitsInput(ledger: Ledger): NonNullable<ServerInput['limits']> {
  const globals = ledger.of()
  const etimeout = globals.number('ETIMEOUT', -SECONDS_MAX, SECONDS_MAX)
  if (etimeout < 0) globals.remark('ETIMEOUT', 'changed', `each estimate of each disk has ${-etimeout} s, not all of a host together`)
  return {
    'parallel-dumps': globals.number('INPARALLEL', 1, PARALLEL_MAX),
    retries: RETRIES,
    'estimate-timeout': Math.abs(etimeout) * 1000,
    'data-timeout': globals.number('DTIMEOUT', 1, SECONDS_MAX) * 1000,
  }
}

/** Of a dumptype that says nothing. */
export const RETRIES = 1
