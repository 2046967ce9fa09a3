// The commands, in the order of the help. A command that is listed works.

import type { CommandSpec } from './command-line.ts'
import { completionCommand } from './commands/completion.ts'
import { configCheckCommand, configShowCommand } from './commands/config-show.ts'
import { versionCommand } from './commands/version.ts'

export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  agent: 'Run this host as a client',
  agents: 'Clients this server knows',
  catalog: 'What the server remembers',
  config: 'The configuration',
  server: 'Run this host as the server',
  storage: 'Where volumes are',
}

export const COMMANDS: readonly CommandSpec[] = [configShowCommand, configCheckCommand, completionCommand(() => COMMANDS), versionCommand]
