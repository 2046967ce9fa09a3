// Takes dumps off the list: those of a plan, and those that are forgotten by name. A plan may be old, and so may what somebody read on a screen: what was pinned since, is in use, or has become
// the base of another dump, stays. Nothing of a dump is read for it, so one whose manifest or segments are damaged goes as well.

import { Fault } from '../../../kernel/fault.ts'
import type { ForgetResult, PrunePlan, VaultDump } from '../contract.ts'
import type { VaultCore } from '../vault-core.ts'

export async function removeDumps(core: VaultCore, plan: PrunePlan): Promise<PrunePlan> {
  const { gone, kept } = await takeOffList(core, new Map(plan.removed.map(({ dump, why }) => [dump.manifest, why])))
  const stayed = plan.removed.flatMap(({ dump }) => {
    const why = kept.get(dump.manifest)
    return why === undefined ? [] : [{ dump, why }]
  })
  return { kept: [...plan.kept, ...stayed], removed: plan.removed.filter(({ dump }) => gone.has(dump.manifest)) }
}

/** Rejects with `dump-missing` when one of `manifests` is not listed; then all stay. */
export async function forgetDumps(core: VaultCore, manifests: readonly string[]): Promise<ForgetResult> {
  for (const manifest of manifests) {
    if (!core.ledger.state.manifests.has(manifest)) throw new Fault('dump-missing', `the vault lists no dump ${manifest}`, { next: '`holdfast vault list` shows what there is, `holdfast vault check` what is damaged.' })
  }
  const { gone, kept } = await takeOffList(core, new Map(manifests.map((manifest) => [manifest, 'forgotten by hand'])))
  return { forgotten: [...gone], kept: [...kept].map(([manifest, why]) => ({ manifest, why })) }
}

interface Taken {
  readonly gone: ReadonlySet<string>
  /** Why the others stay. One that was not listed any more is in neither. */
  readonly kept: ReadonlyMap<string, string>
}

/** `leaving`: why each manifest goes. */
async function takeOffList(core: VaultCore, leaving: ReadonlyMap<string, string>): Promise<Taken> {
  const { ledger, manifests, marks, directory } = core
  const gone = new Set<string>()
  const kept = new Map<string, string>()
  let marksTaken: readonly string[] = []
  if (leaving.size === 0) return { gone, kept }
  try {
    await ledger.append(
      async () => {
        for (const manifest of leaving.keys()) {
          if (!ledger.state.manifests.has(manifest)) continue
          if ((await marks.of(manifest))?.isPinned === true) kept.set(manifest, 'pinned')
          else if (core.takeManifest(manifest)) gone.add(manifest)
          else kept.set(manifest, 'in use')
        }
        // Only now is it known what stays.
        const all = await manifests.dumps()
        for (const base of basesOf(all.filter(({ manifest }) => !gone.has(manifest)), all)) {
          if (!gone.delete(base)) continue
          core.giveBackManifest(base)
          kept.set(base, 'base of a newer dump')
        }
        marksTaken = [...gone].flatMap((manifest) => marks.namesOf(manifest))
        return { kind: 'remove', manifests: [...gone].map((name) => ({ name, why: leaving.get(name) ?? '' })), marks: marksTaken }
      },
      () => {
        for (const manifest of gone) {
          manifests.forget(manifest)
          marks.forget(manifest)
        }
      },
    )
  } finally {
    for (const manifest of gone) core.giveBackManifest(manifest)
  }
  for (const manifest of gone) await directory.remove(`manifests/${manifest}`)
  for (const mark of marksTaken) await directory.remove(`marks/${mark}`)
  return { gone, kept }
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
