// How every command is described and run. A command file gives a `CommandBody`, which is loaded when the command is called; the commander tree, the help,
// the completion scripts and the man pages are all made from these, so that they cannot disagree.

import { Argument, Command, CommanderError, Option } from 'commander'
import { exitCode } from './exit-codes.ts'
import { nearestWord } from '../config/nearest.ts'
import type { CliContext } from './context.ts'
import { showFault } from './output.ts'

export interface ArgumentSpec {
  /** `HOST`, `[PATH...]`: square brackets make it optional, dots repeatable. */
  readonly name: string
  readonly text: string
  /** Words that may stand there, for completion; a command judges by itself. */
  readonly choices?: readonly string[]
}

export interface OptionSpec {
  /** As commander writes it: `-t, --to DIR` with a value, `--live` without. */
  readonly flags: string
  readonly text: string
  /** May be given more than once; its values are a list. */
  readonly isRepeatable?: boolean
}

export interface ExampleSpec {
  readonly line: string
  readonly text: string
}

/** What was given on the command line, by the long name of the option (`--to-agent` → `toAgent`). */
export interface Given {
  readonly isJson: boolean
  readonly isVerbose: boolean
  readonly config: string | undefined
  /** Positional arguments in order; a repeatable one is a list. */
  readonly args: readonly (string | readonly string[] | undefined)[]
  text(option: string): string | undefined
  flag(option: string): boolean
  /** Every value of an option that may be repeated. */
  list(option: string): readonly string[]
}

/** What a command is, beside its name: in the file of the command. */
export interface CommandBody {
  /** Paragraphs for the help and the man page. */
  readonly details?: readonly string[]
  readonly args?: readonly ArgumentSpec[]
  readonly options?: readonly OptionSpec[]
  readonly examples: readonly ExampleSpec[]
  /** Returns the exit code. Throws a Fault for everything that goes wrong. */
  run(context: CliContext, given: Given): Promise<number>
}

interface CommandTitle {
  /** Words of the command: `agents list`. */
  readonly name: string
  readonly summary: string
}

/** What is known of a command before it is loaded: enough for the help that lists it. */
export interface CommandEntry extends CommandTitle {
  /** The names of its arguments. */
  readonly usage?: string
  /** All words behind its name are its only argument, as they are given: a program of Amanda reads them in its own way. `--help` alone is still ours. */
  readonly takesWords?: true
  readonly load: () => Promise<CommandBody>
}

export interface CommandSpec extends CommandTitle, CommandBody {}

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--config FILE', text: 'configuration file to use instead of the usual one' },
  { flags: '--json', text: 'print the result as JSON' },
  { flags: '-v, --verbose', text: 'say more about what is done, on stderr' },
]

function givenOf(command: Command): Given {
  const options = command.optsWithGlobals<Record<string, string | boolean | readonly string[] | undefined>>()
  return {
    isJson: options['json'] === true,
    isVerbose: options['verbose'] === true,
    config: typeof options['config'] === 'string' ? options['config'] : undefined,
    args: command.processedArgs as (string | string[] | undefined)[],
    text(option) {
      const value = options[option]
      return typeof value === 'string' ? value : undefined
    },
    flag: (option) => options[option] === true,
    list(option) {
      const value = options[option]
      return typeof value === 'object' ? value : []
    },
  }
}

/** For commands that read dumps back. */
export const ALLOW_PROGRAM_OPTION: OptionSpec = { flags: '--allow-program PATH', text: 'run this program if the header of a dump names it to undo a filter; may be repeated', isRepeatable: true }

/** The text after the options of `--help`. */
function helpTail(spec: CommandBody): string {
  const width = Math.max(...spec.examples.map((example) => example.line.length))
  const examples = spec.examples.map((example) => `  ${example.line.padEnd(width)}  ${example.text}`)
  return ['', ...(spec.details ?? []).flatMap((paragraph) => [paragraph, '']), 'Examples:', ...examples].join('\n')
}

/** A group alone lists its commands. It has an action of its own for that, so a word that is no command of it is complained about here. */
function addGroup(program: Command, name: string, description: string, context: CliContext, onExit: (code: number) => void): Command {
  const group = program.command(name).description(description).allowExcessArguments()
  group.action(() => {
    if (isUnknown(group, context)) return onExit(exitCode('usage'))
    group.outputHelp()
    onExit(exitCode('ok'))
  })
  return group
}

/** Complains about a word behind a group that is no command of it. */
function isUnknown(group: Command, context: CliContext): boolean {
  const [unknown] = group.args
  if (unknown === undefined || group.commands.length === 0 || group.registeredArguments.length > 0) return false
  const near = nearestWord(unknown, group.commands.map((command) => command.name()))
  context.streams.err(`holdfast: unknown command '${group.name()} ${unknown}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}\n`)
  return true
}

/** Gives a command of the tree all that its file says. */
function complete(command: Command, body: CommandBody, context: CliContext, onExit: (code: number) => void): void {
  command.addHelpText('after', helpTail(body))
  for (const argument of body.args ?? []) command.addArgument(new Argument(argument.name.startsWith('[') ? argument.name : `<${argument.name}>`, argument.text))
  for (const { flags, text, isRepeatable } of body.options ?? []) {
    const option = new Option(flags.replace(/ ([A-Z]+)$/, ' <$1>'), text)
    command.addOption(isRepeatable === true ? option.argParser((value: string, given: readonly string[] | undefined) => [...(given ?? []), value]) : option)
  }
  command.action(async () => {
    if (isUnknown(command, context)) return onExit(exitCode('usage'))
    const given = givenOf(command)
    try {
      onExit(await body.run(context, given))
    } catch (error) {
      onExit(showFault(context.streams, given.isJson, error))
    }
  })
}

/** Builds the commander tree. A command is loaded when the command line turns out to be about it. `onExit` gets the exit code of the command that ran. */
function buildProgram(entries: readonly CommandEntry[], groups: Readonly<Record<string, string>>, context: CliContext, onExit: (code: number) => void): Command {
  const program = new Command('holdfast')
  program.description('Network backup that does not let go.').exitOverride().showSuggestionAfterError()
  program.configureOutput({ writeOut: (text) => context.streams.out(text), writeErr: (text) => context.streams.err(text.replace(/^error: /, 'holdfast: ')) })
  for (const option of GLOBAL_OPTIONS) program.addOption(new Option(option.flags.replace(/ ([A-Z]+)$/, ' <$1>'), option.text))
  const entryOf = new Map<Command, CommandEntry>()
  program.configureHelp({ showGlobalOptions: true, visibleGlobalOptions: (command) => (command === program ? [] : [...program.options]), subcommandTerm: (command) => [command.name(), entryOf.get(command)?.usage ?? command.registeredArguments.map((argument) => `[${argument.name()}]`).join(' ')].join(' ').trimEnd() })
  const load = async (_parent: Command, command: Command): Promise<void> => {
    const entry = entryOf.get(command)
    if (entry !== undefined) complete(command, await entry.load(), context, onExit)
  }
  program.hook('preSubcommand', load)
  const groupCommands = new Map<string, Command>()
  for (const entry of entries) {
    const words = entry.name.split(' ')
    // A command that others are below is their group as well.
    const isGroup = words.length === 1 && Object.hasOwn(groups, entry.name)
    const group = words.length > 1 || isGroup ? words[0] : undefined
    let parent = program
    if (group !== undefined) {
      parent = groupCommands.get(group) ?? addGroup(program, group, groups[group] ?? '', context, onExit).hook('preSubcommand', load)
      groupCommands.set(group, parent)
    }
    const command = (isGroup ? parent : parent.command(words.at(-1) ?? entry.name)).summary(entry.summary).description(`${entry.summary}.`).showHelpAfterError(`(see \`holdfast ${entry.name} --help\`)`)
    // Its own options end where a command below it is named.
    if (isGroup) command.enablePositionalOptions()
    entryOf.set(command, entry)
  }
  return program
}

/** Runs a command that reads its words itself. */
async function runOnWords(entry: CommandEntry, context: CliContext, words: readonly string[]): Promise<number> {
  const given: Given = { isJson: false, isVerbose: false, config: undefined, args: [words], text: () => undefined, flag: () => false, list: () => [] }
  try {
    return await (await entry.load()).run(context, given)
  } catch (error) {
    return showFault(context.streams, false, error)
  }
}

/** Parses and runs; returns the exit code. */
export async function runCommandLine(entries: readonly CommandEntry[], groups: Readonly<Record<string, string>>, context: CliContext, argv: readonly string[]): Promise<number> {
  let code = exitCode('ok')
  // All commands are needed only where they are listed: for help, and to guess at a word that is none.
  const asked = entries.filter(({ name }) => name.split(' ')[0] === argv[0])
  const program = buildProgram(asked.length === 0 ? entries : asked, groups, context, (result) => (code = result))
  const [first, ...others] = argv
  const onWords = entries.find(({ name, takesWords }) => takesWords === true && name === first)
  if (onWords !== undefined && !(others.length === 1 && others[0] === '--help')) return await runOnWords(onWords, context, others)
  // `help dump`: commander would show the help of a command that is not loaded.
  const isHelpOfOne = first === 'help' && entries.some(({ name }) => name.split(' ')[0] === others[0])
  const words = isHelpOfOne ? [...others, '--help'] : [...argv]
  try {
    await program.parseAsync(words, { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) return showFault(context.streams, argv.includes('--json'), error)
    return error.exitCode === 0 ? exitCode('ok') : exitCode('usage')
  }
}
