// The vault end to end, with real processes: first, unchanged and changed dumps, dumps that kill -9 of the agent and of the server interrupt, GNU tar through the server's cutter, two agents with a
// prune and a check at once, every date restored and recovered, and the catalog made again from vault and key alone. `vault:first,killed` runs only those parts, with what they need.

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ControlResults, DumpProgress, RunSummary, ServerEvent } from '../../src/server/control/contract.ts'
import { formatSize } from '../../src/config/units.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { editTree, makeHardCases, makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { waitUntil } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { VaultLab, type VaultDisk } from '../lab/vault-lab.ts'

const MIB = 1024 * 1024
/** New content that is large enough to be interrupted. */
const LARGE_BYTES = 192 * MIB
const FILE_BYTES = 6 * MIB
/** Packs that may be open when a dump dies: what was sent of them is sent again. */
const OPEN_PACKS_BYTES = 3 * 32 * MIB
/** What a dump of an unchanged tree may send: a recipe's new pieces, and nothing of the files. */
const UNCHANGED_BYTES_MAX = 2 * MIB
const KILL_MS_MAX = 120_000
/** Files younger than this when they are dumped are in doubt and read again the next time: two seconds (snapshot/directory-encoder.ts), of which the first may be a fraction. */
const DOUBT_MS = 3100

function fillWithNew(dir: string, bytes: number): void {
  mkdirSync(dir, { recursive: true })
  for (let written = 0; written < bytes; written += FILE_BYTES) writeFileSync(path.join(dir, `random-${written / FILE_BYTES}`), randomBytes(FILE_BYTES))
}

function sent(dump: DumpProgress): number {
  return dump.sentBytes ?? 0
}

function describe(dump: DumpProgress): string {
  return `${formatSize(dump.bytes)}, ${formatSize(dump.readBytes ?? 0)} read, ${formatSize(dump.unchangedBytes ?? 0)} unchanged, ${formatSize(sent(dump))} sent`
}

async function firstUnchangedChanged(vault: VaultLab, disk: VaultDisk, note: (text: string) => void): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, DOUBT_MS))
  const first = await vault.date(disk)
  note(`first: ${describe(first)}`)
  must(first.level === 0 && (first.readBytes ?? 0) > 0 && sent(first) > 0, 'the first dump read and sent nothing')
  const unchanged = await vault.date(disk)
  note(`unchanged: ${describe(unchanged)}`)
  must(unchanged.level === 0 && unchanged.readBytes === 0 && sent(unchanged) <= UNCHANGED_BYTES_MAX, `an unchanged tree: ${describe(unchanged)}`)
  for (let edit = 0; edit < 3; edit++) {
    editTree(path.join(disk.disk, 'plain'), 100 + edit, 20)
    const changed = await vault.date(disk)
    note(`changed: ${describe(changed)}`)
    must((changed.unchangedBytes ?? 0) > 0 && sent(changed) < sent(first), `a changed tree: ${describe(changed)}`)
  }
}

/** What the dump of `disk` had made durable when it was last heard of. */
class Watch {
  durableBytes = 0
  sentBytes = 0
  isOver = false
  readonly onEvent = (event: ServerEvent): void => {
    if (event.kind !== 'dump-progress') return
    this.durableBytes = event.dump.durableBytes
    this.sentBytes = event.dump.sentBytes ?? 0
  }
}

/** Kills `side` when some of the new bytes were sent, starts it again, and lets the dump go on: in its own run after the agent's death, in the next after the server's. */
async function killed(vault: VaultLab, disk: VaultDisk, side: 'agent' | 'server', note: (text: string) => void): Promise<void> {
  const fresh = path.join(disk.disk, `new-for-${side}`)
  fillWithNew(fresh, LARGE_BYTES)
  const watch = new Watch()
  const interrupted = vault.lab.dump(disk.host, watch.onEvent).catch((): RunSummary | undefined => undefined).finally(() => (watch.isOver = true))
  await waitUntil(`some of a dump before the kill of the ${side}`, KILL_MS_MAX, () => watch.isOver || watch.sentBytes > LARGE_BYTES / 8, 5)
  must(!watch.isOver, 'the dump was over before it could be interrupted')
  await vault.kill(side, disk.host)
  const { durableBytes, sentBytes } = watch
  if (side === 'server') {
    await vault.startServer()
    await vault.untilConnected(disk.host)
  } else await vault.startAgent(disk.host)
  let summary = await interrupted
  if (summary === undefined || summary.good === 0) summary = await vault.dump(disk.host)
  vault.keep(disk, summary.run)
  // Later dates need not carry it as well.
  rmSync(fresh, { recursive: true })
  const again = summary.dumps.find((dump) => dump.disk === disk.disk)
  must(again?.status === 'complete', `the dump after the kill of the ${side}: ${again?.status} ${again?.message}`)
  if (again === undefined) return
  note(`${side} killed after ${formatSize(sentBytes)} of ${formatSize(LARGE_BYTES)} (${formatSize(durableBytes)} durable); then ${describe(again)}`)
  must(sent(again) <= LARGE_BYTES - durableBytes + UNCHANGED_BYTES_MAX && sent(again) < LARGE_BYTES, `after the kill of the ${side} ${formatSize(sent(again))} were sent, and ${formatSize(durableBytes)} of ${formatSize(LARGE_BYTES)} had been durable`)
  must(durableBytes > sentBytes - OPEN_PACKS_BYTES, `only ${formatSize(durableBytes)} of ${formatSize(sentBytes)} were durable`)
}

/** Levels 0 and 1 of GNU tar, cut on the server. */
async function foreign(vault: VaultLab, disk: VaultDisk, note: (text: string) => void): Promise<void> {
  const full = await vault.date(disk)
  await new Promise((resolve) => setTimeout(resolve, 1100))
  editTree(path.join(disk.disk, 'plain'), 7, 15)
  const incremental = await vault.date(disk)
  note(`gnutar: level ${full.level}, ${formatSize(sent(full))} new; level ${incremental.level}, ${formatSize(sent(incremental))} new`)
  must(full.level === 0 && incremental.level === 1, `levels ${full.level} and ${incremental.level}`)
  // What its stream has in common with the archive of the same files by our own archiver is there already.
  must(sent(incremental) < sent(full) || sent(full) < UNCHANGED_BYTES_MAX, 'the incremental brought more than the full')
}

async function together(vault: VaultLab, disks: readonly VaultDisk[], note: (text: string) => void): Promise<void> {
  let isOver = false
  let checks = 0
  let prunes = 0
  const work = async (request: { readonly kind: 'vault-check'; readonly depth: 'data' } | { readonly kind: 'vault-prune'; readonly rules: { readonly last: number } }): Promise<void> => {
    await using control = await vault.lab.control()
    while (!isOver) {
      const result = await control.call(request)
      if (request.kind === 'vault-check') {
        checks++
        const { problems } = (result as ControlResults['vault-check']).result
        must(problems.length === 0, `check beside dumps: ${JSON.stringify(problems.slice(0, 3))}`)
      } else prunes++
    }
  }
  // One date of each disk is lost to the prunes, at most: that is the point of them.
  const beside = Promise.all([work({ kind: 'vault-check', depth: 'data' }), work({ kind: 'vault-prune', rules: { last: 100 } })])
  try {
    for (let round = 0; round < 2; round++) {
      for (const { disk } of disks) editTree(path.join(disk, 'plain'), 500 + round, 25)
      await using control = await vault.lab.control()
      const { summary } = (await control.call({ kind: 'dump', selection: [], wait: true })) as ControlResults['dump']
      must(summary !== undefined && summary.failed === 0 && summary.inVault === summary.dumps.length, `a run of all: ${JSON.stringify(summary?.dumps.map(({ disk, status, message }) => [disk, status, message]))}`)
      for (const disk of disks) vault.keep(disk, summary?.run ?? '')
    }
  } finally {
    isOver = true
    await beside
  }
  note(`${disks.length} disks of two agents in 2 runs, beside ${checks} checks of all bytes and ${prunes} prunes`)
}

/** Pruned to the newest of each disk: what is left restores, and room came free. */
async function prune(vault: VaultLab, note: (text: string) => void): Promise<void> {
  await using control = await vault.lab.control()
  const { plan, result } = (await control.call({ kind: 'vault-prune', rules: { last: 2 } })) as ControlResults['vault-prune']
  must(result !== undefined && plan.removed.length > 0, 'nothing was pruned')
  const kept = new Set(plan.kept.map(({ dump }) => `${dump.host} ${dump.disk} ${dump.run}`))
  for (let index = vault.dates.length - 1; index >= 0; index--) {
    const date = vault.dates[index]
    if (date !== undefined && !kept.has(`${date.host} ${date.disk} ${date.run}`)) vault.dates.splice(index, 1)
  }
  note(`pruned: ${plan.removed.length} dumps removed, ${plan.kept.length} kept, ${formatSize(result?.bytesBefore ?? 0)} → ${formatSize(result?.bytesAfter ?? 0)}, ${formatSize(result?.liveBytes ?? 0)} live`)
  const listed = JSON.parse(await vault.lab.must('server', ['ls', '--json'])) as unknown[]
  must(listed.length === plan.kept.length, `the catalog lists ${listed.length} dumps and the vault has ${plan.kept.length}`)
}

async function recover(vault: VaultLab): Promise<void> {
  for (const [index, { host, disk, run, copy }] of vault.dates.entries()) {
    if (!existsSync(path.join(copy, 'plain'))) continue
    const to = path.join(vault.dir, 'recovered', String(index))
    mkdirSync(path.dirname(to), { recursive: true })
    await vault.lab.must('server', ['recover', 'extract', host, disk, '/plain', '--at', run, '--to', to])
    const found = existsSync(path.join(to, 'plain')) ? path.join(to, 'plain') : to
    const { differences } = compareTrees(path.join(copy, 'plain'), found)
    must(differences.length === 0, `recover of ${disk} of ${run} differs: ${differences.slice(0, 5).join('; ')}`)
    execFileSync('rm', ['-rf', to])
  }
}

/** The catalog, the indexes and all else of the server's state but its keys are lost. */
async function rebuild(vault: VaultLab): Promise<void> {
  const before = await vault.lab.must('server', ['ls', '--json'])
  await vault.lab.must('server', ['server', 'stop'])
  const state = path.join(vault.dir, 'state')
  for (const name of readdirSync(state)) if (!['vault.key', 'server-key.json', 'agents.json', 'machine-id'].includes(name)) rmSync(path.join(state, name), { recursive: true })
  await vault.lab.must('server', ['catalog', 'rebuild'])
  await vault.startServer()
  const names = (text: string): string => JSON.stringify((JSON.parse(text) as { id: string; manifest: string; nativeBytes: number }[]).map(({ id, manifest, nativeBytes }) => `${id} ${manifest} ${nativeBytes}`).toSorted())
  const after = await vault.lab.must('server', ['ls', '--json'])
  must(names(before) === names(after), `the rebuilt catalog lists other dumps: ${names(before).slice(0, 500)} and ${names(after).slice(0, 500)}`)
}

async function run({ dir, note, signal, parts }: CaseContext): Promise<string> {
  const wants = (part: string): boolean => parts.length === 0 || parts.includes(part)
  const tree: VaultDisk = { host: 'client', disk: path.join(dir, 'tree'), application: 'archive' }
  const tar: VaultDisk = { host: 'other', disk: path.join(dir, 'tar'), application: 'gnutar' }
  mkdirSync(tree.disk)
  mkdirSync(tar.disk)
  makeHardCases(path.join(tree.disk, 'hard'))
  makeRandomTree(path.join(tree.disk, 'plain'), 5, { fileCount: 3000, dirCount: 100, fileBytesMax: 200_000 })
  makeRandomTree(path.join(tar.disk, 'plain'), 6, { fileCount: 500, dirCount: 30, fileBytesMax: 300_000 })
  writeFileSync(path.join(tree.disk, 'large'), randomBytes(40 * MIB))
  await using vault = await VaultLab.start(dir, [tree, tar])
  const onAbort = (): void => void vault[Symbol.asyncDispose]()
  signal.addEventListener('abort', onAbort, { once: true })
  must(statSync(path.join(dir, 'state', 'vault.key')).mode % 0o1000 === 0o600, 'others may read the key file')
  if (wants('first')) await firstUnchangedChanged(vault, tree, note)
  if (wants('foreign')) await foreign(vault, tar, note)
  if (wants('killed')) {
    if (!wants('first')) await vault.date(tree)
    await killed(vault, tree, 'agent', note)
    await killed(vault, tree, 'server', note)
  }
  if (wants('together')) await together(vault, [tree, tar], note)
  let entries = wants('restore') ? await vault.restoreAll('all') : 0
  if (wants('prune')) {
    await prune(vault, note)
    entries += await vault.restoreAll('pruned')
  }
  if (wants('recover')) await recover(vault)
  must((await vault.lab.run('server', ['verify'])).status === 0, 'verify found damage')
  if (wants('rebuild')) {
    await rebuild(vault)
    entries += await vault.restoreAll('rebuilt')
  }
  signal.removeEventListener('abort', onAbort)
  return `${vault.dates.length} dates of two disks are left, ${entries} entries restored alike`
}

export const integrationCase: IntegrationCase = { name: 'vault', summary: 'the vault end to end: dumps, kills, GNU tar, prune and check beside dumps, every date, a lost catalog', needs: ['tar'], timeoutMs: 900_000, run }
