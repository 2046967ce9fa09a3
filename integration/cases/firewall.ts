// The founding failure on a real firewall, and beside it what must happen instead. Every scenario has three hosts in namespaces of
// their own, nftables with connection tracking between server and client, and a dump with silent phases or disturbances; they run side
// by side. Stock Amanda 3.5 with auth bsd runs under the same firewall in the same script.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { FirewallLab, SERVER_ADDRESS, type FirewallOptions } from '../lab/firewall-lab.ts'
import { HoldfastLab } from '../lab/holdfast.ts'
import { STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'

const PORT = 10_090
const HOST = 'client'

interface Scenario {
  readonly name: string
  readonly firewall: FirewallOptions
  /** Seconds that the estimate, the scan and the medium are silent. */
  readonly silentS: number
  /** Bytes a second of the dump; undefined: as fast as it goes. */
  readonly bytesPerSecond?: number
  /** What is done to the path while the dump runs. */
  disturb?(lab: FirewallLab, isOver: () => boolean): Promise<void>
  readonly cutsMax: number
  /** How often the whole dump is repeated; cuts are counted over all, the last must have none. */
  readonly dumps: number
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'limit 15 s, reset, silent phases of 40 s', firewall: { idleLimitS: 15, forgotten: 'reset' }, silentS: 40, cutsMax: 0, dumps: 1 },
  { name: 'limit 15 s, silence, silent phases of 40 s', firewall: { idleLimitS: 15, forgotten: 'silence' }, silentS: 40, cutsMax: 0, dumps: 1 },
  { name: 'limit 5 s, reset, below the heartbeat', firewall: { idleLimitS: 5, forgotten: 'reset' }, silentS: 40, cutsMax: 3, dumps: 2 },
  { name: 'limit 5 s, silence, below the heartbeat', firewall: { idleLimitS: 5, forgotten: 'silence' }, silentS: 40, cutsMax: 3, dumps: 2 },
  {
    name: 'connection table flushed ten times',
    firewall: { idleLimitS: 15, forgotten: 'reset' },
    silentS: 0,
    bytesPerSecond: 150_000,
    async disturb(lab, isOver) {
      for (let count = 0; count < 10 && !isOver(); count++) {
        await sleep(3000)
        await lab.forgetAll()
      }
    },
    cutsMax: 10,
    dumps: 1,
  },
  {
    name: 'cable dead for 90 s',
    firewall: { idleLimitS: 15, forgotten: 'silence' },
    silentS: 0,
    bytesPerSecond: 400_000,
    async disturb(lab) {
      await sleep(5000)
      await lab.setCable('dead')
      await sleep(90_000)
      await lab.setCable('alive')
    },
    // The 90 s are one outage; the tracking table may have forgotten the link that is made in it.
    cutsMax: 2,
    dumps: 1,
  },
]

/** GNU tar with a pause before it starts, in estimates and in dumps: a slow disk that says nothing. */
function slowTar(silentS: number): string {
  return `#!/bin/sh\ncase " $* " in *" --create "*) sleep ${silentS};; esac\nexec tar "$@"\n`
}

/** A compressor that changes nothing: holds the data back once for a while (a slow medium), and passes it at a rate. */
function slowMedium(silentS: number, bytesPerSecond: number | undefined): string {
  const pace = bytesPerSecond === undefined ? '' : `    select undef, undef, undef, $n / ${bytesPerSecond};\n`
  return `#!/usr/bin/perl
use strict; use warnings; binmode STDIN; binmode STDOUT; $| = 1;
my $held = grep { $_ eq '-d' } @ARGV;
my $undo = $held;
while (my $n = sysread STDIN, my $buf, 32768) {
    if (!$held) { sleep ${silentS}; $held = 1 }
    my $off = 0;
    while ($off < $n) { my $w = syswrite STDOUT, $buf, $n - $off, $off; exit 1 unless defined $w; $off += $w }
    next if $undo;
${pace}}
`
}

function writeProgram(file: string, text: string): void {
  writeFileSync(file, text)
  chmodSync(file, 0o755)
}

interface LinkTotals {
  readonly cuts: number
  readonly bytesResent: number
  readonly text: string
}

/** What the report of the newest run says of the links of its dumps. */
async function linkTotals(holdfast: HoldfastLab): Promise<LinkTotals> {
  const text = await holdfast.must('server', ['status', '--json'])
  const status = JSON.parse(text) as { lastRun?: { dumps: { link: { cuts: number; bytesResent: number }; outcome?: string; attempt: number }[] } }
  const dumps = status.lastRun?.dumps ?? []
  if (dumps.length === 0) throw new Error('the last run has no dumps')
  for (const dump of dumps) if (dump.outcome !== 'good' || dump.attempt !== 1) throw new Error(`a dump was ${dump.outcome ?? 'not finished'} in attempt ${dump.attempt}: a stream was started again or lost`)
  const sum = (pick: (dump: (typeof dumps)[number]) => number): number => dumps.reduce((total, dump) => total + pick(dump), 0)
  return { cuts: sum((dump) => dump.link.cuts), bytesResent: sum((dump) => dump.link.bytesResent), text: `${sum((dump) => dump.link.cuts)} cuts, ${sum((dump) => dump.link.bytesResent)} bytes sent again` }
}

async function agentCuts(holdfast: HoldfastLab): Promise<number> {
  const status = JSON.parse(await holdfast.must('server', ['status', '--json'])) as { agents: { cuts: number }[] }
  return status.agents.reduce((total, agent) => total + agent.cuts, 0)
}

async function runScenario(scenario: Scenario, dir: string, note: (text: string) => void): Promise<string> {
  mkdirSync(dir, { recursive: true })
  await using lab = await FirewallLab.create(scenario.firewall)
  const tree = path.join(dir, 'tree')
  makeRandomTree(tree, 11, { fileCount: 600, dirCount: 40, fileBytesMax: 100_000 })
  writeProgram(path.join(dir, 'slow-tar'), slowTar(scenario.silentS))
  writeProgram(path.join(dir, 'slow-medium'), slowMedium(scenario.silentS, scenario.bytesPerSecond))
  await using holdfast = new HoldfastLab({
    dir,
    on: (side, argv) => lab.on(side === 'server' ? 'server' : 'client', argv),
    listenAddress: SERVER_ADDRESS,
    port: PORT,
    serverYaml: `hosts:\n  ${HOST}:\n    - disk: ${tree}\n      exclude: []\n      compress:\n        kind: custom\n        where: server\n        program: ${dir}/slow-medium\n      strategy: noinc\n`,
    agentYaml: `gnutar: ${dir}/slow-tar\n`,
  })
  await holdfast.startServer()
  await holdfast.enrol(HOST)
  await holdfast.startAgent(HOST)
  const startedMs = Date.now()
  const seen: string[] = []
  for (let count = 0; count < scenario.dumps; count++) {
    let isOver = false
    const disturbance = scenario.disturb?.(lab, () => isOver) ?? Promise.resolve()
    const before = await agentCuts(holdfast)
    const dump = await holdfast.run('server', ['dump', HOST])
    isOver = true
    await disturbance
    if (dump.status !== 0) throw new Error(`${scenario.name}: dump ended with ${dump.status}: ${dump.stderr.slice(-2000)}${dump.stdout.slice(-2000)}`)
    const totals = await linkTotals(holdfast)
    const cuts = (await agentCuts(holdfast)) - before
    seen.push(totals.text)
    if (cuts > scenario.cutsMax) throw new Error(`${scenario.name}: ${cuts} cuts, more than ${scenario.cutsMax}`)
    if (count > 0 && cuts > 0) throw new Error(`${scenario.name}: ${cuts} cuts although the path was learned`)
  }
  const restored = path.join(dir, 'restored')
  await holdfast.must('server', ['restore', HOST, tree, '--to', restored])
  const { differences, entryCount } = compareTrees(tree, restored)
  if (differences.length > 0) throw new Error(`${scenario.name}: the restore differs: ${differences.slice(0, 5).join('; ')}`)
  const result = `${scenario.name}: ${seen.join(', then ')}, ${entryCount} entries restored alike, ${Math.round((Date.now() - startedMs) / 1000)} s, ${await lab.forgottenPackets()} packets met a forgotten connection`
  note(result)
  return result
}

/** Stock Amanda under the same firewall; returns what became of its dump. */
async function runStock(dir: string, note: (text: string) => void): Promise<string> {
  mkdirSync(dir, { recursive: true })
  await using lab = await FirewallLab.create({ idleLimitS: 15, forgotten: 'reset', kernelKeepaliveS: 30 })
  const stock = await StockAmanda.install(lab, dir, 3000, 128)
  const run = await stock.dump(400_000)
  const failures = run.runLog.split('\n').filter((line) => line.startsWith('FAIL dumper'))
  const reasons = failures.map((line) => /\[(.*)\]/.exec(line)?.[1] ?? line)
  if (reasons.length === 0) throw new Error(`stock Amanda was expected to fail as described and did not (exit ${run.status})`)
  const result = `stock Amanda 3.5, auth bsd, limit 15 s: exit ${run.status} after ${Math.round(run.seconds)} s, ${reasons.length} tries FAILED [${reasons.join('] [')}]`
  note(result)
  return result
}

async function run({ dir, note }: CaseContext): Promise<string> {
  chmodSync(dir, 0o755)
  const results = await Promise.allSettled([...SCENARIOS.map((scenario, index) => runScenario(scenario, path.join(dir, `s${index}`), note)), runStock(path.join(dir, 'stock'), note)])
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [String((result.reason as Error).message)] : []))
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return `${SCENARIOS.length} scenarios without a lost dump; stock Amanda lost its own`
}

export const integrationCase: IntegrationCase = {
  name: 'firewall',
  summary: 'The founding failure on a real firewall: ours survives it, stock Amanda beside it does not',
  needs: ['ip', 'nft', 'conntrack', 'perl', 'tar', ...STOCK_PROGRAMS],
  needsRoot: true,
  timeoutMs: 900_000,
  run,
}
