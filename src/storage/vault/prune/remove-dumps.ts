// Takes the dumps of a plan off the list. The plan may be old: what was pinned since, is in use, or has become the base of another dump, stays this time.

import type { PrunePlan, VaultDump } from '../contract.ts'
import type { VaultCore } from '../vault-core.ts'

export async function removeDumps(core: VaultCore, plan: PrunePlan): Promise<PrunePlan> {
  const { ledger, manifests, marks, directory } = core
  const kept = [...plan.kept]
  const removed: { readonly dump: VaultDump; readonly why: string }[] = []
  const taken: string[] = []
  let marksTaken: readonly string[] = []
  const planned = new Set(plan.removed.map(({ dump }) => dump.manifest))
  if (plan.removed.length === 0) return { kept, removed }
  try {
    await ledger.append(
      async () => {
        const all = await manifests.dumps()
        const needed = basesOf(all.filter(({ manifest }) => !planned.has(manifest)), all)
        for (const item of plan.removed) {
          const { manifest } = item.dump
          if (!ledger.state.manifests.has(manifest)) continue
          const isPinned = (await manifests.dump(manifest))?.isPinned === true
          const why = isPinned ? 'pinned' : needed.has(manifest) ? 'base of a newer dump' : core.takeManifest(manifest) ? undefined : 'in use'
          if (why === undefined) removed.push(item)
          else kept.push({ dump: item.dump, why })
        }
        taken.push(...removed.map(({ dump }) => dump.manifest))
        marksTaken = taken.flatMap((manifest) => marks.namesOf(manifest))
        return { kind: 'remove', manifests: removed.map(({ dump, why }) => ({ name: dump.manifest, why })), marks: marksTaken }
      },
      () => {
        for (const manifest of taken) {
          manifests.forget(manifest)
          marks.forget(manifest)
        }
      },
    )
  } finally {
    for (const manifest of taken) core.giveBackManifest(manifest)
  }
  for (const manifest of taken) await directory.remove(`manifests/${manifest}`)
  for (const mark of marksTaken) await directory.remove(`marks/${mark}`)
  return { kept, removed }
}

/** Manifests that dumps of `staying` build on. */
function basesOf(staying: readonly VaultDump[], all: readonly VaultDump[]): ReadonlySet<string> {
  const bases = new Set<string>()
  const queue = [...staying]
  for (let dump = queue.pop(); dump !== undefined; dump = queue.pop()) {
    const { host, disk, level, baseRun } = dump
    if (level === 0 || baseRun === undefined) continue
    for (const base of all) {
      if (base.host !== host || base.disk !== disk || base.run !== baseRun || base.level >= level || bases.has(base.manifest)) continue
      bases.add(base.manifest)
      queue.push(base)
    }
  }
  return bases
}
