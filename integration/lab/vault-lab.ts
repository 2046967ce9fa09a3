// A server whose storage is a vault, with agents beside it, and what is known of each dump: the run, a copy of the tree as it was, and what its progress said.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { DumpProgress, RunSummary, ServerEvent } from '../../src/server/control/contract.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { waitUntil, type BackgroundProcess } from './commands.ts'
import { freePort, HoldfastLab, type Side } from './holdfast.ts'
import { must } from './must.ts'

export interface VaultDisk {
  readonly host: string
  readonly disk: string
  readonly application: 'archive' | 'gnutar'
}

/** A date that can be restored. */
export interface KeptDate {
  readonly disk: string
  readonly host: string
  readonly run: string
  readonly copy: string
}

const LINK_MS_MAX = 60_000

export class VaultLab implements AsyncDisposable {
  readonly lab: HoldfastLab
  readonly dir: string
  readonly dates: KeptDate[] = []
  readonly #agents = new Map<string, HoldfastLab>()
  readonly #processes = new Map<string, BackgroundProcess>()

  private constructor(dir: string, lab: HoldfastLab) {
    this.dir = dir
    this.lab = lab
  }

  /** With all agents enrolled and running. `storage`: more lines of the storage. */
  static async start(dir: string, disks: readonly VaultDisk[], storage = ''): Promise<VaultLab> {
    const port = await freePort()
    const hosts = [...Map.groupBy(disks, ({ host }) => host)].map(([host, ofHost]) => `  ${host}:\n${ofHost.map(({ disk, application }) => `    - {disk: ${disk}, application: ${application}, exclude: []}\n`).join('')}`)
    const serverYaml = `storage:\n  kind: vault\n  directory: ${dir}/vault\n${storage}hosts:\n${hosts.join('')}`
    const names = [...new Set(disks.map(({ host }) => host))]
    const vaultLab = new VaultLab(dir, new HoldfastLab({ dir, port, serverYaml }))
    for (const [index, host] of names.entries()) vaultLab.#agents.set(host, index === 0 ? vaultLab.lab : new HoldfastLab({ dir: path.join(dir, `agent-${host}`), port, serverYaml }))
    await vaultLab.startServer()
    for (const [host, agent] of vaultLab.#agents) {
      const token = /hf1\.[\w-]+/.exec(await vaultLab.lab.must('server', ['agents', 'token', host]))?.[0]
      must(token !== undefined, 'agents token printed no token')
      await agent.must('agent', ['agent', 'enrol', token ?? ''])
      await vaultLab.startAgent(host)
    }
    return vaultLab
  }

  async startServer(): Promise<void> {
    this.#processes.set('', await this.lab.startServer())
  }

  async startAgent(host: string): Promise<void> {
    const agent = this.#agents.get(host)
    if (agent === undefined) throw new Error(`no agent ${host}`)
    this.#processes.set(host, await agent.startAgent(host))
  }

  /** kill -9, and no help. `who`: a host, or the server. */
  async kill(side: Side, host = ''): Promise<void> {
    const running = this.#processes.get(side === 'server' ? '' : host)
    if (running === undefined) return
    process.kill(running.pid, 'SIGKILL')
    await running.exit()
  }

  async untilConnected(host: string): Promise<void> {
    await waitUntil(`${host} to be connected`, LINK_MS_MAX, async () => (await this.lab.status()).agents.some((agent) => agent.host === host && agent.isConnected))
  }

  /** A run of one host that must be good. */
  async dump(host: string, onEvent?: (event: ServerEvent) => void): Promise<RunSummary> {
    const summary = await this.lab.dump(host, onEvent)
    must(summary.failed === 0 && summary.strange === 0 && summary.inVault === summary.dumps.length, `a dump of ${host}: ${summary.dumps.map((dump) => `${dump.disk} ${dump.status} ${dump.outcome} ${dump.faultCode ?? ''} ${dump.message ?? ''}`).join('; ')}`)
    return summary
  }

  /** Dumps and keeps a copy of what was dumped. */
  async date(disk: VaultDisk, onEvent?: (event: ServerEvent) => void): Promise<DumpProgress> {
    const summary = await this.dump(disk.host, onEvent)
    this.keep(disk, summary.run)
    const found = summary.dumps.find((dump) => dump.disk === disk.disk)
    if (found === undefined) throw new Error(`the run ${summary.run} has no dump of ${disk.disk}`)
    return found
  }

  keep({ host, disk }: VaultDisk, run: string): void {
    const copies = path.join(this.dir, 'copies')
    mkdirSync(copies, { recursive: true })
    const copy = path.join(copies, `${run}-${path.basename(disk)}`)
    execFileSync('cp', ['-a', '--reflink=auto', disk, copy])
    this.dates.push({ host, disk, run, copy })
  }

  /** Every date comes back as it was; returns how many entries. */
  async restoreAll(what: string): Promise<number> {
    let entries = 0
    for (const [index, { host, disk, run, copy }] of this.dates.entries()) {
      const to = path.join(this.dir, 'restored', `${what}-${index}`)
      mkdirSync(path.dirname(to), { recursive: true })
      await this.lab.must('server', ['restore', host, disk, '--at', run, '--to', to])
      const { differences, entryCount } = compareTrees(copy, to)
      must(differences.length === 0, `${what}: the restore of ${disk} of ${run} differs: ${differences.slice(0, 8).join('; ')}`)
      execFileSync('rm', ['-rf', to])
      entries += entryCount
    }
    return entries
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of new Set([...this.#agents.values(), this.lab])) await agent[Symbol.asyncDispose]()
  }
}
