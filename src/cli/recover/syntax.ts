// The commands of the recovery shell: names, what may follow them, and their help. Parser, completion and help all read this table.

export type WordKind = 'host' | 'disk' | 'date' | 'path' | 'glob' | 'local' | 'command' | 'text' | 'size' | 'owners' | 'existing' | 'agent' | 'kind'

export interface ShellArgument {
  readonly name: string
  readonly kind: WordKind
  readonly isOptional?: boolean
  readonly isRepeatable?: boolean
}

export interface ShellOption {
  /** With its dashes: `-l`, `--to`. */
  readonly flag: string
  /** What stands behind it; undefined: nothing. */
  readonly value?: { readonly name: string; readonly kind: WordKind }
  readonly isRepeatable?: boolean
  readonly text: string
}

export interface ShellCommand {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly args?: readonly ShellArgument[]
  readonly options?: readonly ShellOption[]
  readonly summary: string
}

/** Words that may stand for some kinds. */
export const FIXED_WORDS: Partial<Record<WordKind, readonly string[]>> = {
  existing: ['refuse', 'replace', 'keep', 'newer', 'beside'],
  owners: ['number', 'name', 'none'],
  kind: ['file', 'directory', 'symlink', 'hard-link', 'character-device', 'block-device', 'fifo'],
}

const PATHS: readonly ShellArgument[] = [{ name: 'PATH', kind: 'path', isRepeatable: true }]

/** As `holdfast recover extract` has them too. */
const EXTRACT_OPTIONS: readonly ShellOption[] = [
  { flag: '--to', value: { name: 'DIR', kind: 'local' }, text: 'where to; default: the local directory (lcd)' },
  { flag: '--original', text: 'over the places the names had, on this host' },
  { flag: '--to-agent', value: { name: 'HOST', kind: 'agent' }, text: 'on that agent, below --to' },
  { flag: '--existing', value: { name: 'POLICY', kind: 'existing' }, text: 'what to do with a name that is there: refuse (default), replace, keep, newer, beside' },
  { flag: '--owners', value: { name: 'OWNERS', kind: 'owners' }, text: 'owners by number (default), by name, or none' },
  { flag: '--exclude', value: { name: 'GLOB', kind: 'glob' }, isRepeatable: true, text: 'leave these out' },
  { flag: '--resume', text: 'skip what an extraction that was broken off has made' },
  { flag: '--dry-run', text: 'only say what would be done' },
]

export const SHELL_COMMANDS: readonly ShellCommand[] = [
  { name: 'hosts', aliases: ['listhost'], summary: 'hosts that have dumps' },
  { name: 'host', aliases: ['sethost'], args: [{ name: 'HOST', kind: 'host' }], summary: 'choose a host' },
  { name: 'disks', aliases: ['listdisk'], summary: 'disks of the host' },
  { name: 'disk', aliases: ['setdisk'], args: [{ name: 'DISK', kind: 'disk' }], summary: 'choose a disk' },
  { name: 'dates', summary: 'dates of the disk that can be restored' },
  { name: 'date', aliases: ['setdate'], args: [{ name: 'WHEN', kind: 'date', isRepeatable: true }], summary: 'the state at that date: 2026-11-23, 2026-11-23 22:09, yesterday, 3 d ago, newest' },
  { name: 'pwd', summary: 'where in the disk you are' },
  { name: 'cd', args: [{ name: 'PATH', kind: 'path', isOptional: true }], summary: 'go to a directory of the disk; without a PATH to its top' },
  { name: 'ls', aliases: ['dir'], args: [{ name: 'PATH', kind: 'path', isOptional: true, isRepeatable: true }], options: [{ flag: '-l', text: 'with mode, owner, size and time' }], summary: 'names in a directory, or those a glob means' },
  {
    name: 'find',
    args: [{ name: 'PATH', kind: 'path', isOptional: true }],
    options: [
      { flag: '-name', value: { name: 'GLOB', kind: 'glob' }, text: 'names like it; with a slash, paths' },
      { flag: '-newer', value: { name: 'WHEN', kind: 'text' }, text: 'modified since then' },
      { flag: '-older', value: { name: 'WHEN', kind: 'text' }, text: 'modified before then' },
      { flag: '-size', value: { name: 'SIZE', kind: 'size' }, text: '+10M: larger, -1k: smaller, 0: just that' },
      { flag: '-type', value: { name: 'KIND', kind: 'kind' }, text: 'file, directory, symlink, …' },
      { flag: '-l', text: 'with mode, owner, size and time' },
    ],
    summary: 'names at and below a directory that pass all tests',
  },
  { name: 'versions', aliases: ['history-of'], args: [{ name: 'PATH', kind: 'path' }], summary: 'each version of one name over all dumps' },
  { name: 'diff', args: [{ name: 'DATE1', kind: 'date' }, { name: 'DATE2', kind: 'date' }, { name: 'PATH', kind: 'path', isOptional: true }], summary: 'what was added, removed and changed between two dates' },
  { name: 'cat', args: [{ name: 'PATH', kind: 'path' }], summary: 'what is in a file' },
  { name: 'add', aliases: ['addx'], args: PATHS, summary: 'put names, or what globs mean, on the list of what to extract' },
  { name: 'delete', aliases: ['deletex'], args: PATHS, summary: 'take names off the list' },
  { name: 'list', summary: 'what is on the list' },
  { name: 'clear', summary: 'empty the list' },
  { name: 'extract', args: [{ name: 'PATH', kind: 'path', isOptional: true, isRepeatable: true }], options: EXTRACT_OPTIONS, summary: 'give back what is on the list, or the paths named' },
  { name: 'lpwd', summary: 'the directory of this machine that names go to' },
  { name: 'lcd', args: [{ name: 'DIR', kind: 'local', isOptional: true }], summary: 'choose that directory' },
  { name: 'history', summary: 'lines that were typed' },
  { name: 'help', aliases: ['?'], args: [{ name: 'COMMAND', kind: 'command', isOptional: true }], summary: 'this list, or more about one command' },
  { name: 'quit', aliases: ['exit'], summary: 'leave; so does Ctrl-D' },
]

export function findShellCommand(name: string): ShellCommand | undefined {
  return SHELL_COMMANDS.find((command) => command.name === name || command.aliases?.includes(name) === true)
}

/** `ls [-l] [PATH...]`. */
export function usageOf(command: ShellCommand): string {
  const options = (command.options ?? []).map(({ flag, value }) => `[${flag}${value === undefined ? '' : ` ${value.name}`}]`)
  const args = (command.args ?? []).map(({ name, isOptional, isRepeatable }) => {
    const word = isRepeatable === true ? `${name}...` : name
    return isOptional === true ? `[${word}]` : word
  })
  return [command.name, ...options, ...args].join(' ')
}

const WORDS_HELP = [
  'Words: quote or escape blanks and globs as in a shell. `\\n`, `\\303` and the like are bytes, as listings show them.',
  'Globs: * ? [a-z] within a name, ** for any directories. PATH counts from the top of the disk, or from where you are.',
]

/** All commands, a line each. */
export function helpText(): string {
  const rows = SHELL_COMMANDS.map((command) => ({ usage: [command.name, ...(command.args ?? []).map(({ name }) => name)].join(' '), command }))
  const width = Math.max(...rows.map(({ usage }) => usage.length))
  const lines = rows.map(({ usage, command }) => `  ${usage.padEnd(width)}  ${command.summary}`)
  return `${[...lines, '', ...WORDS_HELP, 'Ctrl-C stops a command, `help COMMAND` tells its options.'].join('\n')}\n`
}

export function helpOf(command: ShellCommand): string {
  const lines = [usageOf(command), `  ${command.summary}`]
  for (const { flag, value, text } of command.options ?? []) lines.push(`  ${`${flag}${value === undefined ? '' : ` ${value.name}`}`.padEnd(18)}  ${text}`)
  if (command.aliases !== undefined) lines.push(`  also: ${command.aliases.join(', ')}`)
  return `${lines.join('\n')}\n`
}
