// One server and one agent on this machine that dump trees level by level, and the ways back from each dump: our restore, GNU tar as it comes (with
// and without its dump directories), bsdtar. Each way ends in a tree that tree-verdict.ts compares.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { command, runCommand } from './commands.ts'
import { freePort, HoldfastLab } from './holdfast.ts'
import { archiveCommand } from './taped-dump.ts'

export const HOST = 'client'

export interface LabDisk {
  readonly name: string
  readonly tree: string
  readonly application: string
  /** More lines of the disk's entry, each `key: value`. */
  readonly settings?: readonly string[]
}

interface Summary {
  readonly run: string
  readonly dumps: readonly { readonly disk: string; readonly level: number; readonly status?: string; readonly outcome?: string; readonly message?: string; readonly bytes: number }[]
}

/** One run of some disks. */
export interface LabRun {
  readonly run: string
  readonly level: number
  readonly bytesOf: ReadonlyMap<string, number>
}

/** What tar says of a clock and of the paths that it cannot make is no complaint about the archive. */
const TAR_MAY_SAY = /File name too long|Exiting with failure status due to previous errors/

export class FidelityLab implements AsyncDisposable {
  readonly #dir: string
  readonly holdfast: HoldfastLab

  private constructor(dir: string, holdfast: HoldfastLab) {
    this.#dir = dir
    this.holdfast = holdfast
  }

  /** `agentWords` run the agent. */
  static async start(dir: string, disks: readonly LabDisk[], agentYaml = '', agentWords: readonly string[] = []): Promise<FidelityLab> {
    const entries = disks.map(({ name, tree, application, settings }) => `    - disk: ${name}\n      device: ${tree}\n      application: ${application}\n      compress: none\n${(settings ?? ['exclude: []']).map((line) => `      ${line}\n`).join('')}`)
    const holdfast = new HoldfastLab({ dir: path.join(dir, 'holdfast'), port: await freePort(), serverYaml: `hosts:\n  ${HOST}:\n${entries.join('')}`, agentYaml, on: (side, argv) => (side === 'agent' ? [...agentWords, ...argv] : argv) as [string, ...string[]] })
    await holdfast.startServer()
    await holdfast.enrol(HOST)
    await holdfast.startAgent(HOST)
    return new FidelityLab(dir, holdfast)
  }

  /** Dumps `disks` at `level`; all of them must be good. */
  async dump(disks: readonly string[], level: number): Promise<LabRun> {
    const result = await this.holdfast.run('server', ['dump', HOST, ...disks, '--level', String(level), '--json'])
    const summary = JSON.parse(result.stdout === '' ? '{"dumps":[]}' : result.stdout) as Summary
    const bad = summary.dumps.filter((dump) => dump.status !== 'complete' || dump.level !== level)
    if (summary.dumps.length !== disks.length || bad.length > 0) throw new Error(`the run at level ${level} ended with ${result.status}: ${JSON.stringify(bad).slice(0, 2000)} ${result.stderr.slice(0, 1000)}`)
    return { run: summary.run, level, bytesOf: new Map(summary.dumps.map((dump) => [dump.disk, dump.bytes])) }
  }

  #fresh(name: string): string {
    const target = path.join(this.#dir, 'restored', name)
    mkdirSync(path.dirname(target), { recursive: true })
    return target
  }

  /** The state of `disk` at `run` by our own restore. */
  async restore(disk: string, run: string, name: string, ...options: string[]): Promise<string> {
    const target = this.#fresh(name)
    await this.holdfast.must('server', ['restore', HOST, disk, '--at', run, '--to', target, ...options])
    return target
  }

  /** The bytes of one dump go through `program`; what it says and `mayNotSay` does not allow is an error. */
  async #through(disk: string, run: string, program: string, target: string, maySay: RegExp): Promise<void> {
    mkdirSync(target, { recursive: true })
    // The status of the program alone: tar may go before the last zeros of the archive are read.
    const { status, stderr } = await runCommand(['bash', '-c', `( ${archiveCommand(path.join(this.holdfast.dir, 'volumes'), disk, run)} ) | ( cd "$1" && ${program} ); exit "\${PIPESTATUS[1]}"`, 'sh', target], { timeoutMs: 600_000 })
    const said = stderr.split('\n').filter((line) => line !== '' && !maySay.test(line))
    if (said.length > 0 || (status !== 0 && stderr === '')) throw new Error(`${program.slice(0, 20)}… of ${disk} of ${run} ended with ${status} and said: ${said.slice(0, 10).map((line) => line.slice(0, 400)).join(' | ')}`)
  }

  /**
   * One level by GNU tar that obeys the dump directories, into `name`, which holds the levels before. It runs there: for directories that were renamed in a circle tar
   * makes a temporary one, and forgets `-C` when it does. Lines that `maySay` knows are no error.
   */
  async tarIncremental(disk: string, { run }: LabRun, name: string, maySay?: RegExp): Promise<string> {
    const target = this.#fresh(name)
    await this.#through(disk, run, `tar --extract --file=- --listed-incremental=/dev/null --warning=no-timestamp --same-owner --numeric-owner --preserve-permissions --acls --xattrs --xattrs-include='*'`, target, maySay === undefined ? TAR_MAY_SAY : new RegExp(`${TAR_MAY_SAY.source}|${maySay.source}`))
    return target
  }

  /** `tar xf` as people type it, with what it needs to keep attributes. */
  async tarPlain(disk: string, { run }: LabRun, name: string): Promise<string> {
    const target = this.#fresh(name)
    await this.#through(disk, run, `tar -xpf - --warning=no-timestamp --numeric-owner --acls --xattrs --xattrs-include='*'`, target, TAR_MAY_SAY)
    return target
  }

  /** Every dump that there is: checksums, and what `--deep` looks at. */
  async verify(...options: string[]): Promise<string> {
    return await this.holdfast.must('server', ['verify', ...options])
  }

  /** Names below may be too long for Node to remove. */
  async remove(...dirs: string[]): Promise<void> {
    await command(['rm', '-rf', '--', ...dirs])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.holdfast[Symbol.asyncDispose]()
  }
}
