// A vault without a server, as somebody with one machine and a disk uses it: made, backed up into three times with edits between, every date listed and restored and compared, the middle one
// looked into, dumps pruned and pinned, keys changed, every kind of object damaged and named, a backup that is killed and goes on.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, openSync, readdirSync, readSync, closeSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { editTree, makeHardCases, makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { runCommand, waitUntil, type CommandResult } from '../lab/commands.ts'
import { must } from '../lab/must.ts'

const MIB = 1024 * 1024
const ROOT = path.resolve(import.meta.dirname, '../..')
const KILLED_BYTES = 192 * MIB
/** Of it, when it is killed: the last pack may not be listed yet. */
const DURABLE_BYTES_MIN = 64 * MIB
const FILE_BYTES = 6 * MIB
const COMMAND_MS = 300_000
/** Files younger than this when they are dumped are in doubt and read again the next time: two seconds (snapshot/directory-encoder.ts), of which the first may be a fraction. */
const DOUBT_MS = 3100

interface Backup {
  readonly manifest: string
  readonly run: string
  readonly facts: { readonly readBytes: number; readonly unchangedBytes: number; readonly members: number }
  readonly addedBytes: number
}

class Local {
  readonly vault: string
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
    this.vault = path.join(dir, 'vault')
    writeFileSync(path.join(dir, 'passphrase'), 'correct horse battery staple\n', { mode: 0o600 })
  }

  get environment(): Record<string, string> {
    return { HOLDFAST_VAULT: this.vault, HOLDFAST_VAULT_PASSPHRASE_FILE: path.join(this.#dir, 'passphrase'), XDG_STATE_HOME: path.join(this.#dir, 'state') }
  }

  /** What this machine remembers of the vault's newest entry: for putting an older state back on purpose. */
  forgetHead(): void {
    const notes = path.join(this.#dir, 'state', 'holdfast', 'vaults')
    for (const name of readdirSync(notes)) if (name.endsWith('.head')) rmSync(path.join(notes, name))
  }

  argv(words: readonly string[]): [string, ...string[]] {
    return [process.execPath, '--disable-warning=ExperimentalWarning', path.join(ROOT, 'src/cli/main.ts'), ...words]
  }

  run(words: readonly string[], environment: Record<string, string> = {}): Promise<CommandResult> {
    return runCommand(this.argv(words), { environment: { ...this.environment, ...environment }, timeoutMs: COMMAND_MS })
  }

  /** What it prints; it must end with `status`. */
  async must(words: readonly string[], status = 0, environment: Record<string, string> = {}): Promise<string> {
    const result = await this.run(words, environment)
    must(result.status === status, `holdfast ${words.join(' ')} ended with ${result.status} instead of ${status}: ${result.stderr.slice(0, 800)}${result.stdout.slice(0, 800)}`)
    return result.stdout
  }

  async backup(...words: readonly string[]): Promise<Backup> {
    const results = JSON.parse(await this.must(['backup', ...words, '--json'])) as Backup[]
    const [only] = results
    if (only === undefined) throw new Error('a backup without a result')
    return only
  }
}

function same(expected: string, actual: string): void {
  const { differences } = compareTrees(expected, actual)
  must(differences.length === 0, `${actual} is not ${expected}: ${differences.slice(0, 5).join('; ')}`)
}

interface Dates {
  readonly tree: string
  readonly copies: readonly string[]
  readonly backups: readonly Backup[]
}

async function threeDates(local: Local, { dir, note }: CaseContext): Promise<Dates> {
  const tree = path.join(dir, 'tree')
  makeHardCases(path.join(tree, 'hard'))
  makeRandomTree(path.join(tree, 'plain'), 11, { fileCount: 600, dirCount: 40, fileBytesMax: 60_000 })
  await local.must(['vault', 'init', local.vault])
  await local.must(['vault', 'init', local.vault], 64)
  const backups: Backup[] = []
  const copies: string[] = []
  for (let date = 0; date < 3; date++) {
    if (date > 0) editTree(path.join(tree, 'plain'), 40 + date, 60)
    const copy = path.join(dir, `copy-${date}`)
    await runCommand(['cp', '-a', tree, copy])
    copies.push(copy)
    await pause(DOUBT_MS)
    backups.push(await local.backup(tree))
  }
  const [first, second, third] = backups
  must(first !== undefined && first.facts.readBytes > 0 && first.addedBytes > 0, 'the first backup read nothing')
  must((second?.facts.unchangedBytes ?? 0) > 0 && (second?.addedBytes ?? 0) < (first?.addedBytes ?? 0), 'a changed tree was stored whole again')
  const again = await local.backup(tree, '--tag', 'again')
  must(again.facts.readBytes === 0 && again.addedBytes < MIB, `an unchanged tree: ${again.facts.readBytes} bytes read, ${again.addedBytes} added`)
  const reread = await local.backup(tree, '--reread')
  must(reread.facts.unchangedBytes === 0 && reread.facts.readBytes > 0 && reread.addedBytes < MIB, `read again: ${reread.addedBytes} bytes added`)
  note(`three dates: ${backups.map(({ addedBytes }) => addedBytes).join(', ')} bytes added; unchanged: ${again.addedBytes}`)
  return { tree, copies, backups: [first, second, third].filter((each) => each !== undefined) }
}

async function everyDate(local: Local, { tree, copies, backups }: Dates, { dir, note }: CaseContext): Promise<void> {
  for (const [index, { manifest, run }] of backups.entries()) {
    const byName = path.join(dir, `by-name-${index}`)
    await local.must(['restore', '--dump', manifest, '--to', byName])
    same(copies[index] ?? '', byName)
    const byDate = path.join(dir, `by-date-${index}`)
    await local.must(['restore', tree, '--at', run, '--to', byDate])
    same(copies[index] ?? '', byDate)
  }
  const part = path.join(dir, 'part')
  await local.must(['restore', path.join(tree, 'plain'), '--to', part])
  same(path.join(tree, 'plain'), path.join(part, 'plain'))
  await local.must(['restore', path.join(tree, 'plain'), '--to', part], 64)
  const listed = await local.must(['ls', tree])
  must(/plain/.test(listed) && /hard/.test(listed), `the top was listed as ${listed}`)
  const [name = ''] = readdirSync(path.join(tree, 'plain'))
  must((await local.must(['find', name])).includes(name), `${name} was not found`)
  note('every date restored by name and by date, a part of it, and listed')
}

/** The shell of recovery and its commands, on a vault that no server has. */
async function recovered(local: Local, { tree, copies, backups }: Dates, { dir, note }: CaseContext): Promise<void> {
  const { host } = (JSON.parse(await local.must(['vault', 'list', '--json'])) as { host: string }[])[0] ?? { host: '' }
  const [name = ''] = readdirSync(path.join(copies[0] ?? '', 'plain')).filter((each) => existsSync(path.join(tree, 'plain', each)))
  const inDump = `/plain/${name}`
  const versions = await local.must(['recover', 'versions', host, tree, inDump])
  must(versions.trim() !== '', `no version of ${inDump} was found`)
  const [first, last] = [backups[0]?.run ?? '', backups.at(-1)?.run ?? '']
  must((await local.must(['recover', 'diff', host, tree, first, last])).includes('/plain'), 'no difference between the dates was found')
  const byCommand = path.join(dir, 'by-recover')
  await local.must(['recover', 'extract', host, tree, '/', '--at', first, '--to', byCommand])
  same(copies[0] ?? '', byCommand)
  await local.must(['recover', 'extract', host, tree, '/', '--to-agent', host, '--to', dir], 64)
  const script = path.join(dir, 'recover.script')
  const byShell = path.join(dir, 'by-shell')
  writeFileSync(script, `cd plain\nadd ${name}\nextract --to ${byShell}\n`)
  const shell = await runCommand(['sh', '-c', '"$@" < "$0"', script, ...local.argv(['recover'])], { environment: local.environment, timeoutMs: COMMAND_MS })
  must(shell.status === 0 && existsSync(path.join(byShell, 'plain', name)), `the shell ended with ${shell.status}: ${shell.stdout.slice(0, 400)}${shell.stderr.slice(0, 400)}`)
  note('recovered from by commands and in the shell')
}

async function keepAndKeys(local: Local, { copies, backups }: Dates, { dir, note }: CaseContext): Promise<void> {
  const [first] = backups
  must(first !== undefined, 'there is no first backup')
  await local.must(['vault', 'pin', first?.manifest ?? ''])
  await local.must(['vault', 'tag', 'latest', 'keep-me'])
  const plan = JSON.parse(await local.must(['vault', 'prune', '--keep-last', '1', '--keep-tag', 'again', '--dry-run', '--json'])) as { plan: { kept: { why: string; dump: { manifest: string } }[]; removed: { why: string }[] }; result?: unknown }
  must(plan.result === undefined && plan.plan.kept.length === 3 && plan.plan.removed.length === 2 && plan.plan.removed.every(({ why }) => why !== ''), `the plan keeps ${plan.plan.kept.length} and removes ${plan.plan.removed.length}`)
  await local.must(['vault', 'prune'], 64)
  await local.must(['vault', 'prune', '--keep-last', '1', '--keep-tag', 'again'])
  await local.must(['vault', 'check', '--data'])
  const target = path.join(dir, 'pinned')
  await local.must(['restore', '--dump', first?.manifest ?? '', '--to', target])
  same(copies[0] ?? '', target)
  const dumps = JSON.parse(await local.must(['vault', 'list', '--json'])) as { manifest: string; isPinned: boolean; tags: string[] }[]
  must(dumps.length === 3 && dumps.some(({ isPinned }) => isPinned) && dumps[0]?.tags.includes('keep-me') === true, `${dumps.length} dumps stayed`)

  const keyFile = path.join(dir, 'vault.key')
  await local.must(['vault', 'key', 'add', 'file', '--new-key-file', keyFile])
  await local.must(['vault', 'key', 'remove', 'main'])
  await local.must(['vault', 'stats'], 77)
  await local.must(['vault', 'stats', '--key-file', keyFile])
  const { paperKey } = JSON.parse(await local.must(['vault', 'key', 'print', '--json', '--key-file', keyFile])) as { paperKey: string }
  writeFileSync(path.join(dir, 'paper'), paperKey.toLowerCase().replaceAll('-', ' '))
  await local.must(['vault', 'key', 'add', 'main', '--new-passphrase-file', path.join(dir, 'passphrase'), '--paper-key', path.join(dir, 'paper')])
  await local.must(['vault', 'stats'])
  note('pruned with pins and tags, checked; keys added, removed and printed')
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []))
}

function flipBit(file: string, at: number): void {
  const fd = openSync(file, 'r+')
  const byte = Buffer.alloc(1)
  readSync(fd, byte, 0, 1, at)
  writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 4]), 0, 1, at)
  closeSync(fd)
}

/** A dump whose manifest is lost keeps garbage from being collected; the check names it, and under that name it can be forgotten. */
async function givenUp(local: Local): Promise<void> {
  local.forgetHead()
  const before = JSON.parse(await local.must(['vault', 'list', '--json'])) as { manifest: string; isPinned: boolean }[]
  const lost = before.find(({ isPinned }) => !isPinned)?.manifest ?? ''
  rmSync(path.join(local.vault, 'manifests', lost))
  await local.must(['vault', 'prune', '--keep-last', '9'], 65)
  must((await local.run(['vault', 'check'])).stdout.includes(`manifests/${lost}`), `the check did not name ${lost}`)
  await local.must(['vault', 'forget', lost])
  await local.must(['vault', 'forget', 'latest'])
  await local.must(['vault', 'prune', '--keep-last', '9'])
  await local.must(['vault', 'check', '--data'])
  const after = JSON.parse(await local.must(['vault', 'list', '--json'])) as unknown[]
  must(after.length === before.length - 2, `${after.length} of ${before.length} dumps are left`)
}

async function tampering(local: Local, { dir, note }: CaseContext): Promise<void> {
  const good = path.join(dir, 'good')
  cpSync(local.vault, good, { recursive: true })
  let count = 0
  for (const kind of ['packs', 'manifests', 'ledger']) {
    for (const harm of ['flip', 'cut', 'lose']) {
      rmSync(local.vault, { recursive: true })
      cpSync(good, local.vault, { recursive: true })
      local.forgetHead()
      const files = filesBelow(path.join(local.vault, kind)).toSorted((a, b) => statSync(b).size - statSync(a).size)
      const [victim] = files
      if (victim === undefined) throw new Error(`there is nothing in ${kind}`)
      const { size } = statSync(victim)
      if (harm === 'flip') flipBit(victim, size >> 1)
      else if (harm === 'cut') await runCommand(['truncate', `--size=${size - 17}`, victim])
      else rmSync(victim)
      const { status, stdout, stderr } = await local.run(['vault', 'check', '--data'])
      must(status !== 0 && `${stdout}${stderr}`.includes(path.basename(victim)), `${kind} ${harm}: ended with ${status} and did not name ${path.basename(victim)}: ${stdout.slice(0, 500)}${stderr.slice(0, 500)}`)
      const target = path.join(dir, `harmed-${kind}-${harm}`)
      const restored = await local.run(['restore', '--to', target])
      must(restored.status !== 0 || kind !== 'packs' || harm === 'flip' || !existsSync(target) || compareTrees(path.join(dir, 'tree'), target).differences.length === 0, `${kind} ${harm}: a false restore was taken for a good one`)
      count++
    }
  }
  rmSync(local.vault, { recursive: true })
  cpSync(good, local.vault, { recursive: true })
  await givenUp(local)
  note(`${count} kinds of damage were named, and a dump without its manifest was given up`)
}

async function killed(local: Local, { dir, note }: CaseContext): Promise<void> {
  const fresh = path.join(dir, 'fresh')
  mkdirSync(fresh)
  for (let written = 0; written < KILLED_BYTES; written += FILE_BYTES) writeFileSync(path.join(fresh, `random-${written}`), randomBytes(FILE_BYTES))
  const packBytes = (): number => filesBelow(path.join(local.vault, 'packs')).filter((file) => !file.endsWith('.tmp')).reduce((sum, file) => sum + statSync(file).size, 0)
  const before = packBytes()
  const [program, ...words] = local.argv(['backup', fresh])
  const child = spawn(program, words, { env: { ...process.env, ...local.environment }, stdio: 'ignore' })
  const ended = new Promise((resolve) => void child.once('exit', resolve))
  await waitUntil('packs of the backup', COMMAND_MS, () => packBytes() - before > DURABLE_BYTES_MIN || child.exitCode !== null)
  child.kill('SIGKILL')
  await ended
  const durable = packBytes() - before
  const backup = await local.backup(fresh)
  must(backup.addedBytes <= KILLED_BYTES + MIB - DURABLE_BYTES_MIN / 2, `${backup.addedBytes} bytes were stored although ${durable} were there`)
  const target = path.join(dir, 'fresh-restored')
  await local.must(['restore', fresh, '--to', target])
  same(fresh, target)
  await local.must(['vault', 'check', '--data'])
  note(`killed with ${durable} bytes durable; the next try stored ${backup.addedBytes}`)
}

export const integrationCase: IntegrationCase = {
  name: 'vault-local',
  summary: 'a vault without a server: backups, restores of every date, prune, keys, damage, kill -9',
  needs: ['cp', 'truncate'],
  timeoutMs: 900_000,
  isInTest: false,
  async run(context) {
    const local = new Local(context.dir)
    const dates = await threeDates(local, context)
    await everyDate(local, dates, context)
    await recovered(local, dates, context)
    await keepAndKeys(local, dates, context)
    await killed(local, context)
    await tampering(local, context)
    return 'three dates backed up, restored, pruned and checked; keys changed; a killed backup went on; every damage named'
  },
}
