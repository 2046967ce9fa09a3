// An Amanda configuration as a program of Amanda opens it: parameters, disklist, and where its state lies. Text of the files is UTF-8 here, as it is everywhere
// but in `amgetconf`; what is said of problems goes to stderr in the words of stock Amanda.

import type { AmandaConfiguration } from '../../config/amanda/configuration.ts'
import { DisklistReader, type AmandaDisk } from '../../config/amanda/disklist.ts'
import type { Override } from '../../config/amanda/overrides.ts'
import type { ConfigFiles } from '../../config/amanda/parser.ts'
import { formatAmandaProblem } from '../../config/amanda/problems.ts'
import { AMANDA_CONFIG_DIR, readAmandaConfig } from '../../config/amanda/read-config.ts'
import { recordPlaces, type RecordPlaces } from '../../records/places.ts'
import { machineConfigFiles } from './amanda-files.ts'

export interface AmandaSession {
  readonly configuration: AmandaConfiguration
  /** Name of the configuration. */
  readonly name: string
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

/** Undefined when it has errors, which `complain` was given line by line. */
export function openAmandaSession(name: string, overrides: readonly Override[], workingDir: string, complain: (line: string) => void): AmandaSession | undefined {
  const isHere = name === '.'
  const directory = isHere ? workingDir : `${AMANDA_CONFIG_DIR}/${name}`
  const configName = isHere ? workingDir.slice(workingDir.lastIndexOf('/') + 1) : name
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: AMANDA_CONFIG_DIR, name: configName, directory, overrides }, utf8Files)
  for (const problem of configuration.problems) complain(formatAmandaProblem(problem))
  if (configuration.hasErrors) return undefined
  const places = recordPlaces(configuration, directory)
  const said = configuration.problems.length
  const disklist = new DisklistReader(context)
  disklist.readFile(places.disklist, undefined)
  for (const problem of configuration.problems.slice(said)) complain(formatAmandaProblem(problem))
  return configuration.hasErrors ? undefined : { configuration, name: configName, directory, places, disks: disklist.disks }
}
