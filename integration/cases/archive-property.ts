// Random trees and random edits, level after level, every date restored by us and by GNU tar and compared. Prints its seeds; `archive-property:SEED` does that seed
// (and those after it) again, `:all` takes more trees and levels, `archive-property:gnutar` takes the other application.

import path from 'node:path'
import { seededRandom, type Random } from '../../src/kernel/random.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { FidelityLab, type LabRun } from '../lab/fidelity-lab.ts'
import { editAtRandom } from '../lab/random-edits.ts'
import { differencesOf, VERDICT_PROGRAMS } from '../lab/tree-verdict.ts'

const TREES_LONG = 6
const LEVELS_LONG = 4
/** Of npm test. */
const TREES_SHORT = 3
const LEVELS_SHORT = 3
const SEED_MAX = 1_000_000

interface Disk {
  readonly name: string
  readonly seed: number
  readonly tree: string
  readonly random: Random
}

/** Both judges: the one of rsync, which knows nothing of us, and ours, which sees more of holes and link groups. */
async function differences(tree: string, restored: string): Promise<string[]> {
  return [...(await differencesOf(tree, restored)), ...compareTrees(tree, restored).differences]
}

/** GNU tar dumps what was in a moved directory again, but not the other names that it has elsewhere: it gets no links. */
function edit({ tree, seed, random }: Disk, level: number, hasLinks: boolean): void {
  if (level === 0) makeRandomTree(tree, seed, { fileCount: 60, dirCount: 25, fileBytesMax: 50_000 })
  else editAtRandom(tree, random, 4 + random.int(25), hasLinks)
}

async function run({ dir, parts, note }: CaseContext): Promise<string> {
  const application = parts.includes('gnutar') ? 'gnutar' : 'archive'
  const named = parts.map(Number).find((seed) => Number.isInteger(seed))
  const first = named ?? Date.now() % SEED_MAX
  const [trees, levels] = parts.length === 0 ? [TREES_SHORT, LEVELS_SHORT] : [TREES_LONG, LEVELS_LONG]
  note(`seeds ${first} to ${first + trees - 1}`)
  const disks: Disk[] = Array.from({ length: trees }, (_none, index) => ({ name: `seed-${first + index}`, seed: first + index, tree: path.join(dir, `tree-${first + index}`), random: seededRandom(first + index) }))
  const wrong: string[] = []
  const look = async (what: string, work: () => Promise<readonly string[]>): Promise<void> => {
    const found = await work().catch((error: unknown) => [error instanceof Error ? error.message : String(error)])
    wrong.push(...found.slice(0, 5).map((line) => `${what}: ${line}`))
  }
  await using lab = await FidelityLab.start(dir, disks.map(({ name, tree }) => ({ name, tree, application })))
  const runs: LabRun[] = []
  for (let level = 0; level <= levels; level++) {
    for (const disk of disks) edit(disk, level, application !== 'gnutar')
    const made = await lab.dump(disks.map(({ name }) => name), level)
    runs.push(made)
    for (const { name, tree } of disks) {
      await look(`${name} level ${level}`, async () => differences(tree, await lab.restore(name, made.run, `${name}-${level}`)))
      await look(`${name} level ${level} by tar`, async () => differences(tree, await lab.tarIncremental(name, made, `${name}-tar`)))
    }
    note(`level ${level}: ${wrong.length === 0 ? 'the same' : `${wrong.length} differences`}`)
  }
  // Every date from the last day on; the restores of the days themselves were compared with the tree.
  const [disk] = disks
  if (disk !== undefined) for (const [level, made] of runs.entries()) await look(`${disk.name} level ${level} later`, async () => differences(path.join(dir, 'restored', `${disk.name}-${level}`), await lab.restore(disk.name, made.run, `${disk.name}-later-${level}`)))
  if (wrong.length > 0) throw new Error(`${wrong.length} differences; again with archive-property:${first}${application === 'gnutar' ? ',gnutar' : ''}\n${wrong.slice(0, 40).join('\n')}`)
  return `${trees} random trees (seeds ${first} to ${first + trees - 1}), ${levels + 1} levels by ${application}: every date came back, by us and by tar`
}

export const integrationCase: IntegrationCase = {
  name: 'archive-property',
  summary: 'random trees, random edits, every date restored and compared (:all for more of them, :SEED for certain ones, :gnutar)',
  needs: VERDICT_PROGRAMS,
  needsRoot: true,
  timeoutMs: 600_000,
  run,
}
