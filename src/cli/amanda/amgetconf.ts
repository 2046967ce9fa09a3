// What stock Amanda's `amgetconf` does: prints one parameter of a configuration, or the names of its sections. Its answers, complaints and exit codes (0 and 1) are
// those of Amanda 3.5.1; only the place in its own source, which Perl adds to two of its messages, is left out.

import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { textOf } from '../../config/amanda/configuration.ts'
import { BUILD_VALUES } from '../../config/amanda/build-values.ts'
import { DisklistReader } from '../../config/amanda/disklist.ts'
import { listSections, lookUp, lookUpProperty } from '../../config/amanda/lookup.ts'
import { parseOverride, type Override } from '../../config/amanda/overrides.ts'
import { formatAmandaProblem } from '../../config/amanda/problems.ts'
import { AMANDA_CONFIG_DIR, readAmandaConfig, type ConfigRequest } from '../../config/amanda/read-config.ts'
import { timestampOf } from '../../records/timestamp.ts'
import { machineConfigFiles } from './amanda-files.ts'
import { readStockWords, type StockOption } from './stock-words.ts'

export interface AmgetconfCall {
  /** The command line. */
  readonly words: readonly string[]
  readonly workingDir: string
  readonly now: Date
}

interface Question {
  readonly isClient: boolean
  readonly workingDir: string
}

const OPTIONS: readonly StockOption[] = [{ name: 'client' }, { name: 'execute-where', takesValue: true }, { name: 'list', letter: 'l' }, { name: 'o', takesValue: true }, { name: 'version' }, { name: 'help', letter: 'h' }]

/** Text is one character a byte. */
export interface AmgetconfOutput {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

export const AMGETCONF_USAGE = 'Usage: amgetconf [--client] [--execute-where client|server] [-l|--list] [-o configoption]* <config> <paramname>\n'

const DEBUG_DIR = '/var/log/amanda/server'

/** Returns the exit code. */
export function amgetconf(call: AmgetconfCall, output: AmgetconfOutput): number {
  const { given, words, wrong } = readStockWords(call.words, OPTIONS)
  const usage = (): number => {
    output.out(AMGETCONF_USAGE)
    return 1
  }
  if (given.has('version')) {
    output.out(`amgetconf-${BUILD_VALUES['version'] ?? ''}\n`)
    return 0
  }
  // CONF and PARAM, or PARAM alone; what follows is left out, as scripts of Amanda rely on.
  const [first, second] = words
  if (first === undefined || wrong.length > 0 || given.has('help')) return usage()
  const isList = given.has('list')
  const side = given.get('execute-where')?.at(-1)
  const isServer = side?.toLowerCase() === 'server'
  const fail = (message: string): number => {
    output.err(`${message}\n`)
    return 1
  }
  if (side !== undefined && !isServer && side.toLowerCase() !== 'client') return fail(`Invalid value (${side}) for --execute-where. Must be client or server.`)
  if (isServer && given.has('client')) return fail('--execute-where=server conflicts with --execute-where=client or --client.')
  const question: Question = { isClient: given.has('client') || (side !== undefined && !isServer), workingDir: call.workingDir }
  const parameter = second ?? first
  const name = second === undefined ? undefined : first
  const print = (lines: readonly string[]): number => {
    for (const line of lines) output.out(`${line}\n`)
    return 0
  }
  const unknown = (): number => fail(`amgetconf: no such parameter "${parameter}"`)
  if (/^build(?:\.|$)/.test(parameter)) {
    if (isList) return print(Object.keys(BUILD_VALUES).toSorted())
    const key = parameter.slice('build.'.length).toLowerCase()
    return Object.hasOwn(BUILD_VALUES, key) ? print([BUILD_VALUES[key] ?? '']) : unknown()
  }
  if (/^db(?:open|close)\./.test(parameter)) return debugFile(parameter, call.now, print, fail)
  const overrides: Override[] = []
  for (const text of given.get('o') ?? []) {
    const override = parseOverride(text)
    if (override === undefined) return fail(`Must specify a value for ${text}.`)
    overrides.push(override)
  }
  const { configuration, context } = readAmandaConfig(requestOf(name, question, overrides), machineConfigFiles)
  for (const problem of configuration.problems) output.err(`${formatAmandaProblem(problem)}\n`)
  if (configuration.hasErrors) return fail('amgetconf: errors processing config file')
  if (!question.isClient && name !== undefined) {
    const file = textOf(configuration.globals, 'DISKFILE')
    new DisklistReader(context).readFile(file.startsWith('/') ? file : `${context.directory}/${file}`, undefined)
    if (configuration.hasErrors) return fail('amgetconf: Errors processing disklist')
  }
  if (isList) {
    const sections = listSections(configuration, parameter)
    return sections === undefined ? unknown() : print(sections)
  }
  const [, kind, property] = /^(property|device[-_]property):(.*)$/i.exec(parameter) ?? []
  if (kind !== undefined && property !== undefined) {
    const value = lookUpProperty(configuration, /^d/i.test(kind) ? 'DEVICE_PROPERTY' : 'PROPERTY', property)
    return print(value === undefined ? [] : [value])
  }
  const lines = lookUp(configuration, parameter)
  return lines.length === 0 ? unknown() : print(lines)
}

/** `.` and no name are the directory one is in; a path is that directory. */
function requestOf(name: string | undefined, { isClient, workingDir }: Question, overrides: readonly Override[]): ConfigRequest {
  const request = { scope: isClient ? 'client' : 'server', root: AMANDA_CONFIG_DIR, overrides } as const
  const isHere = name === '.' || (name === undefined && !isClient)
  if (isHere) return { ...request, name: workingDir.slice(workingDir.lastIndexOf('/') + 1), directory: workingDir }
  if (name === undefined) return { ...request, name, directory: AMANDA_CONFIG_DIR }
  return { ...request, name, directory: `${AMANDA_CONFIG_DIR}/${name}` }
}

/** `dbopen.NAME` makes a debug file for a script and prints where it is; `dbclose.NAME:FILE` says that the script has ended. */
function debugFile(parameter: string, now: Date, print: (lines: readonly string[]) => number, fail: (message: string) => number): number {
  const [, opened] = /^dbopen\.(.*)$/.exec(parameter) ?? []
  if (opened !== undefined) {
    const file = `${DEBUG_DIR}/${opened.replaceAll(/[^A-Za-z0-9]/g, '_')}.${timestampOf(now.getTime() / 1000)}.debug`
    mkdirSync(DEBUG_DIR, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${now.toString()}: ${opened}: start\n`, { flag: 'a', mode: 0o600 })
    return print([file])
  }
  const [, closed, file] = /^dbclose\.([^:]*):(.*)$/.exec(parameter) ?? []
  if (closed === undefined || file === undefined) return fail(`cannot parse ${parameter}`)
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return fail(`debug file ${file} does not exist`)
  writeFileSync(file, `${now.toString()}: ${closed}: finish\n`, { flag: 'a' })
  return print([file])
}
