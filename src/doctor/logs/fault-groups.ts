// The groups of all faults that lines told of, each found by its kind and its dump. Bounded: of a kind with very many dumps the later ones are one group.
// Pure.

import type { FaultKind } from '../contract.ts'
import { FaultGroup } from './fault-group.ts'

/** Dumps of one kind: more have one cause. */
const GROUPS_MAX = 400

export class FaultGroups {
  readonly #groups = new Map<string, FaultGroup>()
  readonly #counts = new Map<FaultKind, number>()

  /** The group of that kind and dump, made when it is not there. */
  of(kind: FaultKind, host: string | undefined, disk: string | undefined): FaultGroup {
    const key = JSON.stringify([kind.code, host, disk])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const count = this.#counts.get(kind) ?? 0
    if (count >= GROUPS_MAX && (host !== undefined || disk !== undefined)) return this.of(kind, undefined, undefined)
    this.#counts.set(kind, count + 1)
    const group = new FaultGroup(kind, host, disk)
    this.#groups.set(key, group)
    return group
  }

  /** In the order in which they were made. */
  all(): readonly FaultGroup[] {
    return [...this.#groups.values()]
  }
}
