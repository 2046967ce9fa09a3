// Every hard case in, the same tree out: dumped by our archiver and by GNU tar, restored by us, by GNU tar and by bsdtar, compared by rsync, bsdtar's mtree, tar's
// sparse maps and find. Levels 0 to 3 with renames and changes of kind, every date restored twice. Alone it does our archiver with fewer
// ways and each date once; `archive-fidelity:archive`, `:gnutar` do all with one application, `:all` with both and a Debian root made by debootstrap,
// `:debian` that root alone.

import { existsSync, mkdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command, runCommand } from '../lab/commands.ts'
import { FidelityLab, type LabDisk, type LabRun } from '../lab/fidelity-lab.ts'
import { HARD_DAYS, hardDay } from '../lab/hard-edits.ts'
import { makeHardTree, type HardTree } from '../lab/hard-tree.ts'
import { differencesOf, VERDICT_PROGRAMS, type VerdictWishes } from '../lab/tree-verdict.ts'

const APPLICATIONS = ['archive', 'gnutar']
/** Made once and kept: a mirror is slow. */
const DEBIAN_CACHE = '/var/cache/holdfast-lab/bookworm'
const MANY = 10_000
const FEW = 2000

class Findings {
  readonly #lines: string[] = []
  readonly #note: (text: string) => void
  constructor(note: (text: string) => void) {
    this.#note = note
  }

  /** Does `work`; what is different, or goes wrong, is a finding and does not end the case. */
  async look(what: string, work: () => Promise<readonly string[]>): Promise<void> {
    const found = await work().catch((error: unknown) => [error instanceof Error ? error.message : String(error)])
    this.#note(found.length === 0 ? `${what}: the same` : `${what}: DIFFERS\n    ${found.join('\n    ')}`)
    this.#lines.push(...found.map((line) => `${what}: ${line}`))
  }

  get lines(): readonly string[] {
    return this.#lines
  }
}

/** GNU tar dumps two names of a fifo or device as two of them. (And no paths over 4096 bytes: `isDeepExcepted`.) */
function exceptionsOf(application: string): readonly string[] {
  return application === 'gnutar' ? ['special/fifo-again', 'special/null-again', 'special/fifo', 'special/null'] : []
}

async function compareFull(lab: FidelityLab, disk: LabDisk, full: LabRun, wishes: VerdictWishes, findings: Findings, isLong: boolean): Promise<void> {
  const every: readonly [string, boolean, () => Promise<string>][] = [
    ['our restore', false, () => lab.restore(disk.name, full.run, `${disk.name}-ours`)],
    ['tar --incremental -x', true, () => lab.tarIncremental(disk.name, full, `${disk.name}-tar-g`)],
    ['tar xf', true, () => lab.tarPlain(disk.name, full, `${disk.name}-tar`)],
  ]
  for (const [what, isDeepExcepted, restore] of isLong ? every : every.slice(0, 2)) {
    await findings.look(`${disk.name} by ${what}`, async () => {
      const target = await restore()
      const found = await differencesOf(disk.tree, target, { ...wishes, isDeepExcepted: isDeepExcepted || wishes.isDeepExcepted === true })
      if (found.length === 0) await lab.remove(target)
      return found
    })
  }
}

async function hardTrees(lab: FidelityLab, disks: readonly LabDisk[], made: HardTree, findings: Findings, isLong: boolean, note: (text: string) => void): Promise<void> {
  const wishes = (disk: LabDisk): VerdictWishes => ({ without: [...made.sockets, ...exceptionsOf(disk.application)], sparse: made.sparse, deep: made.deep, isDeepExcepted: disk.application === 'gnutar' })
  const names = disks.map(({ name }) => name)
  const full = await lab.dump(names, 0)
  for (const disk of disks) await compareFull(lab, disk, full, wishes(disk), findings, isLong)
  const nothing = await lab.dump(names, 1)
  for (const disk of disks) {
    note(`${disk.name}: level 0 ${full.bytesOf.get(disk.name)} bytes, level 1 with nothing changed ${nothing.bytesOf.get(disk.name)}`)
    if (!isLong) continue
    await findings.look(`${disk.name} at level 1 with nothing changed`, async () => {
      const target = await lab.restore(disk.name, nothing.run, `${disk.name}-nothing`)
      const found = await differencesOf(disk.tree, target, wishes(disk))
      if (found.length === 0) await lab.remove(target)
      return found
    })
  }
}

/** Levels 0 to 3 of one tree a disk: each date at once, and all dates again at the end. */
async function days(lab: FidelityLab, disks: readonly LabDisk[], findings: Findings, isLong: boolean): Promise<void> {
  const runs: LabRun[] = []
  const names = disks.map(({ name }) => name)
  for (let day = 0; day <= HARD_DAYS; day++) {
    for (const { tree } of disks) {
      if (day === 0) mkdirSync(tree, { recursive: true })
      await hardDay(tree, day)
    }
    const run = await lab.dump(names, day)
    runs.push(run)
    for (const disk of disks) {
      await findings.look(`${disk.name} day ${day} by our restore`, async () => differencesOf(disk.tree, await lab.restore(disk.name, run.run, `${disk.name}-day-${day}`)))
      await findings.look(`${disk.name} day ${day} by tar --incremental -x`, async () => differencesOf(disk.tree, await lab.tarIncremental(disk.name, run, `${disk.name}-tar-g`)))
    }
  }
  for (const [day, { run }] of runs.slice(0, isLong ? undefined : 2).entries()) {
    for (const disk of disks) {
      await findings.look(`${disk.name} day ${day}, asked for on day ${HARD_DAYS}`, async () => differencesOf(path.join(path.dirname(disk.tree), 'restored', `${disk.name}-day-${day}`), await lab.restore(disk.name, run, `${disk.name}-again-${day}`)))
    }
  }
}

/** A root of Debian, or why there is none. */
async function debianRoot(note: (text: string) => void): Promise<string | undefined> {
  if (existsSync(DEBIAN_CACHE)) return undefined
  mkdirSync(path.dirname(DEBIAN_CACHE), { recursive: true })
  note('making a Debian root with debootstrap')
  const made = `${DEBIAN_CACHE}.${process.pid}`
  const result = await runCommand(['debootstrap', '--variant=minbase', 'bookworm', made], { timeoutMs: 900_000 }).catch((error: unknown) => ({ status: 127, stdout: '', stderr: String(error) }))
  if (result.status === 0) {
    renameSync(made, DEBIAN_CACHE)
    return undefined
  }
  await runCommand(['rm', '-rf', made])
  return `debootstrap ended with ${result.status}: ${(result.stderr || result.stdout).trim().split('\n').at(-1) ?? ''}`
}

async function debian(lab: FidelityLab, disks: readonly LabDisk[], findings: Findings): Promise<void> {
  const full = await lab.dump(disks.map(({ name }) => name), 0)
  for (const disk of disks) await compareFull(lab, disk, full, {}, findings, true)
}

async function run({ dir, parts, note }: CaseContext): Promise<string> {
  const named = APPLICATIONS.filter((application) => parts.includes(application))
  const isLong = parts.length > 0
  const applications = !isLong ? ['archive'] : named.length === 0 ? APPLICATIONS : named
  const hard = path.join(dir, 'hard')
  const made = await makeHardTree(hard, { manyEntries: isLong ? MANY : FEW, hasHuge: true })
  if (made.missing.length > 0) note(`NOT MADE HERE: ${made.missing.join(', ')}`)
  const isDebianOnly = parts.includes('debian')
  const noDebian = parts.includes('all') || isDebianOnly ? await debianRoot(note) : 'only with :all or :debian'
  note(noDebian === undefined ? `Debian root: ${DEBIAN_CACHE}` : `SKIPPED the Debian root: ${noDebian}`)
  const disksFor = (kind: string, treeOf: (application: string) => string): LabDisk[] => applications.map((application) => ({ name: `${kind}-${application}`, tree: treeOf(application), application }))
  const hardDisks = isDebianOnly ? [] : disksFor('hard', () => hard)
  const dayDisks = isDebianOnly ? [] : disksFor('days', (application) => path.join(dir, `days-${application}`))
  const debianDisks = noDebian === undefined ? disksFor('debian', () => DEBIAN_CACHE) : []
  const findings = new Findings(note)
  try {
    await using lab = await FidelityLab.start(dir, [...hardDisks, ...dayDisks, ...debianDisks])
    if (hardDisks.length > 0) await hardTrees(lab, hardDisks, made, findings, isLong, note)
    if (dayDisks.length > 0) await days(lab, dayDisks, findings, isLong)
    if (debianDisks.length > 0) await debian(lab, debianDisks, findings)
    note((await lab.verify()).trim().split('\n').at(-1) ?? '')
  } finally {
    // Paths over 4096 bytes are not for everybody to remove.
    if (findings.lines.length === 0) await command(['find', dir, '-depth', '-name', 'deep', '-exec', 'rm', '-rf', '{}', '+'])
  }
  if (findings.lines.length > 0) throw new Error(`${findings.lines.length} differences:\n${findings.lines.slice(0, 60).join('\n')}`)
  if (isDebianOnly) return `${applications.join(' and ')}: a Debian root by our restore, tar --incremental -x and tar xf`
  return `${applications.join(' and ')}: all hard cases by our restore, tar --incremental -x${isLong ? ' and tar xf' : ''}; ${HARD_DAYS + 1} levels, every date${isLong ? ' twice' : ''}${debianDisks.length > 0 ? '; a Debian root' : ''}`
}

export const integrationCase: IntegrationCase = {
  name: 'archive-fidelity',
  summary: 'trees of all hard cases, levels 0 to 3, through our archiver, our restore and stock tars, compared by rsync and others (:archive, :gnutar, :debian, :all do more)',
  needs: [...VERDICT_PROGRAMS, 'setfattr', 'setfacl', 'setcap', 'mknod', 'mkfifo', 'perl', 'touch', 'dd'],
  needsRoot: true,
  timeoutMs: 900_000,
  run,
}
