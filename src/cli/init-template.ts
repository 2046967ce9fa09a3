// The configuration that `holdfast init` writes: small, complete, and with the choices that people look for in comments. Pure.

import { stringify } from 'yaml'
import { DEFAULT_EXCLUDES } from '../config/default-excludes.ts'
import type { DirectoriesConfig } from '../config/resolved.ts'

export interface InitChoices {
  readonly name: string
  /** Path of docs/holdfast.schema.json as installed, for editors. */
  readonly schemaFile: string
  readonly host: string
  readonly disks: readonly string[]
  readonly storageDir: string
  /** Undefined: the usual ones. */
  readonly directories: DirectoriesConfig | undefined
  readonly port: number | undefined
  readonly publicAddress: string | undefined
  readonly slots: number | undefined
}

const scalar = (value: string): string => stringify(value).trimEnd()

export function initialConfig(choices: InitChoices): string {
  const server = [...(choices.port === undefined ? [] : [`  port: ${choices.port}`]), ...(choices.publicAddress === undefined ? [] : [`  public-address: ${scalar(choices.publicAddress)}`])]
  const { directories } = choices
  const lines = [
    `# yaml-language-server: $schema=${choices.schemaFile}`,
    '# All settings and their defaults: docs/configuration.md. `holdfast config check` finds mistakes.',
    `name: ${scalar(choices.name)}`,
    '',
    'storage:',
    `  directory: ${scalar(choices.storageDir)}`,
    ...(choices.slots === undefined ? ['  # slots: 30                # volumes; the oldest is written again when nothing on it must be kept', '  # volume-size: 100 GiB'] : [`  slots: ${choices.slots}`]),
    '  # keep: {days: 14, fulls: 2}',
    '',
    'hosts:',
    `  ${scalar(choices.host)}:`,
    ...choices.disks.map((disk) => `    - ${scalar(disk)}`),
    '',
    '# schedule:',
    '#   at: "30 1 * * *"         # every night at 1:30; without it, runs start by hand',
    '',
    '# mail:',
    '#   to: root@example.com     # the report of each run; without it, none is mailed',
    ...(server.length === 0 ? [] : ['', 'server:', ...server]),
    ...(directories === undefined ? [] : ['', 'directories:', ...Object.entries(directories).map(([name, dir]) => `  ${name}: ${scalar(String(dir))}`)]),
    '',
    '# What is left out of every dump: remove or add lines. A pattern that begins with / is an absolute path.',
    'dumptypes:',
    '  default:',
    '    exclude:',
    ...DEFAULT_EXCLUDES.map((pattern) => `      - ${JSON.stringify(pattern)}`),
    '',
  ]
  return lines.join('\n')
}
