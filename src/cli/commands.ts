// The commands, in the order of the help. A command that is listed works. What a command needs is loaded when it runs: all of them together are most of
// the program, and `holdfast version` has no use for it.

import type { CommandEntry, CommandSpec } from './command-line.ts'

export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  agent: 'Run this host as a client',
  agents: 'Clients this server knows',
  catalog: 'What the server remembers',
  config: 'The configuration',
  doctor: 'What went wrong, and what helps',
  recover: 'Browse dumps and get files back, in a shell',
  server: 'Run this host as the server',
  storage: 'Where volumes are',
  vault: 'The deduplicating, encrypted store',
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', usage: '[DISK...]', summary: 'Make the configuration, key and directories of a server', load: async () => (await import('./commands/init.ts')).initCommand },
  { name: 'server run', summary: 'Run the server until stopped', load: async () => (await import('./commands/server-run.ts')).serverRunCommand },
  { name: 'server stop', summary: 'Stop the running server', load: async () => (await import('./commands/dump.ts')).serverStopCommand },
  { name: 'agents token', usage: 'HOST', summary: 'Make a one-time token that enrols a host', load: async () => (await import('./commands/agents.ts')).agentsTokenCommand },
  { name: 'agents list', summary: 'List the agents this server knows', load: async () => (await import('./commands/agents.ts')).agentsListCommand },
  { name: 'agents revoke', usage: 'HOST', summary: 'Refuse all keys of a host from now on', load: async () => (await import('./commands/agents.ts')).agentsRevokeCommand },
  { name: 'agents rename', usage: 'FROM TO', summary: 'Give an enrolled host another name', load: async () => (await import('./commands/agents.ts')).agentsRenameCommand },
  { name: 'agents renew', usage: 'HOST', summary: 'Have an enrolled host make a new key', load: async () => (await import('./commands/agents.ts')).agentsRenewCommand },
  { name: 'agent enrol', usage: '[TOKEN]', summary: 'Make this host known to its server with a one-time token', load: async () => (await import('./commands/agent-enrol.ts')).agentEnrolCommand },
  { name: 'agent run', summary: 'Serve this host to its server until stopped', load: async () => (await import('./commands/agent-run.ts')).agentRunCommand },
  { name: 'agent renew', summary: 'Give this host a new key', load: async () => (await import('./commands/agent-renew.ts')).agentRenewCommand },
  { name: 'dump', usage: '[HOST] [DISK...]', summary: 'Make a run now', load: async () => (await import('./commands/dump.ts')).dumpCommand },
  { name: 'flush', summary: 'Write what waits on the holding disk to volumes', load: async () => (await import('./commands/dump.ts')).flushCommand },
  { name: 'backup', usage: 'PATH...', summary: 'Dump directories of this machine into a vault, without a server', load: async () => (await import('./commands/backup.ts')).backupCommand },
  { name: 'restore', usage: '[HOST] [DISK] [PATH...]', summary: 'Give back a disk, or paths of it, as it was', load: async () => (await import('./commands/restore.ts')).restoreCommand },
  { name: 'recover', summary: 'Browse dumps and get files back, in a shell', load: async () => (await import('./commands/recover.ts')).recoverCommand },
  { name: 'recover ls', usage: 'HOST DISK [PATH...]', summary: 'List names of a disk as it was at a date', load: async () => (await import('./commands/recover.ts')).recoverLsCommand },
  { name: 'recover find', usage: 'HOST DISK [PATH]', summary: 'Find names of a disk as it was at a date, by name, time, size or kind', load: async () => (await import('./commands/recover.ts')).recoverFindCommand },
  { name: 'recover versions', usage: 'HOST DISK PATH', summary: 'List each version of one name over all dumps', load: async () => (await import('./commands/recover.ts')).recoverVersionsCommand },
  { name: 'recover diff', usage: 'HOST DISK DATE1 DATE2 [PATH]', summary: 'Tell what was added, removed and changed on a disk between two dates', load: async () => (await import('./commands/recover.ts')).recoverDiffCommand },
  { name: 'recover cat', usage: 'HOST DISK PATH', summary: 'Print what was in a file', load: async () => (await import('./commands/recover.ts')).recoverCatCommand },
  { name: 'recover extract', usage: 'HOST DISK PATH...', summary: 'Give back names of a disk as they were at a date', load: async () => (await import('./commands/recover.ts')).recoverExtractCommand },
  { name: 'ls', usage: '[HOST] [DISK] [PATH]', summary: 'List dumps, or the names in one', load: async () => (await import('./commands/ls.ts')).lsCommand },
  { name: 'find', usage: 'PATTERN [HOST] [DISK]', summary: 'Find names in all dumps', load: async () => (await import('./commands/ls.ts')).findCommand },
  { name: 'verify', usage: '[HOST] [DISK]', summary: 'Read dumps back and check every byte', load: async () => (await import('./commands/verify.ts')).verifyCommand },
  { name: 'catalog rebuild', summary: 'Make the catalog again from the volumes alone', load: async () => (await import('./commands/catalog-rebuild.ts')).catalogRebuildCommand },
  { name: 'status', summary: 'Show what the server does now', load: async () => (await import('./commands/status.ts')).statusCommand },
  { name: 'report', usage: '[RUN]', summary: 'Say what a run did', load: async () => (await import('./commands/report.ts')).reportCommand },
  { name: 'check', usage: '[HOST] [DISK...]', summary: 'Check that a run would work', load: async () => (await import('./commands/check.ts')).checkCommand },
  { name: 'doctor logs', usage: '[PATH...]', summary: 'Find out from logs of Amanda and Holdfast what went wrong, why, and what helps', load: async () => (await import('./commands/doctor-logs.ts')).doctorLogsCommand },
  { name: 'doctor explain', usage: '[CODE]', summary: 'Say what a code of the doctor means, and what helps', load: async () => (await import('./commands/doctor-explain.ts')).doctorExplainCommand },
  { name: 'doctor config', summary: 'Find out what is wrong with the configuration and with what came of it', load: async () => (await import('./commands/doctor-config.ts')).doctorConfigCommand },
  { name: 'doctor host', usage: '[HOST]', summary: 'Find out what this server or the machine of an agent lacks', load: async () => (await import('./commands/doctor-host.ts')).doctorHostCommand },
  { name: 'doctor storage', summary: 'Find out what is wrong with volumes and holding disks', load: async () => (await import('./commands/doctor-storage.ts')).doctorStorageCommand },
  { name: 'doctor path', usage: '[HOST]', summary: 'Measure the path between two machines, and how long it remembers a silent connection', load: async () => (await import('./commands/doctor-path.ts')).doctorPathCommand },
  { name: 'storage check', summary: 'Check that the storage stores what it is given', load: async () => (await import('./commands/storage-check.ts')).storageCheckCommand },
  { name: 'vault init', usage: 'DIR', summary: 'Make a vault', load: async () => (await import('./commands/vault.ts')).vaultInitCommand },
  { name: 'vault list', summary: 'List the dumps in a vault', load: async () => (await import('./commands/vault.ts')).vaultListCommand },
  { name: 'vault check', summary: 'Check that a vault has all that its dumps need', load: async () => (await import('./commands/vault.ts')).vaultCheckCommand },
  { name: 'vault prune', summary: 'Remove the dumps that no rule keeps, and what only they need', load: async () => (await import('./commands/vault.ts')).vaultPruneCommand },
  { name: 'vault stats', summary: 'Say how much is in a vault, and how much room it takes', load: async () => (await import('./commands/vault.ts')).vaultStatsCommand },
  { name: 'vault key', usage: 'ACTION [SLOT]', summary: 'List, add, remove or print what opens a vault', load: async () => (await import('./commands/vault-key.ts')).vaultKeyCommand },
  { name: 'vault tag', usage: 'DUMP TAG...', summary: 'Give a dump tags, or take them away', load: async () => (await import('./commands/vault.ts')).vaultTagCommand },
  { name: 'vault pin', usage: 'DUMP', summary: 'Keep a dump whatever the rules say', load: async () => (await import('./commands/vault.ts')).vaultPinCommand },
  { name: 'vault forget', usage: 'DUMP...', summary: 'Take dumps off the list, damaged ones too', load: async () => (await import('./commands/vault.ts')).vaultForgetCommand },
  { name: 'vault find-orphans', summary: 'List files in a vault that no dump needs', load: async () => (await import('./commands/vault.ts')).vaultOrphansCommand },
  { name: 'config show', summary: 'Print the configuration with every default filled in', load: async () => (await import('./commands/config-show.ts')).configShowCommand },
  { name: 'config check', summary: 'Check the configuration and print all its problems', load: async () => (await import('./commands/config-show.ts')).configCheckCommand },
  { name: 'import', usage: 'CONF', summary: 'Make a holdfast.yaml of an Amanda configuration', load: async () => (await import('./commands/import.ts')).importCommand },
  { name: 'amadmin', usage: '[WORD...]', takesWords: true, summary: 'Ask and change the state of an Amanda configuration', load: async () => (await import('./commands/amadmin.ts')).amadminCommand },
  { name: 'amreport', usage: '[WORD...]', takesWords: true, summary: 'Say what a run of Amanda did', load: async () => (await import('./commands/amreport.ts')).amreportCommand },
  { name: 'amdump', usage: '[WORD...]', takesWords: true, summary: 'Make a run over an Amanda configuration', load: async () => (await import('./commands/amdump.ts')).amdumpCommand },
  { name: 'amgetconf', usage: '[CONF] [PARAM...]', summary: 'Print a parameter of an Amanda configuration', takesWords: true, load: async () => (await import('./commands/amgetconf.ts')).amgetconfCommand },
  { name: 'amlabel', usage: '[CONF] [WORD...]', summary: 'Label a volume of an Amanda configuration', takesWords: true, load: async () => (await import('./commands/amlabel.ts')).amlabelCommand },
  { name: 'amtape', usage: '[CONF] [COMMAND...]', summary: 'Tell what is in the slots of a changer of Amanda, and change to another', takesWords: true, load: async () => (await import('./commands/amtape.ts')).amtapeCommand },
  { name: 'amrmtape', usage: '[CONF] [LABEL...]', summary: 'Give up the content of volumes of an Amanda configuration', takesWords: true, load: async () => (await import('./commands/amrmtape.ts')).amrmtapeCommand },
  { name: 'amfetchdump', usage: '[CONF] [SPEC...]', summary: 'Fetch dumps that the records tell of, as Amanda does', takesWords: true, load: async () => (await import('./commands/amfetchdump.ts')).amfetchdumpCommand },
  { name: 'amcheckdump', usage: '[CONF]', summary: 'Read the dumps of a run back and check them, as Amanda does', takesWords: true, load: async () => (await import('./commands/amcheckdump.ts')).amcheckdumpCommand },
  { name: 'amrestore', usage: '[DEVICE] [SPEC...]', summary: 'Give back dumps from one volume or holding file, as Amanda does', takesWords: true, load: async () => (await import('./commands/amrestore.ts')).amrestoreCommand },
  { name: 'install-amanda-names', summary: 'Put the programs of Amanda under their own names into a directory', load: async () => (await import('./commands/install-amanda-names.ts')).installAmandaNamesCommand(amandaNames()) },
  { name: 'completion', usage: 'SHELL', summary: 'Print a completion script for a shell', load: async () => (await import('./commands/completion.ts')).completionCommand(loadCommands) },
  { name: 'version', summary: 'Print the version', load: async () => (await import('./commands/version.ts')).versionCommand },
]

/** Commands that are programs of Amanda. */
function amandaNames(): readonly string[] {
  return COMMANDS.flatMap(({ name, takesWords }) => (takesWords === true ? [name] : []))
}

/** Everything about every command. */
export async function loadCommands(): Promise<readonly CommandSpec[]> {
  return Promise.all(COMMANDS.map(async ({ load, ...title }) => ({ ...title, ...(await load()) })))
}
