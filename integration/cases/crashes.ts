// kill -9 of the agent, of the server and of both, at random moments of a real dump, fifty times. After each, what was killed is started
// again and nobody helps: everything that is listed as complete must verify, and the next run must succeed. At the end the newest state
// is restored and compared.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../src/kernel/random.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { editTree, makeHardCases, makeRandomTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { waitUntil, type BackgroundProcess } from '../lab/commands.ts'
import { freePort, HoldfastLab, type Side } from '../lab/holdfast.ts'

const HOST = 'client'
const KILLS = 50
const VERIFY_EVERY = 10
/** Kills fall anywhere from the start of a run to a little after its usual end. */
const RUN_SHARE_MAX = 1.1

interface Lab {
  readonly holdfast: HoldfastLab
  readonly processes: Map<Side, BackgroundProcess>
}

async function startSide(lab: Lab, side: Side): Promise<void> {
  lab.processes.set(side, side === 'server' ? await lab.holdfast.startServer() : await lab.holdfast.startAgent(HOST))
}

async function kill(lab: Lab, side: Side): Promise<void> {
  const running = lab.processes.get(side)
  running?.kill('SIGKILL')
  await running?.exit()
}

async function agentIsBack(lab: Lab): Promise<void> {
  await waitUntil('the agent is connected again', 60_000, async () => /"isConnected": ?true/.test((await lab.holdfast.run('server', ['agents', 'list', '--json'])).stdout))
}

/** A whole run that must succeed. Returns how long it took. */
async function goodRun(lab: Lab, what: string): Promise<number> {
  const startedMs = Date.now()
  const result = await lab.holdfast.run('server', ['dump', HOST])
  if (result.status !== 0) throw new Error(`${what}: the next run ended with ${result.status}: ${result.stderr.slice(-2000)}${result.stdout.slice(-2000)}`)
  return Date.now() - startedMs
}

async function verify(lab: Lab, what: string): Promise<void> {
  const result = await lab.holdfast.run('server', ['verify'])
  if (result.status !== 0) throw new Error(`${what}: verify ended with ${result.status}: ${result.stderr.slice(-1000)}${result.stdout.slice(-2000)}`)
}

const VICTIMS: readonly (readonly Side[])[] = [['agent'], ['server'], ['server', 'agent']]

async function run({ dir, note }: CaseContext): Promise<string> {
  const random = seededRandom(20_261_124)
  const tree = path.join(dir, 'tree')
  mkdirSync(tree)
  makeHardCases(path.join(tree, 'hard'))
  makeRandomTree(path.join(tree, 'plain'), 5, { fileCount: 1500, dirCount: 60, fileBytesMax: 200_000 })
  await using holdfast = new HoldfastLab({
    dir,
    port: await freePort(),
    serverYaml: `hosts:
  ${HOST}:
    - disk: ${tree}
      exclude: []
      compress: gzip
storage:
  directory: ${dir}/volumes
  slots: 30
  volume-size: 1 GiB
  part-size: 8 MiB
  volumes-per-run: 20
  keep:
    volumes: 2
    days: 0
    fulls: 2
`,
  })
  const lab: Lab = { holdfast, processes: new Map() }
  await startSide(lab, 'server')
  await holdfast.enrol(HOST)
  await startSide(lab, 'agent')
  const usualMs = await goodRun(lab, 'before the first kill')
  const counts = { agent: 0, server: 0, both: 0 }
  for (let index = 0; index < KILLS; index++) {
    const victims = VICTIMS[random.int(VICTIMS.length)] ?? []
    const what = `kill ${index + 1} (${victims.join(' and ')})`
    editTree(path.join(tree, 'plain'), 1000 + index, 6)
    const interrupted = holdfast.run('server', ['dump', HOST])
    await sleep(random.int(Math.round(usualMs * RUN_SHARE_MAX)))
    for (const side of victims) await kill(lab, side)
    await interrupted
    for (const side of victims) await startSide(lab, side)
    await agentIsBack(lab)
    await goodRun(lab, what)
    counts[victims.length === 2 ? 'both' : (victims[0] ?? 'both')] += 1
    if ((index + 1) % VERIFY_EVERY === 0) {
      await verify(lab, what)
      note(`${index + 1} kills, everything listed verifies`)
    }
  }
  const restored = path.join(dir, 'restored')
  await holdfast.must('server', ['restore', HOST, tree, '--to', restored])
  const { differences, entryCount } = compareTrees(tree, restored)
  if (differences.length > 0) throw new Error(`the restore differs: ${differences.slice(0, 8).join('; ')}`)
  return `${KILLS} kills (agent ${counts.agent}, server ${counts.server}, both ${counts.both}); every next run succeeded, all dumps verify, ${entryCount} entries restored alike`
}

export const integrationCase: IntegrationCase = { name: 'crashes', summary: 'kill -9 of agent, server and both at fifty random moments of a dump', needs: ['tar'], timeoutMs: 1_200_000, run }
