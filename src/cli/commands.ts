// The commands, in the order of the help. A command that is listed works.

import type { CommandSpec } from './command-line.ts'
import { agentEnrolCommand } from './commands/agent-enrol.ts'
import { agentRenewCommand } from './commands/agent-renew.ts'
import { agentRunCommand } from './commands/agent-run.ts'
import { agentsListCommand, agentsRenameCommand, agentsRenewCommand, agentsRevokeCommand, agentsTokenCommand } from './commands/agents.ts'
import { catalogRebuildCommand } from './commands/catalog-rebuild.ts'
import { checkCommand } from './commands/check.ts'
import { completionCommand } from './commands/completion.ts'
import { configCheckCommand, configShowCommand } from './commands/config-show.ts'
import { doctorExplainCommand } from './commands/doctor-explain.ts'
import { doctorConfigCommand } from './commands/doctor-config.ts'
import { doctorHostCommand } from './commands/doctor-host.ts'
import { doctorLogsCommand } from './commands/doctor-logs.ts'
import { doctorStorageCommand } from './commands/doctor-storage.ts'
import { doctorPathCommand } from './commands/doctor-path.ts'
import { dumpCommand, flushCommand, serverStopCommand } from './commands/dump.ts'
import { initCommand } from './commands/init.ts'
import { findCommand, lsCommand } from './commands/ls.ts'
import { recoverCatCommand, recoverCommand, recoverDiffCommand, recoverExtractCommand, recoverFindCommand, recoverLsCommand, recoverVersionsCommand } from './commands/recover.ts'
import { reportCommand } from './commands/report.ts'
import { restoreCommand } from './commands/restore.ts'
import { serverRunCommand } from './commands/server-run.ts'
import { statusCommand } from './commands/status.ts'
import { storageCheckCommand } from './commands/storage-check.ts'
import { verifyCommand } from './commands/verify.ts'
import { versionCommand } from './commands/version.ts'

export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  agent: 'Run this host as a client',
  agents: 'Clients this server knows',
  catalog: 'What the server remembers',
  config: 'The configuration',
  doctor: 'What went wrong, and what helps',
  recover: 'Browse dumps and get files back, in a shell',
  server: 'Run this host as the server',
  storage: 'Where volumes are',
}

export const COMMANDS: readonly CommandSpec[] = [
  initCommand,
  serverRunCommand,
  serverStopCommand,
  agentsTokenCommand,
  agentsListCommand,
  agentsRevokeCommand,
  agentsRenameCommand,
  agentsRenewCommand,
  agentEnrolCommand,
  agentRunCommand,
  agentRenewCommand,
  dumpCommand,
  flushCommand,
  restoreCommand,
  recoverCommand,
  recoverLsCommand,
  recoverFindCommand,
  recoverVersionsCommand,
  recoverDiffCommand,
  recoverCatCommand,
  recoverExtractCommand,
  lsCommand,
  findCommand,
  verifyCommand,
  catalogRebuildCommand,
  statusCommand,
  reportCommand,
  checkCommand,
  doctorLogsCommand,
  doctorExplainCommand,
  doctorConfigCommand,
  doctorHostCommand,
  doctorStorageCommand,
  doctorPathCommand,
  storageCheckCommand,
  configShowCommand,
  configCheckCommand,
  completionCommand(() => COMMANDS),
  versionCommand,
]
