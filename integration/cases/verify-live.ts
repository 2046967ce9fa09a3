// `holdfast verify --against-live`: what was changed after the dump is no fault; what differs although nobody changed it is one, and the command says which file
// and ends with 65. No program can damage a file and keep its ctime, so the dump is made newer than the changes, in the catalog.

import { appendFileSync, chmodSync, linkSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command } from '../lab/commands.ts'
import { FidelityLab, HOST } from '../lab/fidelity-lab.ts'
import { makeHardTree } from '../lab/hard-tree.ts'
import { must } from '../lab/must.ts'

const HOUR_MS = 3_600_000
const MANY = 3000

interface Verdict {
  readonly kind: string
  readonly isGood: boolean
  readonly comparison: { readonly counts: Readonly<Record<string, number>>; readonly differences: readonly { readonly kind: string; readonly path: string; readonly detail: string }[] }
}

async function compare(lab: FidelityLab, disk: string, ...options: string[]): Promise<{ readonly status: number | null; readonly verdict: Verdict; readonly text: string }> {
  const result = await lab.holdfast.run('server', ['verify', HOST, disk, '--against-live', '--json', ...options])
  const [verdict] = JSON.parse(result.stdout) as Verdict[]
  if (verdict?.kind !== 'compared') throw new Error(`the comparison failed: ${result.stdout} ${result.stderr}`)
  return { status: result.status, verdict, text: JSON.stringify(verdict).slice(0, 2000) }
}

/** Dumps of the catalog become `byMs` newer, as though all that changed since had changed before them. */
function makeDumpsNewer(state: string, byMs: number): void {
  using database = new DatabaseSync(path.join(state, 'catalog.sqlite'))
  database.exec(`UPDATE dumps SET started_ms = started_ms + ${byMs}`)
}

function change(tree: string): void {
  appendFileSync(path.join(tree, 'changing/grown'), 'more')
  chmodSync(path.join(tree, 'changing/mode'), 0o700)
  rmSync(path.join(tree, 'changing/gone'))
  writeFileSync(path.join(tree, 'changing/new'), 'new')
  // Other content under the same size and time: only a look into the file tells.
  const secret = path.join(tree, 'changing/secret')
  const { atime, mtime } = statSync(secret)
  writeFileSync(secret, 'SECRET')
  utimesSync(secret, atime, mtime)
  renameSync(path.join(tree, 'changing/dir'), path.join(tree, 'changing/moved'))
}

async function run({ dir, parts, note }: CaseContext): Promise<string> {
  const application = parts.includes('gnutar') ? 'gnutar' : 'archive'
  const tree = path.join(dir, 'tree')
  const { missing } = await makeHardTree(tree, { manyEntries: MANY, hasHuge: true })
  // Paths over 4096 bytes cannot be looked at by name.
  await command(['rm', '-rf', path.join(tree, 'deep')])
  for (const name of ['dir', 'out', 'before']) mkdirSync(path.join(tree, 'changing', name), { recursive: true })
  for (const name of ['grown', 'mode', 'gone', 'kept', 'secret', 'dir/inside', 'left.out', 'out/left', 'before/moved', 'written']) writeFileSync(path.join(tree, 'changing', name), name)
  if (missing.length > 0) note(`NOT MADE HERE: ${missing.join(', ')}`)
  const disk = 'live'
  await using lab = await FidelityLab.start(dir, [{ name: disk, tree, application, settings: [`exclude: ['*.out', './changing/out']`] }])
  await lab.dump([disk], 0)
  // A chain of two: what is compared lies in both, and under other names than it was dumped with.
  linkSync(path.join(tree, 'changing/before/moved'), path.join(tree, 'changing/second-name'))
  renameSync(path.join(tree, 'changing/before'), path.join(tree, 'changing/after'))
  appendFileSync(path.join(tree, 'changing/written'), ' again')
  await lab.dump([disk], 1)
  makeDumpsNewer(path.join(lab.holdfast.dir, 'state'), HOUR_MS)
  const untouched = await compare(lab, disk)
  must(untouched.status === 0 && untouched.verdict.isGood, `a disk that nobody touched is not good: ${untouched.text}`)
  const { counts } = untouched.verdict.comparison
  must((counts['same'] ?? 0) > MANY && counts['changed'] === 0 && counts['absent'] === 0, `it counted ${JSON.stringify(counts)}`)
  const untouchedDeep = await compare(lab, disk, '--deep')
  const contents = untouchedDeep.verdict.comparison.counts['contents'] ?? 0
  must(untouchedDeep.status === 0 && untouchedDeep.verdict.isGood && contents > 100, `the contents of a disk that nobody touched are not good: ${untouchedDeep.text} ${JSON.stringify(untouchedDeep.verdict.comparison.counts)}`)
  note(`untouched: ${counts['same']} entries are the same, the contents of ${contents} files too`)
  makeDumpsNewer(path.join(lab.holdfast.dir, 'state'), -HOUR_MS)
  change(tree)
  const changed = await compare(lab, disk)
  must(changed.status === 0 && changed.verdict.isGood, `changes after the dump are held for damage: ${changed.text}`)
  must((changed.verdict.comparison.counts['changed'] ?? 0) >= 5, `it saw ${JSON.stringify(changed.verdict.comparison.counts)} of the changes`)
  makeDumpsNewer(path.join(lab.holdfast.dir, 'state'), HOUR_MS)
  const damaged = await compare(lab, disk)
  must(damaged.status === 65 && !damaged.verdict.isGood, `damage ended with ${damaged.status}: ${damaged.text}`)
  const told = damaged.verdict.comparison.differences.map(({ kind, path: name }) => `${kind} ${name}`)
  for (const wanted of ['damaged /changing/grown', 'metadata /changing/mode', 'missing /changing/gone', 'absent /changing/new', 'missing /changing/dir', 'absent /changing/moved']) must(told.includes(wanted), `it does not tell of ${wanted}: ${told.join(', ')}`)
  must(!told.some((line) => line.includes('/changing/kept')), 'it tells of a file that is well')
  must(!told.includes('damaged /changing/secret') && !told.some((line) => /left\.out|changing\/out/.test(line)), `it tells of what it cannot see, or of what patterns leave out: ${told.join(', ')}`)
  const deep = await compare(lab, disk, '--deep')
  const toldDeep = deep.verdict.comparison.differences.map(({ kind, path: name }) => `${kind} ${name}`)
  must(deep.status === 65 && toldDeep.includes('damaged /changing/secret') && toldDeep.length === told.length + 1, `--deep tells ${toldDeep.join(', ')}`)
  const { stdout: table } = await lab.holdfast.run('server', ['verify', HOST, disk, '--against-live'])
  must(/DIFFERS.*changing\/grown/.test(table), `the table is ${table}`)
  note(`damaged: ${told.length} differences told`)
  return `${application}: ${counts['same']} entries compared with the disk; changes since are none of its business, damage ends with 65`
}

export const integrationCase: IntegrationCase = {
  name: 'verify-live',
  summary: '`verify --against-live` tells damage from changes after the dump',
  needs: ['setfattr', 'setfacl', 'setcap', 'mknod', 'mkfifo', 'perl', 'touch'],
  needsRoot: true,
  timeoutMs: 180_000,
  run,
}
