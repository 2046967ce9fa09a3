// What the words behind `holdfast doctor logs` mean: a file or directory of logs, `-`, the name or the amanda.conf of a configuration of Amanda, a
// holdfast.yaml or agent.yaml, or nothing: the logs of this machine. Says for each which logs it stands for.

import path from 'node:path'
import { CONFIG_DIRS, DEBUG_DIRS, findLogPlaces } from '../doctor/logs/amanda-config.ts'
import { readFile } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { CliContext } from './context.ts'
import { placesOf } from './machine.ts'

const CONFIG_BYTES_MAX = 4 * 1024 * 1024
/** Files that include one another. */
const INCLUDED_MAX = 16

export const STANDARD_INPUT = '-'

export interface LogPlaces {
  /** Files and directories that are there, and STANDARD_INPUT. */
  readonly names: readonly string[]
  /** How words that are no files were understood. */
  readonly said: readonly string[]
}

async function isThere(context: CliContext, name: string): Promise<boolean> {
  return (await context.disk.stat(name)) !== undefined
}

async function present(context: CliContext, names: readonly string[]): Promise<string[]> {
  const there: string[] = []
  for (const name of names) if (await isThere(context, name)) there.push(name)
  return there
}

async function readText(context: CliContext, file: string): Promise<string> {
  return (await readFile(context.disk, file, CONFIG_BYTES_MAX)).toString('utf8')
}

async function logDirOf(context: CliContext, file: string): Promise<string | undefined> {
  const dir = path.dirname(file)
  const files = [file]
  let logDir: string | undefined
  for (let index = 0; index < Math.min(files.length, INCLUDED_MAX); index++) {
    const one = files[index]
    if (one === undefined || !(await isThere(context, one))) continue
    const places = findLogPlaces(await readText(context, one))
    logDir ??= places.logDir
    files.push(...places.included.map((name) => path.resolve(dir, name)))
  }
  return logDir === undefined ? undefined : path.resolve(dir, logDir)
}

/** Of the configuration whose amanda.conf is `file`: its own logs, and the debug files of the installed Amanda that are its or anybody's. */
async function amandaLogs(context: CliContext, file: string): Promise<LogPlaces> {
  const name = path.basename(path.dirname(file))
  const logDir = await logDirOf(context, file)
  const [debugDir] = await present(context, DEBUG_DIRS)
  const debugDirs = debugDir === undefined ? [] : await present(context, [path.join(debugDir, 'server', name), path.join(debugDir, 'client', name), path.join(debugDir, 'amandad')])
  const names = [...(logDir === undefined ? [] : await present(context, [logDir])), ...(debugDirs.length > 0 || debugDir === undefined ? debugDirs : [debugDir])]
  if (names.length === 0) throw new Fault('file-missing', `the configuration ${file} has no logs here${logDir === undefined ? ': it says no logdir' : `: there is no ${logDir}`}`)
  return { names, said: [`${file}: ${names.join(', ')}`] }
}

async function ourLogs(context: CliContext, file: string): Promise<LogPlaces> {
  // The doctor reads logs far more often than configurations, and these need much of the program.
  const { parseAgentConfig } = await import('../config/agent-config.ts')
  const { parseServerConfig } = await import('../config/server-config.ts')
  const text = await readText(context, file)
  const places = placesOf(context.machine)
  const server = parseServerConfig(text, file, places.server)
  const agent = server.kind === 'config' ? undefined : parseAgentConfig(text, file, places.agent)
  const dir = server.kind === 'config' ? server.config.directories.log : agent?.kind === 'config' ? agent.config.logDir : undefined
  if (dir === undefined) throw new Fault('config-invalid', `${file} is not a configuration that can be read, so it does not say where its logs are`, { next: 'Run `holdfast config check`, or name the logs themselves.' })
  if (!(await isThere(context, dir))) throw new Fault('file-missing', `the logs of ${file} would be in ${dir}, which does not exist`)
  return { names: [dir], said: [`${file}: ${dir}`] }
}

async function placesOfWord(context: CliContext, word: string): Promise<LogPlaces> {
  if (word === STANDARD_INPUT) return { names: [word], said: [] }
  if (await isThere(context, word)) {
    if (path.basename(word) === 'amanda.conf') return amandaLogs(context, word)
    if (/\.ya?ml$/.test(word)) return ourLogs(context, word)
    const inside = path.join(word, 'amanda.conf')
    return (await isThere(context, inside)) ? amandaLogs(context, inside) : { names: [word], said: [] }
  }
  if (/^[\w.-]+$/.test(word)) {
    const [file] = await present(context, CONFIG_DIRS.map((dir) => path.join(dir, word, 'amanda.conf')))
    if (file !== undefined) return amandaLogs(context, file)
  }
  throw new Fault('file-missing', `${word} is no file, and no configuration of Amanda below ${CONFIG_DIRS.join(', ')}`, { next: 'Name a log file, a directory, a configuration, or - for text on standard input.' })
}

/** The logs of this machine: of our configurations, of those of Amanda, and its debug files. */
async function machineLogs(context: CliContext): Promise<LogPlaces> {
  const places = placesOf(context.machine)
  const names = await present(context, [...new Set([places.server.log, places.agent.log])])
  const said = names.map((name) => `our logs: ${name}`)
  for (const dir of await present(context, CONFIG_DIRS)) {
    for (const { name } of await context.disk.list(dir)) {
      const file = path.join(dir, name, 'amanda.conf')
      const logDir = (await isThere(context, file)) ? await logDirOf(context, file) : undefined
      if (logDir === undefined || !(await isThere(context, logDir))) continue
      names.push(logDir)
      said.push(`${file}: ${logDir}`)
    }
  }
  const [debugDir] = await present(context, DEBUG_DIRS)
  if (debugDir !== undefined) {
    names.push(debugDir)
    said.push(`debug files of Amanda: ${debugDir}`)
  }
  if (names.length === 0) throw new Fault('file-missing', 'this machine has no logs where Holdfast or Amanda keeps them', { next: 'Name log files, directories, a configuration of Amanda, or - for text on standard input.' })
  // A directory that lies in another is read with it.
  return { names: names.filter((name, index) => names.indexOf(name) === index && !names.some((other) => name !== other && name.startsWith(`${other}/`))), said }
}

export async function logPlacesOf(context: CliContext, words: readonly string[]): Promise<LogPlaces> {
  if (words.length === 0) return machineLogs(context)
  const names: string[] = []
  const said: string[] = []
  for (const word of words) {
    const places = await placesOfWord(context, word)
    names.push(...places.names)
    said.push(...places.said)
  }
  return { names, said }
}
