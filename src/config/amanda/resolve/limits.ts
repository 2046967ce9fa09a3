// How many at once, how often, how long.

import type { ServerInput } from '../../schema.ts'
import type { AmandaDisk } from '../disklist.ts'
import type { Ledger } from './ledger.ts'

const PARALLEL_MAX = 256
const TRIES_MAX = 21
const SECONDS_MAX = 10_000_000

export function limitsInput(ledger: Ledger, disks: readonly AmandaDisk[]): NonNullable<ServerInput['limits']> {
  const globals = ledger.of()
  const etimeout = globals.number('ETIMEOUT', -SECONDS_MAX, SECONDS_MAX)
  if (etimeout < 0) globals.remark('ETIMEOUT', 'changed', `each estimate of each disk has ${-etimeout} s, not all of a host together`)
  return {
    'parallel-dumps': globals.number('INPARALLEL', 1, PARALLEL_MAX),
    retries: retries(ledger, disks),
    'estimate-timeout': Math.abs(etimeout) * 1000,
    'data-timeout': globals.number('DTIMEOUT', 1, SECONDS_MAX) * 1000,
  }
}

/** `retry-dump` counts tries and is a dumptype's; ours counts those after the first and is for all. */
function retries(ledger: Ledger, disks: readonly AmandaDisk[]): number {
  const readers = disks.map(({ dumptype }) => ledger.of(dumptype))
  const tries = readers.map((dumptype) => dumptype.number('RETRY_DUMP', 1, TRIES_MAX))
  const most = tries.length === 0 ? TRIES : Math.max(...tries)
  for (const [index, dumptype] of readers.entries()) if (tries[index] !== most) dumptype.remark('RETRY_DUMP', 'changed', `all disks have ${most} tries`)
  return most - 1
}

/** Amanda's own number. */
const TRIES = 2
