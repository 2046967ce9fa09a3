// An Amanda configuration as a program of Amanda opens it: parameters, disklist, and where its state lies. Text of the files is UTF-8 here, as it is everywhere
// but in `amgetconf`; what is said of problems goes to stderr in the words of stock Amanda.

import { textOf, type AmandaConfiguration } from '../../config/amanda/configuration.ts'
import { DisklistReader, type AmandaDisk } from '../../config/amanda/disklist.ts'
import type { Override } from '../../config/amanda/overrides.ts'
import type { ConfigFiles, ParserContext } from '../../config/amanda/parser.ts'
import { formatAmandaProblem } from '../../config/amanda/problems.ts'
import { AMANDA_CONFIG_DIR, readAmandaConfig } from '../../config/amanda/read-config.ts'
import { recordPlaces, type RecordPlaces } from '../../records/places.ts'
import { bytesOf, machineConfigFiles } from './amanda-files.ts'

export interface AmandaSession {
  readonly request: SessionRequest
  readonly configuration: AmandaConfiguration
  /** Name of the configuration. */
  readonly name: string
  readonly org: string
  readonly directory: string
  readonly places: RecordPlaces
  readonly disks: readonly AmandaDisk[]
}

const utf8Files: ConfigFiles = {
  ...machineConfigFiles,
  read(path) {
    const found = machineConfigFiles.read(path)
    return 'text' in found ? { text: Buffer.from(found.text, 'latin1').toString('utf8') } : found
  },
}

export interface SessionRequest {
  /** Of the configuration; `.`: the working directory is it. */
  readonly name: string
  readonly overrides: readonly Override[]
  readonly workingDir: string
  /** Where configurations are, when not in Amanda's directory. */
  readonly root?: string
  /** Text is one character a byte, as `resolveAmanda` takes it; otherwise it is UTF-8. */
  readonly isBytes?: boolean
}

/** Without the disklist, of which many programs have no need. */
export interface LoadedConfiguration {
  readonly configuration: AmandaConfiguration
  readonly directory: string
  readonly context: ParserContext
}

function overrideAsBytes({ name, value }: Override): Override {
  return { name: bytesOf(name), value: bytesOf(value) }
}

/** Problems and all. */
export function readConfiguration({ name, overrides, workingDir, root = AMANDA_CONFIG_DIR, isBytes = false }: SessionRequest): LoadedConfiguration {
  const isHere = name === '.'
  const directory = isHere ? workingDir : `${root}/${name}`
  const configName = isHere ? workingDir.slice(workingDir.lastIndexOf('/') + 1) : name
  return { ...readAmandaConfig({ scope: 'server', root, name: configName, directory, overrides: isBytes ? overrides.map(overrideAsBytes) : overrides }, isBytes ? machineConfigFiles : utf8Files), directory }
}

/** Undefined when it has errors, which `complain` was given line by line. */
export function openConfiguration(request: SessionRequest, complain: (line: string) => void): LoadedConfiguration | undefined {
  const loaded = readConfiguration(request)
  for (const problem of loaded.configuration.problems) complain(formatAmandaProblem(problem))
  return loaded.configuration.hasErrors ? undefined : loaded
}

/** Undefined when it has errors, which `complain` was given line by line. */
export function openAmandaSession(request: SessionRequest, complain: (line: string) => void): AmandaSession | undefined {
  const loaded = openConfiguration(request, complain)
  if (loaded === undefined) return undefined
  const { configuration, context, directory } = loaded
  const places = recordPlaces(configuration, directory)
  const said = configuration.problems.length
  const disklist = new DisklistReader(context)
  disklist.readFile(places.disklist, undefined)
  for (const problem of configuration.problems.slice(said)) complain(formatAmandaProblem(problem))
  if (configuration.hasErrors) return undefined
  return { request, configuration, name: configuration.name, org: textOf(configuration.globals, 'ORG'), directory, places, disks: disklist.disks }
}
