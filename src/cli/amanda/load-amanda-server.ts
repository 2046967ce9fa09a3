// The configuration of an Amanda server with its disklist, from this machine, as the model of holdfast.yaml. Complaints are Amanda's own.

import { readdirSync } from 'node:fs'
import { textOf } from '../../config/amanda/configuration.ts'
import { DisklistReader } from '../../config/amanda/disklist.ts'
import type { Override } from '../../config/amanda/overrides.ts'
import type { ConfigFiles } from '../../config/amanda/parser.ts'
import { formatAmandaProblem } from '../../config/amanda/problems.ts'
import { AMANDA_CONFIG_DIR, readAmandaConfig } from '../../config/amanda/read-config.ts'
import { resolveAmanda, type AmandaResolution } from '../../config/amanda/resolve/resolve-amanda.ts'
import type { DirectoriesConfig } from '../../config/resolved.ts'

export interface AmandaServerRequest {
  /** Name of a configuration in /etc/amanda, or the path of a directory or of its amanda.conf. One character a byte. */
  readonly conf: string
  readonly workingDir: string
  readonly overrides: readonly Override[]
  readonly directories: DirectoriesConfig
  readonly volumes: string | undefined
  readonly files: ConfigFiles
}

export type AmandaServer =
  | { readonly kind: 'read'; readonly file: string; readonly resolution: AmandaResolution; readonly warnings: readonly string[] }
  /** Amanda would not start with it either. */
  | { readonly kind: 'refused'; readonly file: string; readonly complaints: readonly string[] }

export function loadAmandaServer({ conf, workingDir, overrides, directories, volumes, files }: AmandaServerRequest): AmandaServer {
  const directory = directoryOf(conf, workingDir)
  const file = `${directory}/amanda.conf`
  const name = directory.slice(directory.lastIndexOf('/') + 1)
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: AMANDA_CONFIG_DIR, name, directory, overrides }, files)
  const disklist = new DisklistReader(context)
  if (!configuration.hasErrors) {
    const diskfile = textOf(configuration.globals, 'DISKFILE')
    disklist.readFile(diskfile.startsWith('/') ? diskfile : `${directory}/${diskfile}`, undefined)
  }
  const complaints = configuration.problems.map(formatAmandaProblem)
  if (configuration.hasErrors) return { kind: 'refused', file, complaints }
  return { kind: 'read', file, resolution: resolveAmanda(configuration, disklist.disks, directories, { slotCount, volumes }), warnings: complaints }
}

function directoryOf(conf: string, workingDir: string): string {
  const path = conf.replace(/\/+$/, '').replace(/\/amanda\.conf$/, '')
  if (path === '.' || path === '') return path === '' ? '/' : workingDir
  if (path.startsWith('/')) return path
  return path.includes('/') ? `${workingDir}/${path.replace(/^\.\//, '')}` : `${AMANDA_CONFIG_DIR}/${path}`
}

/** The highest number of a slot that is there, as chg-disk counts them. */
function slotCount(directory: string): number | undefined {
  try {
    const numbers = readdirSync(directory).flatMap((name) => /^slot(\d{1,6})$/.exec(name)?.[1] ?? []).map(Number)
    return numbers.length === 0 ? undefined : Math.max(...numbers)
  } catch {
    return undefined
  }
}
