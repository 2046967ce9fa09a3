// Real programs behind the ProcessRunner contract.

import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { Fault, systemErrorCode } from './fault.ts'
import { sinkOfWritable, sourceOfReadable } from './node-streams.ts'
import { sourceOfSocket } from './socket-source.ts'
import type { ProcessExit, ProcessRunner, ProcessSpec, RunningProcess } from './processes.ts'

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The environment programs get unless the caller says otherwise: enough to find things, and messages that are not translated. */
function defaultEnvironment(): Record<string, string> {
  const environment: Record<string, string> = { PATH: process.env['PATH'] ?? DEFAULT_PATH, LC_ALL: 'C', LANG: 'C' }
  for (const name of ['HOME', 'USER', 'TZ', 'TMPDIR']) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}

/** Must be called before the child was read from. */
function wrap(child: ChildProcess, spec: ProcessSpec, ownGroup: boolean): RunningProcess {
  const exit = new Promise<ProcessExit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const extra = (spec.extraPipes ?? []).map((direction, index) => {
    const pipe = child.stdio[3 + index]
    return direction === 'in' ? sinkOfWritable(pipe as Writable) : sourceOfSocket(pipe as Socket)
  })
  return {
    pid: child.pid ?? -1,
    stdin: sinkOfWritable(child.stdin as Writable),
    stdout: sourceOfSocket(child.stdout as Socket),
    stderr: sourceOfReadable(child.stderr as Readable),
    extra,
    exit,
    kill(signal) {
      if (child.pid === undefined) return
      try {
        process.kill(ownGroup ? -child.pid : child.pid, signal)
      } catch {
        // Already gone: what was asked for has happened.
      }
    },
  }
}

export const nodeProcesses: ProcessRunner = {
  start(spec) {
    const ownGroup = spec.ownGroup ?? true
    const stdio: StdioOptions = ['pipe', 'pipe', 'pipe', ...(spec.extraPipes ?? []).map(() => 'pipe' as const)]
    const [program, ...args] = spec.argv
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        stdio,
        detached: ownGroup,
        env: spec.environment ?? defaultEnvironment(),
        ...(spec.workingDir === undefined ? {} : { cwd: spec.workingDir }),
      })
      child.once('error', (error) => {
        const code = systemErrorCode(error) === 'ENOENT' ? 'process-missing' : 'permission-denied'
        reject(new Fault(code, `cannot start ${program}: ${error.message}`, { cause: error, context: { program } }))
      })
      if (child.pid === undefined) return
      const running = wrap(child, spec, ownGroup)
      child.once('spawn', () => resolve(running))
    })
  },
}
