// One unit of work: goes on in order from directories that wait, until so much has come of it, and hands back those that still wait. The order is that of the
// tree: a directory, its files, then each directory in it as a whole.

import type { PendingGroup } from './unit-messages.ts'

/** Dumps a directory and tells those in it. */
export interface DirectoryStep {
  dump(path: string): PendingGroup | undefined
  /** Names seen in the last one. */
  readonly entryCount: number
}

export interface UnitBudget {
  readonly entries: number
  readonly bytes: number
}

interface Waiting {
  readonly parent: string
  readonly names: Uint8Array
  at: number
}

function nextPath(group: Waiting): string {
  const end = group.names.indexOf(0, group.at)
  const name = Buffer.from(group.names.buffer, group.names.byteOffset + group.at, end - group.at).toString('latin1')
  group.at = end + 1
  if (name === '') return ''
  return group.parent === '' ? name : `${group.parent}/${name}`
}

/** `writtenBytes` tells how much of the archive this unit has made. */
export function walkUnit(groups: readonly PendingGroup[], step: DirectoryStep, budget: UnitBudget, writtenBytes: () => number): PendingGroup[] {
  const stack: Waiting[] = groups.toReversed().map(({ parent, names }) => ({ parent, names, at: 0 }))
  const startBytes = writtenBytes()
  let entries = 0
  for (;;) {
    const top = stack.at(-1)
    if (top === undefined) break
    if (top.at >= top.names.length) {
      stack.pop()
      continue
    }
    if (entries >= budget.entries || writtenBytes() - startBytes >= budget.bytes) break
    const inside = step.dump(nextPath(top))
    entries += 1 + step.entryCount
    if (inside !== undefined) stack.push({ ...inside, at: 0 })
  }
  return stack.toReversed().filter(({ names, at }) => at < names.length).map(({ parent, names, at }) => ({ parent, names: at === 0 ? names : names.slice(at) }))
}

/** The group of the top alone. */
export const WHOLE_TREE: PendingGroup = { parent: '', names: new Uint8Array(1) }
