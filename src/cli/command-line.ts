// How every command is described and run. A command file gives a `CommandSpec`; the commander tree, the help, the completion scripts
// and the man pages are all made from these, so that they cannot disagree.

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

export interface CommandSpec {
  /** Words of the command: `agents list`. */
  readonly name: string
  readonly summary: string
  /** Paragraphs for the help and the man page. */
  readonly details?: readonly string[]
  readonly args?: readonly ArgumentSpec[]
  readonly options?: readonly OptionSpec[]
  readonly examples: readonly ExampleSpec[]
  /** Returns the exit code. Throws a Fault for everything that goes wrong. */
  run(context: CliContext, given: Given): Promise<number>
}

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
export function helpTail(spec: CommandSpec): string {
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
  if (unknown === undefined) return false
  const near = nearestWord(unknown, group.commands.map((command) => command.name()))
  context.streams.err(`holdfast: unknown command '${group.name()} ${unknown}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}\n`)
  return true
}

/** Builds the commander tree. `onExit` gets the exit code of the command that ran. */
export function buildProgram(specs: readonly CommandSpec[], groups: Readonly<Record<string, string>>, context: CliContext, onExit: (code: number) => void): Command {
  const program = new Command('holdfast')
  program.description('Network backup that does not let go.').exitOverride().showSuggestionAfterError().configureHelp({ showGlobalOptions: true, visibleGlobalOptions: (command) => (command === program ? [] : [...program.options]) })
  program.configureOutput({ writeOut: (text) => context.streams.out(text), writeErr: (text) => context.streams.err(text.replace(/^error: /, 'holdfast: ')) })
  for (const option of GLOBAL_OPTIONS) program.addOption(new Option(option.flags.replace(/ ([A-Z]+)$/, ' <$1>'), option.text))
  const groupCommands = new Map<string, Command>()
  for (const spec of specs) {
    const words = spec.name.split(' ')
    // A command that others are below is their group as well.
    const isGroup = words.length === 1 && Object.hasOwn(groups, spec.name)
    const group = words.length > 1 || isGroup ? words[0] : undefined
    let parent = program
    if (group !== undefined) {
      parent = groupCommands.get(group) ?? addGroup(program, group, groups[group] ?? '', context, onExit)
      groupCommands.set(group, parent)
    }
    const command = (isGroup ? parent : parent.command(words.at(-1) ?? spec.name)).summary(spec.summary).description(`${spec.summary}.`).addHelpText('after', helpTail(spec)).showHelpAfterError(`(see \`holdfast ${spec.name} --help\`)`)
    // Its own options end where a command below it is named.
    if (isGroup) command.enablePositionalOptions()
    for (const argument of spec.args ?? []) command.addArgument(new Argument(argument.name.startsWith('[') ? argument.name : `<${argument.name}>`, argument.text))
    for (const { flags, text, isRepeatable } of spec.options ?? []) {
      const option = new Option(flags.replace(/ ([A-Z]+)$/, ' <$1>'), text)
      command.addOption(isRepeatable === true ? option.argParser((value: string, given: readonly string[] | undefined) => [...(given ?? []), value]) : option)
    }
    command.action(async () => {
      if (isGroup && isUnknown(command, context)) return onExit(exitCode('usage'))
      const given = givenOf(command)
      try {
        onExit(await spec.run(context, given))
      } catch (error) {
        onExit(showFault(context.streams, given.isJson, error))
      }
    })
  }
  return program
}

/** Parses and runs; returns the exit code. */
export async function runCommandLine(specs: readonly CommandSpec[], groups: Readonly<Record<string, string>>, context: CliContext, argv: readonly string[]): Promise<number> {
  let code = exitCode('ok')
  const program = buildProgram(specs, groups, context, (result) => (code = result))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) return showFault(context.streams, argv.includes('--json'), error)
    return error.exitCode === 0 ? exitCode('ok') : exitCode('usage')
  }
}
