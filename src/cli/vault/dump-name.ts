// How a dump of a vault is named on a command line: by the beginning of its manifest's name, or of what stands behind the time in it, as listings show it; or `latest`.

import { Fault } from '../../kernel/fault.ts'
import type { VaultDump } from '../../storage/vault/contract.ts'

/** Shorter beginnings are found as well while they are unique. */
const SHOWN_CHARACTERS = 8

/** `1d60108e` of `20261127044719-1d60108eb60ebcc6764c3fc2`. */
export function shownManifest({ manifest }: Pick<VaultDump, 'manifest'>): string {
  return ownPart(manifest).slice(0, SHOWN_CHARACTERS)
}

/** One that needs no list to be found in: a dump whose manifest cannot be read is on none. */
export function isWholeName(name: string): boolean {
  return /^\d{14}-[0-9a-f]{24}$/.test(name)
}

function ownPart(manifest: string): string {
  return manifest.slice(manifest.indexOf('-') + 1)
}

/** `dumps`: newest first. Throws `dump-missing` or `usage-wrong`. */
export function dumpOfName(dumps: readonly VaultDump[], name: string): VaultDump {
  if (name === 'latest') {
    const [newest] = dumps
    if (newest === undefined) throw new Fault('dump-missing', 'there is no dump in the vault', { next: 'Make a first one with `holdfast backup`.' })
    return newest
  }
  const found = dumps.filter(({ manifest }) => manifest.startsWith(name) || ownPart(manifest).startsWith(name))
  const [only, other] = found
  if (only === undefined || name === '') throw new Fault('dump-missing', `the vault has no dump ${name}`, { next: '`holdfast ls --vault DIR` lists what there is.' })
  if (other !== undefined && only.manifest !== name) throw new Fault('usage-wrong', `${found.length} dumps have names that begin with ${name}`, { next: 'Write more of the name.' })
  return only
}
