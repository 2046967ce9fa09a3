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
  /** `vtape`: Amanda's volumes. */
  readonly kind: 'vault' | 'vtape'
  /** Undefined: the usual ones. */
  readonly directories: DirectoriesConfig | undefined
  readonly port: number | undefined
  readonly publicAddress: string | undefined
  readonly slots: number | undefined
}

const scalar = (value: string): string => stringify(value).trimEnd()

/** Rules that most people mean; what they would remove is told before it is done. */
function vaultLines({ storageDir }: InitChoices): string[] {
  return [
    '  kind: vault                # deduplicated, encrypted; `vtape` makes volumes that Amanda can read',
    `  directory: ${scalar(storageDir)}`,
    '  # key-file: …              # opens the vault; default: vault.key in the state directory. Print the paper key, too: `holdfast vault key print`',
    '  keep: {last: 3, daily: 14, weekly: 8, monthly: 12}   # which dumps of each disk stay',
  ]
}

function volumeLines({ storageDir, slots }: InitChoices): string[] {
  return [
    '  kind: vtape',
    `  directory: ${scalar(storageDir)}`,
    ...(slots === undefined ? ['  # slots: 30                # volumes; the oldest is written again when nothing on it must be kept', '  # volume-size: 100 GiB'] : [`  slots: ${slots}`]),
    '  # keep: {days: 14, fulls: 2}',
  ]
}

export function initialConfig(choices: InitChoices): string {
  const server = [...(choices.port === undefined ? [] : [`  port: ${choices.port}`]), ...(choices.publicAddress === undefined ? [] : [`  public-address: ${scalar(choices.publicAddress)}`])]
  const { directories } = choices
  const lines = [
    `# yaml-language-server: $schema=${choices.schemaFile}`,
    '# All settings and their defaults: docs/configuration.md. `holdfast config check` finds mistakes.',
    `name: ${scalar(choices.name)}`,
    '',
    'storage:',
    ...(choices.kind === 'vault' ? vaultLines(choices) : volumeLines(choices)),
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
