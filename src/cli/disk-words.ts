// The words `HOST [DISK…]` of a command line, checked against the disklist: a name that is not there is an error with the nearest one.

import { nearestWord } from '../config/nearest.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import { Fault } from '../kernel/fault.ts'
import type { DumpSelection } from '../server/control/contract.ts'

function unknown(kind: string, name: string, known: readonly string[]): Fault {
  const near = nearestWord(name, known)
  return new Fault('usage-wrong', `the configuration has no ${kind} ${name}`, { next: near === undefined ? `It has: ${known.slice(0, 20).join(', ')}.` : `Did you mean ${near}?` })
}

/** What the words choose; empty: everything. Throws `usage-wrong`. */
export function chooseDisks(config: ResolvedConfig, host: string | undefined, disks: readonly string[] | undefined): readonly DumpSelection[] {
  if (host === undefined) return []
  const hosts = [...new Set(config.disklist.map((entry) => entry.host))]
  if (!hosts.includes(host)) throw unknown('host', host, hosts)
  if (disks === undefined || disks.length === 0) return [{ host }]
  const known = config.disklist.filter((entry) => entry.host === host).map((entry) => entry.disk)
  for (const disk of disks) if (!known.includes(disk)) throw unknown(`disk of ${host} named`, disk, known)
  return [{ host, disks }]
}
