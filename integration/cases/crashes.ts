// kill -9 of the agent, of the server and of both, at random moments of a real dump, fifty times. After each, what was killed is started
// again and nobody helps: everything that is listed must verify, and the next run must succeed. At the end the newest state is
// restored and compared. Half of the kills fall anywhere in a run, half are aimed at a phase, so that the short ones are hit as well.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom, type Random } from '../../src/kernel/random.ts'
import type { DumpPhase, RunSummary, ServerEvent } from '../../src/server/control/contract.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { editTree, makeHardCases, makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { waitUntil, type BackgroundProcess } from '../lab/commands.ts'
import { freePort, HoldfastLab, type Side } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'

const HOST = 'client'
const KILLS = 50
const NOTE_EVERY = 10
/** Every so many kills all disks are dumped in full, so that old volumes become free again. */
const FULL_EVERY = 3
/** Kills that are not aimed fall anywhere from the start of a run to a little after its usual end. */
const RUN_SHARE_MAX = 1.1
/** Milliseconds after the beginning of a phase within which an aimed kill falls. */
const AIM_MS = 60
const AIMS: readonly DumpPhase[] = ['estimating', 'connecting', 'dumping', 'dumping', 'finishing', 'held', 'taping', 'done']
/** Phases that must have been hit, or the case shows less than it says. */
const PHASES_HIT_MIN = 5
const VICTIMS: readonly (readonly Side[])[] = [['agent'], ['server'], ['server', 'agent']]

interface Lab {
  readonly holdfast: HoldfastLab
  readonly processes: Map<Side, BackgroundProcess>
}

async function startSide(lab: Lab, side: Side): Promise<void> {
  lab.processes.set(side, side === 'server' ? await lab.holdfast.startServer() : await lab.holdfast.startAgent(HOST))
}

/** The process alone: what it has started learns it from its broken pipes, as after a real kill. */
async function kill(lab: Lab, side: Side): Promise<void> {
  const running = lab.processes.get(side)
  if (running === undefined) return
  process.kill(running.pid, 'SIGKILL')
  await running.exit()
}

function checkRun(summary: RunSummary, diskCount: number, what: string): void {
  const { good, taped, leftOnHolding, dumps } = summary
  must(good === diskCount && taped >= diskCount && leftOnHolding === 0, `${what}: ${good} of ${diskCount} dumps were good, ${taped} on volumes, ${leftOnHolding} left: ${dumps.map((dump) => `${dump.disk} ${dump.status} ${dump.message ?? ''}`).join('; ')}`)
}

/** The phases of a run's dumps as the server tells them, to aim at and to report. */
class PhaseWatch {
  readonly #phases = new Map<string, DumpPhase>()
  readonly onEvent = (event: ServerEvent): void => {
    if (event.kind === 'dump-changed' || event.kind === 'dump-ended') this.#phases.set(event.dump.disk, event.dump.phase)
    if (event.kind === 'run-started' || (event.kind === 'run-phase' && event.phase === 'estimating')) this.#isEstimating = true
  }
  #isEstimating = false
  /** The run has ended, or the server is gone. */
  isOver = false

  has(phase: DumpPhase): boolean {
    return [...this.now()].includes(phase)
  }

  now(): ReadonlySet<DumpPhase | 'nothing yet'> {
    return new Set(this.#phases.size > 0 ? this.#phases.values() : [this.#isEstimating ? 'estimating' : 'nothing yet'])
  }
}

/** Waits for the moment of the kill. */
async function chooseMoment(watch: PhaseWatch, random: Random, usualMs: number, isAimed: boolean): Promise<void> {
  if (!isAimed) return sleep(random.int(Math.round(usualMs * RUN_SHARE_MAX)))
  const aim = AIMS[random.int(AIMS.length)] ?? 'dumping'
  await waitUntil(`a dump that is ${aim}`, 120_000, () => watch.has(aim) || watch.isOver, 1)
  await sleep(random.int(AIM_MS))
}

async function verify(lab: Lab, what: string): Promise<number> {
  const result = await lab.holdfast.run('server', ['verify', '--json'])
  must(result.status === 0, `${what}: verify ended with ${result.status}: ${result.stderr.slice(-1000)}${result.stdout.slice(-2000)}`)
  return (JSON.parse(result.stdout) as unknown[]).length
}

interface Tally {
  readonly victims: Map<string, number>
  readonly phases: Map<string, number>
  /** Interrupted runs that went on by themselves and ended well. */
  wentOn: number
  verified: number
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function words(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, value]) => `${name} ${value}`).join(', ')
}

/** One interrupted run, the restart, the verification, the next run. */
async function killOnce(lab: Lab, index: number, disks: readonly string[], usualMs: number, random: Random, tally: Tally): Promise<void> {
  const victims = VICTIMS[random.int(VICTIMS.length)] ?? []
  const watch = new PhaseWatch()
  const interrupted = lab.holdfast.dump(HOST, watch.onEvent).catch(() => undefined).finally(() => (watch.isOver = true))
  await chooseMoment(watch, random, usualMs, index % 2 === 1)
  const phases = [...watch.now()]
  const what = `kill ${index + 1} (${victims.join(' and ')} while ${phases.join(' and ')})`
  for (const side of victims) await kill(lab, side)
  for (const side of victims) await startSide(lab, side)
  const summary = await interrupted
  if (summary?.good === disks.length) tally.wentOn++
  tally.verified += await verify(lab, what)
  checkRun(await lab.holdfast.dump(HOST, undefined, index % FULL_EVERY === 0 ? 'full' : undefined), disks.length, `${what}: the next run`)
  count(tally.victims, victims.length === 2 ? 'both' : (victims[0] ?? ''))
  for (const phase of phases) count(tally.phases, phase)
}

async function run({ dir, note, signal }: CaseContext): Promise<string> {
  const random = seededRandom(20_261_124)
  const disks = ['changing', 'whole'].map((name) => path.join(dir, name))
  const [changing = '', whole = ''] = disks
  mkdirSync(changing)
  makeHardCases(path.join(changing, 'hard'))
  makeRandomTree(path.join(changing, 'plain'), 5, { fileCount: 400, dirCount: 30, fileBytesMax: 100_000 })
  makeRandomTree(whole, 6, { fileCount: 300, dirCount: 20, fileBytesMax: 300_000 })
  await using holdfast = new HoldfastLab({
    dir,
    port: await freePort(),
    serverYaml: `hosts:
  ${HOST}:
    - disk: ${changing}
      exclude: []
      compress: gzip
    - disk: ${whole}
      exclude: []
      strategy: noinc
storage:
  directory: ${dir}/volumes
  slots: 16
  volume-size: 1 GiB
  part-size: 2 MiB
  volumes-per-run: 4
  keep:
    volumes: 2
    days: 0
    fulls: 1
`,
  })
  const onAbort = (): void => void holdfast[Symbol.asyncDispose]()
  signal.addEventListener('abort', onAbort, { once: true })
  const lab: Lab = { holdfast, processes: new Map() }
  await startSide(lab, 'server')
  await holdfast.enrol(HOST)
  await startSide(lab, 'agent')
  checkRun(await holdfast.dump(HOST), disks.length, 'before the first kill')
  const startedMs = Date.now()
  checkRun(await holdfast.dump(HOST), disks.length, 'before the first kill')
  const usualMs = Date.now() - startedMs
  const tally: Tally = { victims: new Map(), phases: new Map(), wentOn: 0, verified: 0 }
  for (let index = 0; index < KILLS; index++) {
    editTree(path.join(changing, 'plain'), 1000 + index, 6)
    await killOnce(lab, index, disks, usualMs, random, tally)
    if ((index + 1) % NOTE_EVERY === 0) note(`${index + 1} kills (${words(tally.victims)}) in the phases ${words(tally.phases)}; ${tally.verified} dumps verified`)
  }
  must(tally.phases.size >= PHASES_HIT_MIN, `the kills fell into ${words(tally.phases)} only`)
  let entries = 0
  for (const disk of disks) {
    const restored = `${disk}-restored`
    await holdfast.must('server', ['restore', HOST, disk, '--to', restored])
    const { differences, entryCount } = compareTrees(disk, restored)
    must(differences.length === 0, `the restore differs: ${differences.slice(0, 8).join('; ')}`)
    entries += entryCount
  }
  signal.removeEventListener('abort', onAbort)
  return `${KILLS} kills (${words(tally.victims)}) in the phases ${words(tally.phases)}; ${tally.wentOn} interrupted runs went on by themselves, every next run succeeded, ${tally.verified} listings verified, ${entries} entries restored alike`
}

export const integrationCase: IntegrationCase = { name: 'crashes', summary: 'kill -9 of agent, server and both at fifty random moments of a dump', needs: ['tar'], timeoutMs: 1_200_000, run }
