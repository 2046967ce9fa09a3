// The words behind `restore --vault` and `ls --vault`: `[HOST] [DISK] [PATH…]`. A word that begins with a slash is a disk, or a path on the disk that holds it; the host may
// be left out when it is this one or there is no other.

import { nearestWord } from '../../config/nearest.ts'
import { Fault } from '../../kernel/fault.ts'
import type { VaultDump } from '../../storage/vault/contract.ts'

export interface DiskPlace {
  readonly host: string
  readonly disk: string
  /** From the top of the disk; empty: all of it. */
  readonly paths: readonly string[]
}

/** Throws `usage-wrong`, `host-unknown` or `dump-missing`. */
export function diskPlaceOf(dumps: readonly VaultDump[], words: readonly string[], thisHost: string): DiskPlace {
  const hosts = [...new Set(dumps.map(({ host }) => host))]
  const [first] = words
  const isHostNamed = first !== undefined && (hosts.includes(first) || !first.startsWith('/'))
  const host = isHostNamed ? first : hosts.includes(thisHost) ? thisHost : hosts.length === 1 ? hosts[0] : undefined
  if (host === undefined) throw hosts.length === 0 ? new Fault('dump-missing', 'there is no dump in the vault') : new Fault('usage-wrong', 'the vault has dumps of several hosts', { next: `Name one of them: ${hosts.slice(0, 20).join(', ')}.` })
  if (!hosts.includes(host)) throw unknown('host-unknown', `the vault has no dump of a host ${host}`, host, hosts)
  const disks = [...new Set(dumps.filter((dump) => dump.host === host).map(({ disk }) => disk))]
  const [named, ...paths] = isHostNamed ? words.slice(1) : words
  if (named === undefined) {
    const [only, other] = disks
    if (only === undefined || other !== undefined) throw new Fault('usage-wrong', `the vault has several disks of ${host}`, { next: `Name one of them: ${disks.slice(0, 20).join(', ')}.` })
    return { host, disk: only, paths }
  }
  if (disks.includes(named)) return { host, disk: named, paths }
  // The disk that holds it; the longest name if there are several.
  const disk = disks.filter((each) => isBelow(named, each)).toSorted((a, b) => b.length - a.length)[0]
  if (disk === undefined) throw unknown('dump-missing', `the vault has no dump of a disk ${named} of ${host}`, named, disks)
  const below = (path: string): string => (isBelow(path, disk) ? `/${path.slice(disk.length).replace(/^\/+/, '')}` : path)
  return { host, disk, paths: [named, ...paths].map(below) }
}

function isBelow(path: string, disk: string): boolean {
  return path.startsWith(disk.endsWith('/') ? disk : `${disk}/`)
}

function unknown(code: 'host-unknown' | 'dump-missing', message: string, name: string, known: readonly string[]): Fault {
  const near = nearestWord(name, known)
  return new Fault(code, message, { next: near === undefined ? `There are: ${known.slice(0, 20).join(', ')}.` : `Did you mean ${near}?` })
}
