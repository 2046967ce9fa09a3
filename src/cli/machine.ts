// What the command knows about the machine and its caller: user, environment, terminal, places of files. The only file of the
// program that reads process.env.

import { availableParallelism, hostname, homedir, userInfo } from 'node:os'
import path from 'node:path'
import type { AgentDirectories } from '../config/agent-config.ts'
import type { DirectoriesConfig } from '../config/resolved.ts'

export interface Machine {
  readonly hostname: string
  readonly isRoot: boolean
  /** Login of the user that runs the program; its number when it has none. */
  readonly userName: string
  readonly home: string
  /** Threads that can run at one time. */
  readonly cores: number
  readonly environment: Readonly<Record<string, string | undefined>>
}

function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '')
  }
}

export function thisMachine(): Machine {
  return { hostname: hostname(), isRoot: process.getuid?.() === 0, userName: loginName(), home: homedir(), cores: availableParallelism(), environment: process.env }
}

export interface Places {
  readonly serverConfig: string
  readonly agentConfig: string
  readonly server: DirectoriesConfig
  readonly agent: AgentDirectories
}

/** Where things are when nothing else is said: the system's places for root, the XDG ones for everybody else. */
export function placesOf(machine: Machine): Places {
  const { environment } = machine
  if (machine.isRoot) {
    return {
      serverConfig: '/etc/holdfast/holdfast.yaml',
      agentConfig: '/etc/holdfast/agent.yaml',
      server: { state: '/var/lib/holdfast', cache: '/var/cache/holdfast', run: '/run/holdfast', log: '/var/log/holdfast' },
      agent: { state: '/var/lib/holdfast/agent', log: '/var/log/holdfast' },
    }
  }
  const xdg = (name: string, fallback: string): string => xdgPlace(machine, name, fallback)
  const config = xdg('XDG_CONFIG_HOME', '.config')
  const state = xdg('XDG_STATE_HOME', '.local/state')
  const run = environment['XDG_RUNTIME_DIR'] === undefined ? path.join(state, 'run') : xdg('XDG_RUNTIME_DIR', '')
  return {
    serverConfig: path.join(config, 'holdfast.yaml'),
    agentConfig: path.join(config, 'agent.yaml'),
    server: { state, cache: xdg('XDG_CACHE_HOME', '.cache'), run, log: path.join(state, 'log') },
    agent: { state: path.join(state, 'agent'), log: path.join(state, 'log') },
  }
}

function xdgPlace({ environment, home }: Machine, name: string, fallback: string): string {
  const value = environment[name]
  return path.join(value !== undefined && path.isAbsolute(value) ? value : path.join(home, fallback), 'holdfast')
}

/** What a person leaves behind, root or not: the history of a shell. */
export function personalState(machine: Machine): string {
  return xdgPlace(machine, 'XDG_STATE_HOME', '.local/state')
}

/** The places of a server that keeps everything below `root`: for a first try, and for tests. */
export function placesUnder(root: string): DirectoriesConfig {
  return { state: path.join(root, 'state'), cache: path.join(root, 'cache'), run: path.join(root, 'run'), log: path.join(root, 'log') }
}
