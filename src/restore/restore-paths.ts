// Restores paths of a disk into a fresh directory. What to read is chosen as recovery chooses it (recover/extraction-plan.ts): members are read from where they lie,
// and what a directory holds no more is not there. Where the dumps tell too little of their names, whole levels are restored and the paths picked (extract.ts).

import type { DumpRecord } from '../catalog/contract.ts'
import { restoreToDirectory, type RestoreResult, type RestoreTools } from './extract.ts'
import { problemText } from '../archive/extract/problem-text.ts'
import { openStaging } from './staging.ts'
import { extractMembers } from './recover/extract-members.ts'
import { planExtraction } from './recover/extraction-plan.ts'
import { tellsDeletions } from './recover/told-deletions.ts'
import { bytesOfText } from './recover/tree-path.ts'
import type { TreeAt } from './tree-at.ts'
import { normalisePath } from '../stream/pick-paths.ts'

export interface PathTools extends RestoreTools {
  /** Opens the tree of a chain, which is closed here. */
  readonly openTree: (chain: readonly DumpRecord[]) => Promise<TreeAt>
}

/** As restoreToDirectory, of which it also is the way for all of a disk. */
export async function restorePaths(tools: PathTools, chain: readonly DumpRecord[], paths: readonly string[], target: string, signal: AbortSignal): Promise<RestoreResult> {
  const wanted = paths.map(normalisePath)
  if (wanted.length === 0 || wanted.includes('/')) return await restoreToDirectory(tools, chain, [], target, signal)
  await using tree = await tools.openTree(chain)
  const doors = { openOne: (dump: DumpRecord) => tools.openTree([dump]), tellsDeletions: (dump: DumpRecord) => tellsDeletions(tools.stores, dump) }
  const plan = await planExtraction(tree, chain, doors, { paths: wanted.map(bytesOfText), excludes: [] }, signal)
  if (plan.needsLevels) return await restoreToDirectory(tools, chain, paths, target, signal)
  const staging = await openStaging(tools.disk, tools.processes, tools.random, target, tools.journal)
  try {
    const place = `${staging.path}/tree`
    await tools.disk.makeDir(place, 0o755)
    const options = { target: place, existing: 'replace', owners: 'number', isResumed: false } as const
    const { members, problems, bytesRead } = await extractMembers(tools, plan, options, (progress) => tools.events({ kind: 'members', ...progress }), signal)
    await staging.become(place)
    const missingPaths = plan.missing.map((path) => Buffer.from(path, 'latin1').toString('utf8'))
    return { target, dumps: plan.shares.map(({ dump }) => dump), bytes: bytesRead, members, missingPaths, problems: problems.map(problemText) }
  } finally {
    await staging.discard()
  }
}
