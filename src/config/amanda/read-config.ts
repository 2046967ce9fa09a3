// Reads the whole configuration of a server or a client: the files, what the command line sets, and what follows from them.

import { addBuiltIn } from './built-in.ts'
import { AmandaConfiguration } from './configuration.ts'
import { finishServer } from './finish.ts'
import { applyOverrides, type Override } from './overrides.ts'
import { AmandaParser, whileOpen, type ConfigFiles, type ParserContext } from './parser.ts'

/** Where Debian's Amanda has its configurations. */
export const AMANDA_CONFIG_DIR = '/etc/amanda'

export interface ConfigRequest {
  readonly scope: 'server' | 'client'
  /** Directory of all configurations, whose own file is read first. */
  readonly root: string
  /** Name of the configuration; undefined: only what is for all. */
  readonly name: string | undefined
  /** Directory of the configuration. */
  readonly directory: string
  readonly overrides: readonly Override[]
}

const FILE_NAMES = { server: 'amanda.conf', client: 'amanda-client.conf' } as const

/** The configuration with all its problems; it has errors when stock Amanda would not start with it. */
export function readAmandaConfig(request: ConfigRequest, files: ConfigFiles): { readonly configuration: AmandaConfiguration; readonly context: ParserContext } {
  const { scope, root, directory, overrides } = request
  const configuration = new AmandaConfiguration(request.name ?? '', scope)
  const context: ParserContext = { configuration, files, directory, overrides, includeCount: 0, open: new Set(), reads: new Map(), deprecated: new Set() }
  addBuiltIn(configuration)
  const readFile = (path: string, isNeeded: boolean): void => {
    const found = files.read(path)
    if ('text' in found) whileOpen(context, path, () => new AmandaParser(context, path, found.text).run())
    else if (isNeeded) configuration.complain({ severity: 'error', message: `could not open conf file '${path}': ${found.failure}`, file: undefined, line: 0 })
  }
  readFile(`${root}/${FILE_NAMES[scope]}`, false)
  if (request.name !== undefined) readFile(`${directory}/${FILE_NAMES[scope]}`, scope === 'server')
  applyOverrides(configuration, overrides, files.checkDirectory)
  if (scope === 'server') finishServer(configuration)
  return { configuration, context }
}
