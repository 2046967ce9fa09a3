// A vault in a storm: two agents over TLS dump trees that change all the time, prunes and checks of every byte run beside them, and kill -9 takes agents and now and then the server. At the end
// every dump that is listed restores with the sum that its tree had. `vault-storm:600` is ten minutes of it; the default is one.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatSize } from '../../src/config/units.ts'
import type { ControlResults } from '../../src/server/control/contract.ts'
import { makeRandomTree, editTree } from '../../testkit/tree.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { must } from '../lab/must.ts'
import { sumOfTree } from '../lab/tree-sums.ts'
import { VaultLab, type VaultDisk } from '../lab/vault-lab.ts'

const DEFAULT_S = 60
const KEPT = 3
/** One kill in so many is of the server. */
const SERVER_ONE_IN = 4
const KILL_MS: readonly [number, number] = [2000, 7000]
const PAUSE_MS_MAX = 1500
/** Behind the end of the storm, on a machine that may stand still. */
const END_MS = 1_800_000

interface Attempt {
  readonly sum: string
  /** Undefined: the server died before it said. */
  run: string | undefined
  isGood: boolean
}

class Storm {
  readonly #vault: VaultLab
  readonly #disks: readonly VaultDisk[]
  readonly #endMs: number
  readonly #signal: AbortSignal
  readonly attempts = new Map<string, Attempt[]>()
  readonly counts = { dumps: 0, broken: 0, prunes: 0, checks: 0, agentKills: 0, serverKills: 0 }
  /** Grows with every kill: who was disturbed knows it from this. */
  #kills = 0

  constructor(vault: VaultLab, disks: readonly VaultDisk[], endMs: number, signal: AbortSignal) {
    this.#vault = vault
    this.#disks = disks
    this.#endMs = endMs
    this.#signal = signal
  }

  get #isOver(): boolean {
    return this.#signal.aborted || Date.now() > this.#endMs
  }

  async play(): Promise<void> {
    await Promise.all([...this.#disks.map((disk, index) => this.#dumps(disk, index)), this.#prunes(), this.#checks(), this.#kill()])
  }

  /** Does `work`; what fails while a process was killed, or before it was up again, is forgiven. */
  async #beside(what: string, work: () => Promise<void>): Promise<void> {
    const kills = this.#kills
    try {
      await work()
    } catch (error) {
      if (kills === this.#kills && !this.#isKilling) throw new Error(`${what} failed, and nothing was killed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      await sleep(500)
    }
  }

  #isKilling = false

  async #dumps(disk: VaultDisk, index: number): Promise<void> {
    const attempts: Attempt[] = []
    this.attempts.set(disk.host, attempts)
    for (let edit = 0; !this.#isOver; edit++) {
      editTree(disk.disk, 1000 * index + edit, 15)
      const attempt: Attempt = { sum: sumOfTree(disk.disk), run: undefined, isGood: false }
      attempts.push(attempt)
      await this.#beside(`a dump of ${disk.host}`, async () => {
        this.counts.broken += 1
        const { run, dumps } = await this.#vault.lab.dump(disk.host)
        const dump = dumps.find((found) => found.disk === disk.disk)
        must(dump?.status === 'complete', `${dump?.status ?? 'it is not there'}: ${dump?.faultCode ?? ''} ${dump?.message ?? ''}`)
        this.counts.broken -= 1
        this.counts.dumps += 1
        attempt.run = run
        attempt.isGood = true
      })
      await sleep(Math.random() * PAUSE_MS_MAX)
    }
  }

  async #prunes(): Promise<void> {
    while (!this.#isOver) {
      await this.#beside('a prune', async () => {
        await using control = await this.#vault.lab.control()
        await control.call({ kind: 'vault-prune', rules: { last: KEPT }, isNow: Math.random() < 0.5 })
        this.counts.prunes += 1
      })
      await sleep(Math.random() * PAUSE_MS_MAX)
    }
  }

  async #checks(): Promise<void> {
    while (!this.#isOver) {
      await this.#beside('a check', async () => {
        await using control = await this.#vault.lab.control()
        const { result } = (await control.call({ kind: 'vault-check', depth: 'data' })) as ControlResults['vault-check']
        // What a killed server left, and what a prune is just removing, is named by nothing: that is no damage.
        const problems = result.problems.filter(({ kind }) => kind !== 'unknown')
        must(problems.length === 0, `it found ${JSON.stringify(problems.slice(0, 3))}`)
        this.counts.checks += 1
      })
      await sleep(Math.random() * PAUSE_MS_MAX)
    }
  }

  async #kill(): Promise<void> {
    const [least, most] = KILL_MS
    for (let kill = 1; ; kill++) {
      await sleep(least + Math.random() * (most - least))
      if (this.#isOver) return
      this.#isKilling = true
      this.#kills += 1
      if (kill % SERVER_ONE_IN === 0) {
        await this.#vault.kill('server')
        this.counts.serverKills += 1
        await this.#vault.startServer()
        for (const { host } of this.#disks) await this.#vault.untilConnected(host)
      } else {
        const { host } = this.#disks[Math.floor(Math.random() * this.#disks.length)] ?? { host: '' }
        await this.#vault.kill('agent', host)
        this.counts.agentKills += 1
        await this.#vault.startAgent(host)
      }
      this.#kills += 1
      this.#isKilling = false
    }
  }
}

/** Nothing that was promised is missing, what is listed is right, and there is nothing else. Returns how many dumps were restored. */
async function judge(vault: VaultLab, storm: Storm, disks: readonly VaultDisk[], note: (text: string) => void): Promise<number> {
  await using control = await vault.lab.control()
  const pruned = (await control.call({ kind: 'vault-prune', rules: { last: KEPT }, isNow: true })) as ControlResults['vault-prune']
  const { result } = (await control.call({ kind: 'vault-check', depth: 'data' })) as ControlResults['vault-check']
  must(result.problems.length === 0 && result.isComplete, `the check of every byte found ${JSON.stringify(result.problems.slice(0, 5))}`)
  const { orphans } = (await control.call({ kind: 'vault-orphans' })) as ControlResults['vault-orphans']
  must(orphans.length === 0, `behind a prune there are orphans: ${JSON.stringify(orphans.slice(0, 5))}`)
  const { dumps } = (await control.call({ kind: 'vault-dumps' })) as ControlResults['vault-dumps']
  note(`${dumps.length} dumps are listed, ${formatSize(pruned.result?.bytesAfter ?? 0)} stored, ${formatSize(pruned.result?.liveBytes ?? 0)} needed`)
  for (const { host } of disks) {
    const attempts = storm.attempts.get(host) ?? []
    for (const [index, { run, isGood }] of attempts.entries()) {
      // Fewer came behind it than are kept.
      if (isGood && attempts.length - index <= KEPT) must(dumps.some((dump) => dump.host === host && dump.run === run), `the dump of ${host} of ${run} was reported as good and is not listed`)
    }
  }
  for (const [index, { host, disk, run }] of dumps.entries()) {
    const attempts = storm.attempts.get(host) ?? []
    const known = attempts.filter((attempt) => attempt.run === run)
    const to = path.join(vault.dir, 'restored', String(index))
    mkdirSync(path.dirname(to), { recursive: true })
    await vault.lab.must('server', ['restore', host, disk, '--at', run, '--to', to])
    const sum = sumOfTree(to)
    // A dump whose server died before it told is one of those that nobody heard of.
    const candidates = known.length > 0 ? known : attempts.filter((attempt) => attempt.run === undefined)
    must(candidates.some((attempt) => attempt.sum === sum), `the restore of ${disk} of ${run} differs from the tree that was dumped`)
    execFileSync('rm', ['-rf', to])
  }
  return dumps.length
}

async function run({ dir, note, signal, parts }: CaseContext): Promise<string> {
  const seconds = Number(parts[0] ?? DEFAULT_S)
  must(Number.isSafeInteger(seconds) && seconds > 0, `vault-storm:SECONDS takes a number of seconds, not ${parts[0]}`)
  const disks: readonly VaultDisk[] = ['client', 'other'].map((host) => ({ host, disk: path.join(dir, `tree-${host}`), application: 'archive' }))
  for (const [index, { disk }] of disks.entries()) makeRandomTree(disk, 50 + index, { fileCount: 600, dirCount: 40, fileBytesMax: 400_000 })
  await using vault = await VaultLab.start(dir, disks)
  const storm = new Storm(vault, disks, Date.now() + seconds * 1000, signal)
  await storm.play()
  const { dumps, broken, prunes, checks, agentKills, serverKills } = storm.counts
  const seen = `${seconds} s: ${dumps} dumps good and ${broken} broken off beside ${prunes} prunes and ${checks} checks of every byte, ${agentKills} agents and ${serverKills} servers killed`
  note(seen)
  const restored = await judge(vault, storm, disks, note)
  return `${seen}; the ${restored} dumps that are listed restore as they were`
}

export const integrationCase: IntegrationCase = { name: 'vault-storm', summary: 'a vault with two agents, prunes and checks at once, and kill -9 of all of them', needs: [], timeoutMs: 600_000 + END_MS, isInTest: false, run }
