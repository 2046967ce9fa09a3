// Stock Amanda's amadmin and ours on the same generated configurations and histories: the same words on both streams, the same exit codes, and after each order of
// the operator the same files. Parts are seeds: `amadmin:17`, `amadmin:1-40`.

import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { amadmin } from '../../src/cli/amanda/amadmin/amadmin.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { systemClock, type Clock } from '../../src/kernel/clock.ts'
import { tryFileLock } from '../../src/posix/file-lock.ts'
import { hostname } from 'node:os'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { filesOfHistory } from '../lab/amadmin-world.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { WORLD_NAME, WORLD_NOW_S, type PlannerWorld } from '../lab/planner-world.ts'
import { askStock, STOCK_BATCH_NEEDS, type StockAnswer } from '../lab/stock-batch.ts'

const AMADMIN = '/usr/sbin/amadmin'
/** Of `npm test`, with so many of the questions: each takes a third of a second. */
const SEEDS_IN_TEST = [5]
const QUESTIONS_IN_TEST = 26
const DIFFERENCES_SHOWN = 10

function seedsOf(parts: readonly string[]): readonly number[] {
  if (parts.length === 0) return SEEDS_IN_TEST
  return parts.flatMap((part) => {
    const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? []
    must(first !== '' && Number(last) >= Number(first), `${part} is neither a seed nor a range of seeds`)
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
  })
}

/** What is asked, the most telling first; nothing is changed by it. */
function questions(world: PlannerWorld): string[][] {
  const [first, second] = world.disks
  const host = first?.dle.host ?? ''
  const disk = second?.dle.disk ?? '/'
  const early = ['find', 'find --sort kD', 'holding list -l', 'info', 'due', 'balance', 'balance --days 4', 'tape --days 5', 'retention', 'estimate', 'bumpsize', 'export', 'disklist', 'config', '--no-default config', 'find unlisted', 'find nosuch', 'nosuch', 'find --sort']
  const late = [
    '-o displayunit=m balance --days 9', '-o bumppercent=20 bumpsize', 'retention T001 T003', '--print-source config', 'hosts', 'dles', 'due nosuch', 'find --sort nosuch', 'holding list', 'holding list -d', 'tape', 'holding delete', 'reuse', 'delete', 'version',
  ]
  const split = (lines: readonly string[]): string[][] => lines.map((words) => words.split(' '))
  return [...split(early), ['find', host, disk], ['find', host], ['info', host, disk], ['holding', 'list', '-l', host, disk], ['due', 's*', host], ['find', 'client1', 'client2'], ['due', 'a['], ...split(late)]
}

const IMPORTED = `CURINFO Version 3.5.1 CONF elsewhere
host: new
disk: "/a b"
command: 0
last_level: 1
consecutive_runs: 2
full-rate: 1.000000 2.000000 -1.000000
full-comp: -1.000000 -1.000000 -1.000000
incr-rate: 1.500000 -1.000000 -1.000000
incr-comp: -1.000000 -1.000000 -1.000000
stats: 0 100 90 4 1795471746 3 T001
history: 0 100 90 1795471746
//
host: cut
`

/** What is ordered, one after the other. */
function orders(world: PlannerWorld): { readonly words: readonly string[]; readonly input?: string }[] {
  const [first, second, third] = world.disks
  const host = first?.dle.host ?? ''
  const given = [
    ['force', host], ['force-level-1', host, first?.dle.disk ?? ''], ['force-bump', second?.dle.host ?? host, second?.dle.disk ?? ''], ['force-no-bump', third?.dle.host ?? host], ['unforce', host], ['unforce-bump', host, 'nosuch'],
    ['no-reuse', 'T001', 'T003', 'NOSUCH'], ['reuse', 'T003', 'T004'], ['no-reuse', 'T002'], ['holding', 'delete', 'client*'], ['delete', host, first?.dle.disk ?? ''], ['delete', host, first?.dle.disk ?? ''],
  ]
  return [...given.map((words) => ({ words })), { words: ['import'], input: IMPORTED }]
}

const clockAt = (nowS: number): Clock => ({ ...systemClock, wallMs: () => nowS * 1000 })

/** Asks ours in this process; paths of the configuration are shown as stock's program sees them. */
async function askOurs(argv: readonly string[], etc: string, input = ''): Promise<StockAnswer> {
  let [stdout, stderr] = ['', '']
  const status = await amadmin(argv, { workingDir: etc, root: etc }, {
    disk: nodeDisk, clock: clockAt(WORLD_NOW_S), tryLock: tryFileLock, pid: process.pid, hostName: hostname(), out: (text) => void (stdout += text), err: (text) => void (stderr += text), input: () => Promise.resolve(input),
  })
  return { status, stdout: stdout.replaceAll(`${etc}/${WORLD_NAME}/amanda.conf`, `/etc/amanda/${WORLD_NAME}/amanda.conf`), stderr }
}

function put(dir: string, seed: number): PlannerWorld {
  for (const name of ['', 'log', 'index', 'curinfo', 'vtapes', 'holding']) mkdirSync(path.join(dir, name), { recursive: true })
  const { world, files } = filesOfHistory(seed, dir)
  for (const [name, text] of files) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
    writeFileSync(path.join(dir, name), text)
  }
  return world
}

/** Every file below a directory with what is in it. Which process wrote last is its own. */
function contents(dir: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(dir, name)
    if (!existsSync(file) && name.endsWith('last_write')) found.set(name, /^\d+$/.test(readlinkSync(file)) ? 'a process' : 'something else')
    else found.set(name, statSync(file).isDirectory() ? 'directory' : readFileSync(file, 'latin1'))
  }
  return found
}

function differencesOf(what: string, theirs: StockAnswer, ours: StockAnswer): string[] {
  return (['status', 'stdout', 'stderr'] as const).flatMap((part) => {
    if (theirs[part] === ours[part]) return []
    const [a, b] = [String(theirs[part]).split('\n'), String(ours[part]).split('\n')]
    const at = a.findIndex((line, index) => line !== b[index])
    const where = at < 0 ? a.length : at
    return [`${what}: ${part} line ${where + 1}: stock ${JSON.stringify(a[where])}, ours ${JSON.stringify(b[where])}`]
  })
}

async function compareSeed(seed: number, root: string, questionsMax: number): Promise<{ readonly calls: number; readonly differences: readonly string[] }> {
  const etc = path.join(root, 'etc')
  const dir = path.join(etc, WORLD_NAME)
  const world = put(dir, seed)
  const differences: string[] = []
  const asked = questions(world).slice(0, questionsMax).map((words) => [WORLD_NAME, ...words])
  const answers = await askStock(asked.map((argv) => ({ argv: ['amadmin', ...argv] })), { etc, dir: path.join(root, 'asked'), nowS: WORLD_NOW_S })
  for (const [index, argv] of asked.entries()) {
    const theirs = answers[index]
    if (theirs !== undefined) differences.push(...differencesOf(argv.slice(1).join(' '), theirs, await askOurs(argv, etc)))
  }
  const before = path.join(root, 'before')
  cpSync(etc, before, { recursive: true, verbatimSymlinks: true })
  const ordered = orders(world).map(({ words, input }) => ({ argv: [WORLD_NAME, ...words], ...(input === undefined ? {} : { input }) }))
  const done = await askStock(ordered.map(({ argv, input }) => ({ argv: ['amadmin', ...argv], ...(input === undefined ? {} : { input }) })), { etc, dir: path.join(root, 'ordered'), nowS: WORLD_NOW_S })
  const after = contents(etc)
  rmSync(etc, { recursive: true })
  cpSync(before, etc, { recursive: true, verbatimSymlinks: true })
  for (const [index, { argv, input }] of ordered.entries()) {
    const theirs = done[index]
    if (theirs !== undefined) differences.push(...differencesOf(argv.slice(1).join(' '), theirs, await askOurs(argv, etc, input)))
  }
  const ours = contents(etc)
  for (const name of new Set([...after.keys(), ...ours.keys()])) if (after.get(name) !== ours.get(name)) differences.push(`after the orders ${name}: stock ${JSON.stringify(after.get(name))}, ours ${JSON.stringify(ours.get(name))}`)
  return { calls: asked.length + ordered.length, differences }
}

async function run({ dir, parts, note, signal }: CaseContext): Promise<string> {
  chmodSync(dir, 0o755)
  let calls = 0
  const failed: string[] = []
  const seeds = seedsOf(parts)
  for (const seed of seeds) {
    signal.throwIfAborted()
    const result = await compareSeed(seed, path.join(dir, String(seed)), parts.length === 0 ? QUESTIONS_IN_TEST : Infinity)
    calls += result.calls
    for (const difference of result.differences.slice(0, DIFFERENCES_SHOWN)) note(`seed ${seed}: ${difference}`)
    failed.push(...result.differences)
  }
  must(failed.length === 0, `${failed.length} answers differ from those of stock amadmin`)
  return `${calls} calls of amadmin on ${seeds.length} generated configurations were answered as stock's program answers them, and left the same files`
}

export const integrationCase: IntegrationCase = {
  name: 'amadmin',
  summary: "stock Amanda's amadmin and ours on generated configurations and histories: the same answers and the same files",
  needs: [...STOCK_BATCH_NEEDS, AMADMIN],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 280_000,
  run,
}
