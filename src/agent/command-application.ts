// The application `command`: the dump is what a command prints (`pg_dump`, `mysqldump`, `virsh`), and its exit status decides. Only
// programs that the agent's own configuration names may run: a server must not be able to start anything it likes on a client.

import type { Clock } from '../kernel/clock.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { describeExit, type ProcessRunner, type RunningProcess } from '../kernel/processes.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import type { Application, DiskJob, DumpJob, DumpOutcome, PreparedDump, RunningDump, Say } from './application.ts'
import type { SelfcheckFinding } from '../wire/amanda/selfcheck-reply.ts'
import { eachLine, onAbort, stopProgram } from '../stream/programs.ts'

/** Programs that print a dump and change nothing. */
export const DEFAULT_COMMANDS: readonly string[] = ['pg_dump', 'pg_dumpall', 'mysqldump', 'mariadb-dump', 'virsh']

export interface CommandParts {
  readonly clock: Clock
  readonly processes: ProcessRunner
  /** First words that `command` may have: names looked up in the path, or absolute paths. */
  readonly allowedCommands: readonly string[]
}

function commandOf(job: DiskJob, allowed: readonly string[]): [string, ...string[]] {
  const [program, ...rest] = job.properties.get('command') ?? []
  if (program === undefined) throw new Fault('config-invalid', `${job.disk}: the application command needs the property command`)
  if (!allowed.includes(program)) throw new Fault('not-permitted', `${job.disk}: the agent may not run ${program}`, { next: `Add ${program} to the commands in the configuration of the agent.` })
  return [program, ...rest]
}

export function createCommandApplication(parts: CommandParts): Application {
  return {
    name: 'command',
    levelMax: 0,
    selfcheck(job): Promise<SelfcheckFinding[]> {
      try {
        return Promise.resolve([{ severity: 'info', text: `${job.disk}: the dump is the output of ${commandOf(job, parts.allowedCommands)[0]}` }])
      } catch (error) {
        const fault = faultOf(error)
        return Promise.resolve([{ severity: 'error', text: `${fault.message}. ${fault.next}` }])
      }
    },
    estimate(job): Promise<number> {
      if (job.level > 0) return Promise.resolve(-2)
      commandOf(job, parts.allowedCommands)
      // Running the command would cost as much as the dump. The operator may say what to expect.
      const stated = job.properties.get('estimate-kib')?.at(-1)
      return Promise.resolve(stated !== undefined && /^\d{1,12}$/.test(stated) ? Math.max(1, Number(stated)) : -1)
    },
    prepareDump(job, signal): Promise<PreparedDump> {
      const argv = commandOf(job, parts.allowedCommands)
      const recoverCommand = job.properties.get('restore-command')?.join(' ') ?? 'cat'
      return Promise.resolve({ program: 'APPLICATION', application: 'command', recoverCommand, start: (say) => start(parts, job, argv, say, signal), abandon: () => Promise.resolve() })
    },
  }
}

async function start(parts: CommandParts, job: DumpJob, argv: readonly [string, ...string[]], say: Say, signal: AbortSignal): Promise<RunningDump> {
  const program = await parts.processes.start({ argv, workingDir: '/' })
  program.stdin.end().catch(() => undefined)
  const unwatch = onAbort(signal, () => void stopProgram(program, parts.clock))
  let bytes = 0
  const data: ByteSource = {
    async read() {
      const piece = await program.stdout.read()
      if (piece !== null) bytes += piece.length
      return piece
    },
    cancel: (reason) => program.stdout.cancel(reason),
  }
  return {
    data,
    index: { kind: 'fixed', lines: [`/${job.properties.get('index-name')?.at(-1)?.replace(/[/\n]/g, '_') ?? 'output'}`] },
    outcome: watch(program, say, argv[0], () => bytes).finally(unwatch),
    commit: () => Promise.resolve(),
    abandon: () => stopProgram(program, parts.clock),
  }
}

/** Every line on stderr is strange: a command that dumps prints none when all is well. Never rejects. */
async function watch(program: RunningProcess, say: Say, name: string, bytes: () => number): Promise<DumpOutcome> {
  let last = ''
  try {
    await eachLine(program.stderr, async (line) => {
      last = line
      await say({ kind: 'strange', text: line })
    })
  } catch (error) {
    program.kill('SIGKILL')
    return { kind: 'failed', text: `the messages of ${name} cannot be passed on: ${faultOf(error).message}` }
  }
  const exit = await program.exit
  if (exit.code !== 0) return { kind: 'failed', text: `${name} ${describeExit(exit)}${last === '' ? '' : `: ${last}`}` }
  return { kind: 'good', sizeKib: Math.ceil(bytes() / 1024) }
}
