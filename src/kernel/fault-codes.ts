// The table of fault codes. A code is an interface: scripts, the doctor and the documents switch on it, so it is never renamed.
// docs/errors.md is generated from here (`npm run build -- docs`). Sorted by room, then by name.

import type { Retry } from './fault.ts'

export interface FaultEntry {
  /** What happened, one clause. */
  readonly summary: string
  readonly retry: Retry
  /** What the operator should do, one sentence. */
  readonly next: string
}

const TABLE = {
  // kernel
  cancelled: { summary: 'the work was cancelled before it ended', retry: 'now', next: 'Start it again when it suits.' },
  'disk-error': { summary: 'the disk reported an input/output error', retry: 'later', next: 'Look at the kernel log and the health of the disk, then replace what is failing.' },
  'disk-full': { summary: 'there is no space left on the disk', retry: 'later', next: 'Free space on the file system that is named, or give Holdfast another one.' },
  'file-missing': { summary: 'a file or directory that was expected is not there', retry: 'never', next: 'Check the path that is named.' },
  internal: { summary: 'Holdfast met something it did not expect', retry: 'later', next: 'Report this with the log lines before it; it is a defect of Holdfast.' },
  'permission-denied': { summary: 'the operating system refused access', retry: 'never', next: 'Give the user that runs Holdfast access to the path that is named.' },
  'process-failed': { summary: 'a program that Holdfast started failed', retry: 'later', next: 'Read the lines the program printed; they say why.' },
  'process-missing': { summary: 'a program that Holdfast needs is not installed', retry: 'never', next: 'Install the program that is named, or correct its path in the configuration.' },
  'timed-out': { summary: 'something took longer than its limit', retry: 'later', next: 'Look at what was slow; raise the limit if that is normal here.' },
  'wire-malformed': { summary: 'bytes from a peer or a file are not in the expected format', retry: 'never', next: 'Check that the peer or file is what it should be; it may be damaged or of another version.' },
  // transport
  'agent-not-connected': { summary: 'the agent of a host has no connection to the server', retry: 'later', next: 'Check that the agent runs on the host (`holdfast agent run`) and can reach the server; `holdfast agents list` shows when it was last seen.' },
  'connection-lost': { summary: 'the session with a peer ended before the work was done', retry: 'now', next: 'Nothing, if it is tried again by itself; otherwise look at the peer\'s log for why it ended the session.' },
  'enrolment-refused': { summary: 'the server did not accept the enrolment', retry: 'never', next: 'Make a new token on the server with `holdfast agents token HOST` and enrol with it.' },
  'host-unknown': { summary: 'no agent is enrolled for the host', retry: 'never', next: 'Make a token with `holdfast agents token HOST` and enrol the agent with it.' },
  'agent-busy': { summary: 'the agent of a host has dumps, restores or other requests open', retry: 'later', next: 'Wait until they have ended (`holdfast status`), or cancel them, then repeat the command.' },
  'key-refused': { summary: 'a key cannot be taken for a host', retry: 'never', next: 'Make a new token with `holdfast agents token HOST` and enrol the agent with it: that makes a new key.' },
  'version-unsupported': { summary: 'agent and server speak no common version of the tether protocol', retry: 'later', next: 'Update the older of the two programs; the message says which versions each side speaks.' },
  'key-mismatch': { summary: 'the peer does not hold the key that is pinned for it', retry: 'never', next: 'Make sure that this is the right server; if its key was replaced on purpose, enrol the agent again.' },
  'peer-failed': { summary: 'the other side ended a stream with an error of its own', retry: 'later', next: 'Read the message; the peer\'s log has more.' },
  'token-invalid': { summary: 'an enrolment token cannot be used', retry: 'never', next: 'Copy the whole token, or make a new one with `holdfast agents token HOST`.' },
  // tether session
  'tether-limit': { summary: 'one connection has as many streams or requests open as the protocol allows', retry: 'later', next: 'Lower the number of dumps that run at once on the host that is named.' },
  // config
  'config-invalid': { summary: 'the configuration has errors', retry: 'never', next: 'Correct the lines that are named and run `holdfast check`.' },
  // cli
  'server-away': { summary: 'no server runs with this configuration', retry: 'later', next: 'Start it with `holdfast server run`.' },
  'usage-wrong': { summary: 'the command was not given what it needs', retry: 'never', next: 'Read what `--help` says about the command.' },
  // storage and taper
  'dump-crc-mismatch': { summary: 'the bytes of a dump do not have the checksum that was recorded for them', retry: 'never', next: 'Do not use this copy; restore from another volume or dump again, and check the disk that held it.' },
  'holding-damaged': { summary: 'a dump on the holding disk is damaged or not complete', retry: 'never', next: 'Remove the file that is named after saving what is needed of it; the next run dumps the disk again.' },
  'holding-exists': { summary: 'the holding disk already has this dump', retry: 'never', next: 'Let the next run write it to volumes, or remove it from the holding disk.' },
  'holding-full': { summary: 'no holding disk has room for the dump', retry: 'later', next: 'Flush the holding disk to volumes, or give it more room in the configuration.' },
  'no-volume': { summary: 'no volume may be written', retry: 'later', next: 'Add slots or volumes, or lower the retention of the storage; `holdfast check` shows why each volume was refused.' },
  'tapelist-damaged': { summary: 'the tapelist has a line that cannot be understood', retry: 'never', next: 'Correct the line that is named, or rebuild the tapelist with `holdfast catalog rebuild`.' },
  'volume-damaged': { summary: 'a file on a volume cannot be understood', retry: 'never', next: 'Check the disk of the volume; other dumps on it can still be read.' },
  'volume-foreign': { summary: 'a slot holds files that are not an Amanda volume', retry: 'never', next: 'Move the files elsewhere, or allow `foreign` in the autolabel setting of the storage.' },
  'volume-missing': { summary: 'the directory of a volume is not there', retry: 'later', next: 'Mount or attach the storage that is named, or create the slot again.' },
  'volume-read-only': { summary: 'the device may only be read', retry: 'never', next: 'Use a storage that may be written.' },
  'volumes-per-run': { summary: 'the run has used as many volumes as it may', retry: 'later', next: 'Raise volumes-per-run of the storage, or let the next run write what is left on the holding disk.' },
  // vault
  'vault-block-false': { summary: 'a block that a dump sent to the vault is not what it says', retry: 'later', next: 'Test the memory of both machines; the vault took nothing of the block.' },
  'vault-damaged': { summary: 'an object of the vault is damaged or missing', retry: 'never', next: 'Run `holdfast vault check --data`: it names every object that is hit and every dump that needs it; the others can be restored.' },
  'vault-key-wrong': { summary: 'the key does not open the vault', retry: 'never', next: 'Use the passphrase, key file or paper key with which the vault was made or that was added to it.' },
  'vault-locked': { summary: 'another process uses the vault', retry: 'later', next: 'Wait until the process that is named has ended, or let the server do it.' },
  'vault-missing': { summary: 'there is no vault in the directory', retry: 'never', next: 'Mount the disk, correct the directory, or make a vault with `holdfast vault init`.' },
  'vault-newer': { summary: 'the vault was written by a newer Holdfast', retry: 'never', next: 'Update Holdfast on this machine.' },
  'vault-refused': { summary: 'the vault did not take a dump', retry: 'later', next: 'Let the dump run again; if it fails in the same way, update the agent and see its log.' },
  'vault-rolled-back': { summary: 'the vault is older than it was', retry: 'never', next: 'Find out who or what put an older state of the vault back, before anything is written to it.' },
  // stream, catalog and restore
  'catalog-damaged': { summary: 'the catalog database is damaged', retry: 'never', next: 'Move the database file aside and run `holdfast catalog rebuild`; the volumes hold all that is needed.' },
  'catalog-newer': { summary: 'the catalog was written by a newer Holdfast', retry: 'never', next: 'Run the newer version, or move the database file aside and run `holdfast catalog rebuild`.' },
  'dump-missing': { summary: 'there is no dump to restore from', retry: 'never', next: 'Run `holdfast ls` to see which dumps there are, and name a later date or another disk.' },
  'filter-failed': { summary: 'compressed or encrypted bytes could not be filtered', retry: 'never', next: 'Check that the dump and the program that is named belong together; the copy may be damaged.' },
  'filter-unknown': { summary: 'the header of a dump does not say how to undo its filters', retry: 'never', next: 'Read the part with `dd` and undo the filters by hand.' },
  'program-refused': { summary: 'the header of a dump names a program that may not run here', retry: 'never', next: 'If you trust the volume and the program, repeat with `--allow-program PATH`.' },
  'header-mismatch': { summary: 'a part on a volume is not the one the catalog names', retry: 'never', next: 'Run `holdfast verify` on the volume, then `holdfast catalog rebuild`.' },
  'archive-damaged': { summary: 'the archive in a dump is damaged although its checksums agree', retry: 'never', next: 'Do not rely on this dump: dump the disk again; what lies before the byte that is named can be restored.' },
  'index-mismatch': { summary: 'the index of a dump does not say what is in the dump', retry: 'never', next: 'Run `holdfast catalog rebuild`, which makes the index again from the dump; the dump itself can be restored.' },
  'index-damaged': { summary: 'the index file of a dump is damaged', retry: 'never', next: 'Run `holdfast catalog rebuild`, which makes the index again from the dump.' },
  'restore-incomplete': { summary: 'not everything could be restored', retry: 'never', next: 'Read the reasons that are listed; what was restored is in the target.' },
  'restore-refused': { summary: 'the agent does not take the restore', retry: 'never', next: 'Read what the agent says; allow restores and the target directory in its configuration.' },
  'restore-target': { summary: 'the target of a restore cannot be used', retry: 'never', next: 'Name a directory that does not exist or is empty.' },
  'restore-unsafe': { summary: 'the archive would write outside the target', retry: 'never', next: 'Do not trust this archive; restore single paths of it by name if they are needed.' },
  // records
  'record-damaged': { summary: 'a file of Amanda\'s state is not in its format', retry: 'never', next: 'Correct the line that is named, or bring the file back from a backup; nothing was changed.' },
  'record-locked': { summary: 'another program holds the lock of a file of Amanda\'s state', retry: 'later', next: 'Wait until the other program has ended, or end it if it hangs, then try again.' },
  // agent
  'application-unknown': { summary: 'the agent has no such application', retry: 'never', next: 'Correct the application in the dumptype, or install the plug-in on the client.' },
  'base-missing': { summary: 'the dump that an incremental builds on is not known to the agent', retry: 'now', next: 'Nothing; the disk is dumped in full instead.' },
  'disk-busy': { summary: 'another dump of the same disk is still running', retry: 'later', next: 'Wait for the other dump to end.' },
  'not-permitted': { summary: 'the configuration of the agent does not permit this', retry: 'never', next: 'Permit it in the configuration of the agent, if that is what you want.' },
  'script-failed': { summary: 'a script of the dumptype failed', retry: 'later', next: 'Read what the script said, and run it by hand on the machine where it runs.' },
  'script-missing': { summary: 'a script of the dumptype is not installed', retry: 'never', next: 'Put the script into the directory that is named, or correct `plugin` of the script in the configuration of the server.' },
  'script-not-permitted': { summary: 'a script of the dumptype may not run on this machine', retry: 'never', next: 'Set script-dir in agent.yaml (for the server: directories.scripts in holdfast.yaml) to a directory of root with scripts that only root can write.' },
  'script-timed-out': { summary: 'a script of the dumptype did not end in its time', retry: 'later', next: 'See what the script waits for, or raise script-timeout.' },
  // server
  'agent-error': { summary: 'the client reported that the dump failed', retry: 'later', next: 'Read the lines of the client in the report; they name what it could not read or run.' },
  'agent-refused': { summary: 'the client refused the request', retry: 'later', next: 'Look at the log of the agent on the host that is named; it says why.' },
  'agent-retry': { summary: 'the client asked for another try', retry: 'later', next: 'Nothing, if a later try succeeded; else read what the client said.' },
  'agent-unknown': { summary: 'no agent of that name is known', retry: 'never', next: 'Run `holdfast agents` to see the names, or enrol the host.' },
  'agent-unreachable': { summary: 'the agent of the host is not connected', retry: 'later', next: 'Start the agent on the host that is named, and see what `holdfast check` says about it.' },
  'dump-incomplete': { summary: 'the dump ended before the client said that it was complete', retry: 'later', next: 'Look at the log of the agent; the program that makes the dump may have died.' },
  'dump-stalled': { summary: 'a dump did not move although its agent was connected', retry: 'later', next: 'See what the disk of the client waits for; raise data-timeout if so long a silence is normal there.' },
  'dump-crc-differs': { summary: 'the bytes of a dump are not those that the client sent', retry: 'later', next: 'Check the memory of both machines and the network between them if it happens again.' },
  'level-refused': { summary: 'the strategy or application of a disk does not allow the level that was asked for', retry: 'never', next: 'Ask for another level, or change the strategy in the dumptype of the disk.' },
  'mail-failed': { summary: 'the report of a run could not be mailed', retry: 'later', next: 'Mend `mail` in the configuration or the mail server, then run `holdfast report --mail`.' },
  'no-base': { summary: 'an incremental was wanted and there is no dump it could build on', retry: 'never', next: 'Make a full dump with `holdfast dump HOST DISK --level full`.' },
  'run-crashed': { summary: 'the server ended in the middle of a run', retry: 'later', next: 'Nothing: what was interrupted is dumped by the next run.' },
  'run-unknown': { summary: 'no such run or disk is being dumped', retry: 'never', next: 'Run `holdfast status` to see what is running.' },
  'server-running': { summary: 'another server runs with this configuration', retry: 'never', next: 'Use the server that runs, or stop it first with `holdfast server stop`.' },
  'server-stopping': { summary: 'the server is stopping', retry: 'later', next: 'Start the server again, then repeat the command.' },
} as const satisfies Record<string, FaultEntry>

export type FaultCode = keyof typeof TABLE

export const FAULT_CODES: Readonly<Record<FaultCode, FaultEntry>> = TABLE
