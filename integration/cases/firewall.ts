// The founding failure on a real firewall, and beside it what must happen instead. Every scenario has three hosts in namespaces of
// their own, nftables with connection tracking between server and client, and a dump with silent phases or disturbances; they run side
// by side. Stock Amanda 3.5 with auth bsd runs under the same firewall in the same script.

import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunSummary, ServerEvent } from '../../src/server/control/contract.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { waitUntil } from '../lab/commands.ts'
import { cutCost } from '../lab/cut-cost.ts'
import { FirewallLab, SERVER_ADDRESS, type FirewallOptions } from '../lab/firewall-lab.ts'
import { HoldfastLab } from '../lab/holdfast.ts'
import { must } from '../lab/must.ts'
import { noFirewall } from '../lab/namespaces.ts'
import { SlowPrograms } from '../lab/slow-programs.ts'
import { STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'
import { TrafficWatch } from '../lab/traffic.ts'

const PORT = 10_090
const HOST = 'client'
/** Bytes a second on a link that has nothing to say: PING, PONG and their TCP acknowledgements every heartbeat of 10 s, with room to spare. */
const SILENT_BYTES_PER_SECOND_MAX = 250
/** Seconds after which the silent programs of a later dump go on: several times the limit of the firewalls that need it. */
const LATER_SILENT_S = 20
const FLUSHES = 10
const CABLE_DEAD_MS = 90_000
/** Milliseconds from the moment the path heals to the new link. */
const NEW_LINK_MS_MAX = 1000

/** The links of the dump that runs, as the server tells of them. */
interface Links {
  readonly isOver: () => boolean
  /** Wall times of the links that came up since the dump began. */
  readonly upsMs: readonly number[]
}

interface Scenario {
  readonly name: string
  readonly firewall: FirewallOptions
  /** Seconds that the estimate, the scan and the medium are silent, dump by dump. */
  readonly silentS: readonly number[]
  /** Cuts from the agent's start to the end of the first dump; later dumps have none. */
  readonly cuts: { readonly min: number; readonly max: number }
  /** Bytes a second from the client; undefined: as fast as it goes, and the medium is what is slow. */
  readonly bytesPerSecond?: number
  /** Whether the path teaches a shorter heartbeat. */
  readonly isLearned?: boolean
  /** What is done to the path while data flows. Returns the longest time in ms from healing to a new link. */
  disturb?(lab: FirewallLab, links: Links, signal: AbortSignal): Promise<number>
}

async function newLink(links: Links, before: number): Promise<void> {
  await waitUntil('a new link', 60_000, () => {
    must(!links.isOver(), 'the dump ended before the disturbance')
    return links.upsMs.length > before
  }, 10)
}

async function flushTenTimes(lab: FirewallLab, links: Links, signal: AbortSignal): Promise<number> {
  let longestMs = 0
  for (let count = 0; count < FLUSHES; count++) {
    const before = links.upsMs.length
    const flushedMs = Date.now()
    await lab.forgetAll()
    await newLink(links, before)
    longestMs = Math.max(longestMs, (links.upsMs.at(-1) ?? Date.now()) - flushedMs)
    await sleep(1500, undefined, { signal })
  }
  return longestMs
}

async function deadCable(lab: FirewallLab, links: Links, signal: AbortSignal): Promise<number> {
  const before = links.upsMs.length
  await lab.setCable('dead')
  await sleep(CABLE_DEAD_MS, undefined, { signal })
  must(links.upsMs.length === before, 'a link came up through a dead cable')
  const healedMs = Date.now()
  await lab.setCable('alive')
  await newLink(links, before)
  return (links.upsMs.at(-1) ?? Date.now()) - healedMs
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'limit 15 s, reset', firewall: { idleLimitS: 15, forgotten: 'reset' }, silentS: [40], cuts: { min: 0, max: 0 } },
  { name: 'limit 15 s, silence', firewall: { idleLimitS: 15, forgotten: 'silence' }, silentS: [40], cuts: { min: 0, max: 0 } },
  { name: 'limit 5 s (below the heartbeat), reset', firewall: { idleLimitS: 5, forgotten: 'reset' }, silentS: [40, LATER_SILENT_S], cuts: { min: 1, max: 3 }, isLearned: true },
  { name: 'limit 5 s (below the heartbeat), silence', firewall: { idleLimitS: 5, forgotten: 'silence' }, silentS: [40, LATER_SILENT_S], cuts: { min: 1, max: 3 }, isLearned: true },
  { name: `table flushed ${FLUSHES} times`, firewall: { idleLimitS: 15, forgotten: 'reset' }, silentS: [0], bytesPerSecond: 250_000, cuts: { min: FLUSHES, max: FLUSHES }, disturb: flushTenTimes },
  { name: 'cable dead for 90 s', firewall: { idleLimitS: 15, forgotten: 'silence' }, silentS: [0], bytesPerSecond: 1_000_000, cuts: { min: 1, max: 1 }, disturb: deadCable },
]

/** Makes one dump, disturbed as the scenario says. Returns ms from healing to a new link. */
async function dumpOnce(scenario: Scenario, lab: FirewallLab, holdfast: HoldfastLab, signal: AbortSignal): Promise<number> {
  const upsMs: number[] = []
  let isDumping = false
  let isOver = false
  const onEvent = (event: ServerEvent): void => {
    if (event.kind === 'link-up') upsMs.push(Date.now())
    if (event.kind === 'dump-progress' && event.dump.bytes > 500_000) isDumping = true
  }
  const dump = holdfast.dump(HOST, onEvent).finally(() => (isOver = true))
  const disturb = async (): Promise<number> => {
    if (scenario.disturb === undefined) return 0
    await waitUntil('data flows', 120_000, () => isDumping || isOver)
    return await scenario.disturb(lab, { isOver: () => isOver, upsMs }, signal)
  }
  const disturbed = disturb()
  // Why the dump ended comes before what that did to the disturbance.
  disturbed.catch(() => undefined)
  checkSummary(scenario, await dump)
  return await disturbed
}

function checkSummary({ name }: Scenario, summary: RunSummary): void {
  must(summary.dumps.length === 1 && summary.good === 1 && summary.taped === 1, `${name}: ${summary.good} dumps were good, ${summary.strange} strange, ${summary.failed} failed: ${summary.dumps.map(({ message }) => message).join('; ')}`)
  must(summary.dumps[0]?.attempt === 1, `${name}: a stream was started again (attempt ${summary.dumps[0]?.attempt})`)
}

/** Every silent phase was as long as wanted; where there was no cut, nothing but heartbeats passed in it. Returns what to print. */
function checkSilences({ name, silentS, cuts, isLearned }: Scenario, programs: SlowPrograms, traffic: TrafficWatch): string {
  const silences = programs.silences()
  for (const kind of ['estimate', 'scan', 'medium']) {
    const count = silences.filter((silence) => silence.name === kind).length
    must(count === silentS.length, `${name}: ${count} times ${kind} for ${silentS.length} dumps`)
  }
  if ((silentS[0] ?? 0) === 0) return "the client's disk read once"
  // After a cut was learned from, heartbeats come more often, but still they are all there is.
  const limit = SILENT_BYTES_PER_SECOND_MAX * (isLearned === true ? 4 : 1)
  const isQuiet = silences.slice(cuts.max === 0 ? 0 : 3)
  const rates = isQuiet.map((silence) => {
    const { bytes, seconds } = traffic.during(silence)
    must(silence.endS - silence.startS >= LATER_SILENT_S && seconds >= LATER_SILENT_S - 9, `${name}: ${silence.name} was silent for ${seconds} s only`)
    must(bytes <= limit * seconds, `${name}: ${bytes} bytes passed in ${seconds.toFixed(0)} s of ${silence.name}`)
    return `${silence.name} ${Math.round(bytes / seconds)}`
  })
  return `silent phases of ${silentS.join(' and ')} s (bytes a second in them: ${rates.join(', ')}), the client's disk read once a dump`
}

/** Checks what the cuts cost. Returns what to print. */
function checkCost(scenario: Scenario, holdfast: HoldfastLab, newLinkMs: number): string {
  const { name, isLearned } = scenario
  const cost = cutCost(holdfast.agentLog())
  must(cost.bytesResent <= cost.bytesInFlight, `${name}: ${cost.bytesResent} bytes were sent again, ${cost.bytesInFlight} were in flight`)
  must((cost.learnedHeartbeatMs ?? Infinity) < scenario.firewall.idleLimitS * 1000 || isLearned !== true, `${name}: the path was not learned`)
  must(readFileSync(path.join(holdfast.dir, 'server.out'), 'utf8').includes('this path forgets idle links') || isLearned !== true, `${name}: the server does not tell of what was learned`)
  if (cost.cuts === 0) return 'no cut'
  const learned = isLearned === true ? `, heartbeat learned: ${cost.learnedHeartbeatMs} ms` : ''
  const healed = scenario.disturb === undefined ? '' : `, new link ${newLinkMs} ms after the path was usable`
  return `${cost.cuts} cuts, ${cost.bytesResent} bytes sent again of ${cost.bytesInFlight} in flight, longest outage ${cost.longestOutageMs} ms${healed}${learned}`
}

async function runScenario(scenario: Scenario, dir: string, context: CaseContext): Promise<string> {
  const { name, cuts, silentS } = scenario
  mkdirSync(dir, { recursive: true })
  await using lab = await FirewallLab.create(scenario.firewall)
  const tree = path.join(dir, 'tree')
  makeRandomTree(tree, 11, { fileCount: 600, dirCount: 40, fileBytesMax: 400_000 })
  const programs = new SlowPrograms(dir, scenario.bytesPerSecond)
  await using holdfast = new HoldfastLab({
    dir,
    on: (side, argv) => lab.on(side === 'server' ? 'server' : 'client', argv),
    listenAddress: SERVER_ADDRESS,
    port: PORT,
    serverYaml: `hosts:\n  ${HOST}:\n    - disk: ${tree}\n      application: gnutar\n      exclude: []\n      compress:\n        kind: custom\n        where: ${scenario.bytesPerSecond === undefined ? 'server' : 'client'}\n        program: ${programs.filter}\n      strategy: noinc\n`,
    agentYaml: `gnutar: ${programs.tar}\nfilters: [${programs.filter}]\n`,
  })
  const onAbort = (): void => void lab.killAll()
  context.signal.addEventListener('abort', onAbort, { once: true })
  await holdfast.startServer()
  await holdfast.enrol(HOST)
  await using traffic = new TrafficWatch(lab, path.join(dir, 'traffic'))
  await holdfast.startAgent(HOST)
  const startedMs = Date.now()
  let newLinkMs = 0
  for (const [index, seconds] of silentS.entries()) {
    const before = cutCost(holdfast.agentLog()).cuts
    programs.beSilentFor(seconds)
    newLinkMs = Math.max(newLinkMs, await dumpOnce(scenario, lab, holdfast, context.signal))
    const all = cutCost(holdfast.agentLog()).cuts
    must(all >= cuts.min && all <= cuts.max, `${name}: ${all} cuts instead of ${cuts.min} to ${cuts.max}`)
    must(index === 0 || all === before, `${name}: ${all - before} cuts although the path was learned`)
  }
  const seen = [checkCost(scenario, holdfast, newLinkMs), checkSilences(scenario, programs, traffic)]
  const seconds = Math.round((Date.now() - startedMs) / 1000)
  const restored = path.join(dir, 'restored')
  await holdfast.must('server', ['restore', HOST, tree, '--to', restored])
  const { differences, entryCount } = compareTrees(tree, restored)
  must(differences.length === 0, `${name}: the restore differs: ${differences.slice(0, 5).join('; ')}`)
  must(newLinkMs <= NEW_LINK_MS_MAX, `${name}: the new link came ${newLinkMs} ms after the path was usable`)
  const result = `${name}: ${silentS.length === 1 ? 'a dump' : `${silentS.length} dumps`} in ${seconds} s, ${seen.join('; ')}; ${entryCount} entries restored alike; ${await lab.forgottenPackets()} packets met a forgotten connection`
  context.signal.removeEventListener('abort', onAbort)
  return result
}

/** Stock Amanda under the same firewall; returns what became of its dump. */
async function runStock(dir: string, context: CaseContext): Promise<string> {
  mkdirSync(dir, { recursive: true })
  await using lab = await FirewallLab.create({ idleLimitS: 15, forgotten: 'reset', kernelKeepaliveS: 30 })
  const onAbort = (): void => void lab.killAll()
  context.signal.addEventListener('abort', onAbort, { once: true })
  using stock = await StockAmanda.install(lab, dir, 3000, 128)
  const run = await stock.dump(400_000)
  const failures = run.runLog.split('\n').filter((line) => line.startsWith('FAIL dumper'))
  const reasons = failures.map((line) => /\[(.*)\]/.exec(line)?.[1] ?? line)
  must(reasons.length > 0, `stock Amanda was expected to fail as described and did not (exit ${run.status})`)
  const result = `stock Amanda 3.5, auth bsd, limit 15 s: exit ${run.status} after ${Math.round(run.seconds)} s, ${reasons.length} tries FAILED [${reasons.join('] [')}]`
  context.signal.removeEventListener('abort', onAbort)
  return result
}

async function run(context: CaseContext): Promise<string> {
  chmodSync(context.dir, 0o755)
  const told = async (work: Promise<string>): Promise<void> => {
    try {
      context.note(await work)
    } catch (error) {
      context.note(`NOT AS IT MUST BE: ${(error as Error).message}`)
      throw error
    }
  }
  const scenarios = SCENARIOS.map((scenario, index) => told(runScenario(scenario, path.join(context.dir, `s${index}`), context)))
  const results = await Promise.allSettled([...scenarios, told(runStock(path.join(context.dir, 'stock'), context))])
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [String((result.reason as Error).message)] : []))
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return `${SCENARIOS.length} scenarios without a lost dump; stock Amanda lost its own`
}

export const integrationCase: IntegrationCase = {
  name: 'firewall',
  summary: 'The founding failure on a real firewall: ours survives it, stock Amanda beside it does not',
  needs: ['ip', 'nft', 'conntrack', 'sysctl', 'perl', 'tar', ...STOCK_PROGRAMS],
  needsRoot: true,
  probe: noFirewall,
  isPatient: true,
  timeoutMs: 900_000,
  run,
}
