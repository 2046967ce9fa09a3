// How many at once, how often, how long.

import type { ServerInput } from '../../schema.ts'
import type { Ledger, SettingsReader } from './ledger.ts'

const PARALLEL_MAX = 256
const SECONDS_MAX = 10_000_000
const DUMPERS_MAX = 256

export function limitsInput(ledger: Ledger, { hasHolding }: { readonly hasHolding: boolean }): NonNullable<ServerInput['limits']> {
  const globals = ledger.of()
  const etimeout = globals.number('ETIMEOUT', -SECONDS_MAX, SECONDS_MAX)
  if (etimeout < 0) globals.remark('ETIMEOUT', 'changed', `each estimate of each disk has ${-etimeout} s, not all of a host together`)
  // Without a holding disk there is nothing to keep free on it.
  const reserve = hasHolding ? globals.number('RESERVE', 0, 100) : 0
  return {
    'parallel-dumps': globals.number('INPARALLEL', 1, PARALLEL_MAX),
    'dump-order': dumpOrder(globals),
    ...(reserve === 0 ? {} : { 'holding-reserve': reserve }),
    retries: RETRIES,
    'estimate-timeout': Math.abs(etimeout) * 1000,
    'data-timeout': globals.number('DTIMEOUT', 1, SECONDS_MAX) * 1000,
  }
}

/** Dumpers for which it has no letter take the shortest dump, from the fourth on the longest, here as there. */
function dumpOrder(globals: SettingsReader): string {
  const given = globals.text('DUMPORDER')
  const letters = given.slice(0, DUMPERS_MAX).replaceAll(/[^sStTbB]/g, 't')
  const order = letters === '' ? 'ttt' : letters
  if (given !== '' && order !== given) globals.remark('DUMPORDER', 'changed', `\`${order}\` is used: there are the letters s, S, t, T, b and B, for at most ${DUMPERS_MAX} dumpers`)
  return order
}

/** Of a dumptype that says nothing. */
export const RETRIES = 1
