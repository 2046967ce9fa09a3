// The application `gnutar`: dumps of a directory by GNU tar with its listed-incremental snapshots. The dump is a plain tar stream that
// any tar restores. Snapshots: snapshots.ts; command line: tar-arguments.ts; verdicts on messages: tar-messages.ts.

import type { Clock } from '../../kernel/clock.ts'
import { readFile, type Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { describeExit, type ProcessRunner, type RunningProcess } from '../../kernel/processes.ts'
import type { SelfcheckFinding } from '../../wire/amanda/selfcheck-reply.ts'
import type { Application, DiskJob, DumpJob, DumpOutcome, PreparedDump, RunningDump, Say } from '../application.ts'
import { checkDirectory, directoryFindings } from '../directory-checks.ts'
import { eachLine, onAbort, runShort, stopProgram } from '../../stream/programs.ts'
import type { SnapshotDraft, SnapshotFiles } from '../snapshot-files.ts'
import { tarArguments, type TarAbilities, type TarInvocation } from './tar-arguments.ts'
import { classifyTarLine, totalBytesOf } from './tar-messages.ts'

export interface GnutarParts {
  readonly clock: Clock
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly snapshots: SnapshotFiles
  /** The program; by default `tar`, looked up in the path. */
  readonly tar?: string
}

const LEVEL_MAX = 9
const LIST_BYTES_MAX = 1024 * 1024
/** tar ends with 1 when a file changed while it was read; the dump is good. */
const GOOD_EXITS = new Set([0, 1])

export function createGnutar(parts: GnutarParts): Application {
  return new Gnutar(parts)
}

class Gnutar implements Application {
  readonly name = 'gnutar'
  readonly levelMax = LEVEL_MAX
  readonly #parts: GnutarParts
  readonly #tar: string
  #abilities: Promise<TarAbilities> | undefined

  constructor(parts: GnutarParts) {
    this.#parts = parts
    this.#tar = parts.tar ?? 'tar'
  }

  async selfcheck(job: DiskJob, signal: AbortSignal): Promise<SelfcheckFinding[]> {
    const findings: SelfcheckFinding[] = []
    try {
      const { version, extendedAttributes } = await this.#probe(signal)
      findings.push({ severity: 'info', text: `gnutar: ${version}` })
      if (!extendedAttributes) findings.push({ severity: 'info', code: 'tar-limited', disk: job.disk, text: `${job.disk}: ${version} keeps no extended attributes and access lists` })
    } catch (error) {
      const fault = faultOf(error)
      return [{ severity: 'error', code: 'tar-unusable', disk: job.disk, text: `${job.disk}: ${fault.message}. ${fault.next}` }]
    }
    // Preparing fails for includes that match nothing.
    const prepare = async (): Promise<unknown> => await tarArguments(job, this.#parts.disk, await this.#invocation('/dev/null', true, signal))
    return [...findings, ...(await directoryFindings(job, this.#parts.disk, this.name, prepare))]
  }

  async estimate(job: DumpJob, signal: AbortSignal): Promise<number> {
    if (job.level > LEVEL_MAX) return -2
    await checkDirectory(this.#parts.disk, job.device, this.name)
    return await this.#parts.snapshots.forEstimate(job, async (draft) => {
      const argv = await tarArguments(job, this.#parts.disk, await this.#invocation(draft.path, true, signal))
      const { exit, stderr } = await runShort(this.#parts.processes, this.#parts.clock, { argv, workingDir: '/' }, signal)
      const bytes = stderr.map(totalBytesOf).find((total) => total !== undefined)
      if (exit.code === null || !GOOD_EXITS.has(exit.code) || bytes === undefined) {
        const reason = stderr.findLast((line) => classifyTarLine(line)?.kind === 'strange') ?? ''
        throw new Fault('process-failed', `tar ${describeExit(exit)}${reason === '' ? '' : `: ${reason}`}`)
      }
      return Math.ceil(bytes / 1024)
    })
  }

  async prepareDump(job: DumpJob, signal: AbortSignal): Promise<PreparedDump> {
    await checkDirectory(this.#parts.disk, job.device, this.name)
    const { snapshots } = this.#parts
    return await snapshots.forDump(job, async (draft) => {
      const argv = await tarArguments(job, this.#parts.disk, await this.#invocation(draft.path, false, signal))
      return {
        program: '/bin/tar',
        recoverCommand: '/bin/tar -xpGf - ...',
        start: (say) => this.#start(job, draft, argv, say, signal),
        abandon: () => snapshots.discard(draft),
      }
    })
  }

  async #start(job: DumpJob, draft: SnapshotDraft, argv: readonly [string, ...string[]], say: Say, signal: AbortSignal): Promise<RunningDump> {
    const { processes, clock, snapshots } = this.#parts
    let program: RunningProcess
    try {
      program = await processes.start({ argv, workingDir: '/' })
    } catch (error) {
      await snapshots.discard(draft)
      throw error
    }
    program.stdin.end().catch(() => undefined)
    const unwatch = onAbort(signal, () => void stopProgram(program, clock))
    const outcome = readMessages(program, say).finally(unwatch)
    let isSettled = false
    return {
      data: program.stdout,
      index: { kind: 'tar' },
      outcome,
      async commit() {
        if (isSettled) return
        isSettled = true
        if (job.record) await snapshots.keep(draft)
        else await snapshots.discard(draft)
      },
      async abandon() {
        if (isSettled) return
        isSettled = true
        await stopProgram(program, clock)
        await snapshots.discard(draft)
      },
    }
  }

  async #invocation(snapshotPath: string, isEstimate: boolean, signal: AbortSignal): Promise<TarInvocation> {
    const readLines = async (path: string): Promise<string[]> => (await readFile(this.#parts.disk, path, LIST_BYTES_MAX)).toString('utf8').split('\n').filter((line) => line !== '')
    return { tar: this.#tar, abilities: await this.#probe(signal), snapshotPath, isEstimate, readLines }
  }

  async #probe(signal: AbortSignal): Promise<TarAbilities> {
    this.#abilities ??= this.#ask(signal)
    try {
      return await this.#abilities
    } catch (error) {
      this.#abilities = undefined
      throw error
    }
  }

  async #ask(signal: AbortSignal): Promise<TarAbilities> {
    const { processes, clock } = this.#parts
    const version = await runShort(processes, clock, { argv: [this.#tar, '--version'], workingDir: '/' }, signal)
    const first = version.stdout[0] ?? ''
    if (!first.includes('GNU tar')) throw new Fault('process-missing', `${this.#tar} is not GNU tar`, { next: 'Install GNU tar on the client.' })
    const help = await runShort(processes, clock, { argv: [this.#tar, '--help'], workingDir: '/' }, signal)
    return { version: first, extendedAttributes: help.stdout.some((line) => line.includes('--xattrs')) && help.stdout.some((line) => line.includes('--acls')) }
  }
}

/** Passes tar's lines on and judges its end. Never rejects. */
async function readMessages(program: RunningProcess, say: Say): Promise<DumpOutcome> {
  let totalBytes: number | undefined
  let lastStrange = ''
  try {
    await eachLine(program.stderr, async (line) => {
      totalBytes = totalBytesOf(line) ?? totalBytes
      const verdict = classifyTarLine(line)
      if (verdict === undefined) return
      if (verdict.kind === 'strange') lastStrange = line
      await say(verdict)
    })
  } catch (error) {
    program.kill('SIGKILL')
    return { kind: 'failed', text: `the messages of tar cannot be passed on: ${faultOf(error).message}` }
  }
  const exit = await program.exit
  if (exit.code === null || !GOOD_EXITS.has(exit.code)) return { kind: 'failed', text: `tar ${describeExit(exit)}${lastStrange === '' ? '' : `: ${lastStrange}`}` }
  if (totalBytes === undefined) return { kind: 'failed', text: 'tar did not say how much it wrote' }
  return { kind: 'good', sizeKib: Math.ceil(totalBytes / 1024) }
}
