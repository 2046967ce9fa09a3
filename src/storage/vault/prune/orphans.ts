// Files of a vault that nothing names: packs whose dump died before they were listed, packs and manifests that were removed and could not be deleted. They are garbage;
// they are deleted when they are old, since a dump that is on its way names its own only at the end.

import { packPath } from '../../../wire/vault/pack.ts'
import type { VaultCore } from '../vault-core.ts'
import { UNFINISHED } from '../vault-directory.ts'
import { YOUNG_MS } from './young.ts'

interface Orphan {
  readonly object: string
  readonly bytes: number
  readonly why: string
  readonly modifiedMs: number
}

export async function findOrphans(core: VaultCore): Promise<readonly Orphan[]> {
  const { state } = core.ledger
  const orphans: Orphan[] = []
  const look = async (dir: string, isNamed: (name: string) => boolean, why: string): Promise<void> => {
    for (const name of await core.directory.list(dir)) {
      if (isNamed(name) || core.inFlight.has(name.endsWith(UNFINISHED) ? name.slice(0, -UNFINISHED.length) : name)) continue
      const stat = await core.directory.disk.stat(core.directory.path(`${dir}/${name}`))
      if (stat?.kind === 'file') orphans.push({ object: `${dir}/${name}`, bytes: stat.bytes, why: name.endsWith(UNFINISHED) ? 'it was not finished' : why, modifiedMs: stat.modifiedMs })
    }
  }
  for (const dir of await core.directory.list('packs')) await look(`packs/${dir}`, (name) => state.packs.has(name) && packPath(Buffer.from(name, 'hex')) === `packs/${dir}/${name}`, 'the ledger names no such pack')
  await look('index', (name) => state.indexes.has(name), 'the ledger names no such index segment')
  await look('manifests', (name) => state.manifests.has(name), 'the ledger lists no such dump')
  await look('marks', (name) => state.marks.has(name), 'the ledger names no such mark')
  return orphans
}

/** Those that are old, or with `isNow` all. What is on its way is not among them. */
export async function removeOrphans(core: VaultCore, isNow: boolean): Promise<void> {
  const oldMs = core.clock.wallMs() - YOUNG_MS
  // Manifests and marks are written in the turn of their entry, so that none is between here; packs and index segments are in flight by name.
  await core.ledger.exclusive(async () => {
    for (const { object, modifiedMs } of await findOrphans(core)) if (isNow || modifiedMs <= oldMs) await core.directory.remove(object)
  })
}
