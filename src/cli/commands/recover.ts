// `holdfast recover`: a shell for getting files back, and the same as commands for scripts. What they do is in ../recover/, loaded when one of them runs.

import { VAULT_OPTIONS } from '../vault/vault-opener.ts'
import { ALLOW_PROGRAM_OPTION, type ArgumentSpec, type CommandBody } from '../command-line.ts'

const HOST: ArgumentSpec = { name: 'HOST', text: 'host the dump came from' }
const DISK: ArgumentSpec = { name: 'DISK', text: 'disk of the host' }
const AT = { flags: '--at WHEN', text: 'the state at that date: 2026-11-23, "2026-11-23 22:09", yesterday, "3 d ago"; default: the newest' } as const
const LONG = { flags: '-l, --long', text: 'with mode, owner, size and time' } as const
const PATH_HELP = 'A PATH counts from the top of the disk. A name that is there is taken as it is, any other as a glob: `*`, `?` and `[a-z]` within a name, `**` for any directories. Names that are no text can be written as listings show them, with `\\303` and the like.'

export const recoverCommand: CommandBody = {
  details: [
    'At a terminal: a shell with editing, history and completion (Tab) of commands, hosts, disks, dates and paths; `help` lists its commands. The names of amrecover (sethost, setdisk, setdate, addx, …) work too.',
    'From a pipe or file: runs the commands there and ends with the exit code of the first that goes wrong.',
  ],
  options: [
    { flags: '--host HOST', text: 'begin at this host' },
    { flags: '--disk DISK', text: 'begin at this disk of it' },
    AT,
    ALLOW_PROGRAM_OPTION,
    ...VAULT_OPTIONS,
  ],
  examples: [
    { line: 'holdfast recover', text: 'choose host, disk and date there' },
    { line: 'holdfast recover --host laptop --disk /home --at yesterday', text: 'begin where it matters' },
    { line: 'holdfast recover --vault /mnt/backup/vault', text: 'what `holdfast backup` stored, without a server' },
    { line: 'printf "cd alice\\nadd notes\\nextract --to /tmp/x\\n" | holdfast recover --host laptop --disk /home', text: 'a script' },
  ],
  run: async (context, given) => (await import('../recover/one-shot.ts')).recoverShell(context, given),
}

export const recoverLsCommand: CommandBody = {
  details: ['Only what was there at that date: what was deleted before it is not listed.', PATH_HELP],
  args: [HOST, DISK, { name: '[PATH...]', text: 'directories and names; default: the top' }],
  options: [LONG, AT, ...VAULT_OPTIONS],
  examples: [{ line: 'holdfast recover ls laptop /home /alice -l --at yesterday', text: 'one directory' }],
  run: async (context, given) => (await import('../recover/one-shot.ts')).listOnce(context, given),
}

export const recoverFindCommand: CommandBody = {
  details: ['With --json one object a line. Exit code 66: nothing was found.', PATH_HELP],
  args: [HOST, DISK, { name: '[PATH]', text: 'at and below this; default: the top' }],
  options: [
    { flags: '--name GLOB', text: 'names like it; with a slash, paths' },
    { flags: '--newer WHEN', text: 'modified since then' },
    { flags: '--older WHEN', text: 'modified before then' },
    { flags: '--size SIZE', text: '+10M: larger, -1k: smaller, 0: just that' },
    { flags: '--type KIND', text: 'file, directory, symlink, hard-link, character-device, block-device, fifo' },
    LONG,
    AT,
    ...VAULT_OPTIONS,
  ],
  examples: [
    { line: "holdfast recover find laptop /home --name '*.odt' --newer '7 d ago'", text: 'what was written this week' },
    { line: 'holdfast recover find laptop /home /alice --size +1G', text: 'large files' },
  ],
  run: async (context, given) => (await import('../recover/one-shot.ts')).findOnce(context, given),
}

export const recoverVersionsCommand: CommandBody = {
  details: ['A line a dump that holds it, oldest first, with its size and time, and a line where it was gone.', PATH_HELP],
  args: [HOST, DISK, { name: 'PATH', text: 'a name' }],
  options: VAULT_OPTIONS,
  examples: [{ line: 'holdfast recover versions laptop /home /alice/report.odt', text: 'when it changed' }],
  run: async (context, given) => (await import('../recover/one-shot.ts')).versionsOnce(context, given),
}

export const recoverDiffCommand: CommandBody = {
  details: ['`+` added, `-` removed, `~` changed, and what of it. With --json one object a line. Compared are the indexes; no data is read.', PATH_HELP],
  args: [HOST, DISK, { name: 'DATE1', text: 'before' }, { name: 'DATE2', text: 'after; `newest` for the newest dump' }, { name: '[PATH]', text: 'at and below this; default: the top' }],
  options: VAULT_OPTIONS,
  examples: [{ line: 'holdfast recover diff laptop /home 2026-11-20 newest /alice', text: 'what happened since' }],
  run: async (context, given) => (await import('../recover/one-shot.ts')).diffOnce(context, given),
}

export const recoverCatCommand: CommandBody = {
  details: [PATH_HELP],
  args: [HOST, DISK, { name: 'PATH', text: 'a file' }],
  options: [AT, ALLOW_PROGRAM_OPTION, ...VAULT_OPTIONS],
  examples: [{ line: 'holdfast recover cat laptop /etc /fstab --at 2026-11-20', text: 'an older one' }],
  run: async (context, given) => (await import('../recover/one-shot.ts')).catOnce(context, given),
}

export const recoverExtractCommand: CommandBody = {
  details: [
    'Names keep their path below DIR. Only what is needed is read. Nothing that is there is touched unless --existing says so: `replace` it, `keep` it, replace it when the dump’s is `newer`, or write `beside` it as NAME.~restored~1~.',
    'Ends with counts of restored, skipped and failed entries and the reasons. Exit code 2: not all attributes could be set; 4: some entries failed; 66: a PATH is not there.',
    PATH_HELP,
  ],
  args: [HOST, DISK, { name: 'PATH...', text: 'names, directories with all that is in them' }],
  options: [
    AT,
    { flags: '--to DIR', text: 'where to' },
    { flags: '--original', text: 'over the places the names had, on this host' },
    { flags: '--to-agent HOST', text: 'on that agent, below --to, which its restore-paths must allow' },
    { flags: '--existing POLICY', text: 'refuse (default), replace, keep, newer or beside' },
    { flags: '--owners OWNERS', text: 'number (default), name, or none: whoever restores owns all' },
    { flags: '--exclude GLOB', text: 'leave these out; may be repeated', isRepeatable: true },
    { flags: '--resume', text: 'skip what an extraction that was broken off has made' },
    { flags: '--dry-run', text: 'only say what would be done' },
    ALLOW_PROGRAM_OPTION,
    ...VAULT_OPTIONS,
  ],
  examples: [
    { line: 'holdfast recover extract laptop /home /alice/notes --to /tmp/x', text: 'one directory' },
    { line: "holdfast recover extract laptop /home '/alice/*.odt' --at yesterday --original --existing newer", text: 'back to where they were' },
    { line: 'holdfast recover extract laptop /home / --to /srv/home --resume', text: 'a restore that goes on where it was cut' },
  ],
  run: async (context, given) => (await import('../recover/one-shot.ts')).extractOnce(context, given),
}
