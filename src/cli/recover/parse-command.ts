// A line of the recovery shell → the command of the table with its words, or `usage-wrong`. Pure.

import { nearestWord } from '../../config/nearest.ts'
import { Fault } from '../../kernel/fault.ts'
import { findShellCommand, FIXED_WORDS, SHELL_COMMANDS, usageOf, type ShellCommand, type ShellOption } from './syntax.ts'
import { parseWords, type Word } from './words.ts'

export interface ParsedCommand {
  readonly command: ShellCommand
  readonly args: readonly Word[]
  /** Values by flag; a flag without a value has none. */
  readonly options: ReadonlyMap<string, readonly Word[]>
}

/** Undefined for a line without words. Throws `usage-wrong`. */
export function parseCommand(line: string): ParsedCommand | undefined {
  const [first, ...words] = parseWords(line)
  if (first === undefined) return undefined
  const command = findShellCommand(first.text)
  if (command === undefined) {
    const near = nearestWord(first.text, SHELL_COMMANDS.map(({ name }) => name))
    throw new Fault('usage-wrong', `there is no command ${JSON.stringify(first.text)}`, { next: near === undefined ? '`help` lists them.' : `Did you mean ${near}?` })
  }
  return withArguments(command, words)
}

function withArguments(command: ShellCommand, words: readonly Word[]): ParsedCommand {
  const args: Word[] = []
  const options = new Map<string, Word[]>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    if (word === undefined) break
    // A quoted or escaped dash is as good as any other: `--` makes what follows names.
    if (word.text === '--' && command.options !== undefined) {
      args.push(...words.slice(at + 1))
      break
    }
    if (!word.text.startsWith('-') || word.text === '-' || command.options === undefined) {
      args.push(word)
      continue
    }
    const { option, inline } = optionOf(command, word)
    const values = options.get(option.flag) ?? []
    if (option.value === undefined) {
      if (inline !== undefined) throw wrong(command, `${option.flag} takes no value`)
    } else {
      const value = inline ?? words[++at]
      if (value === undefined) throw wrong(command, `${option.flag} needs ${option.value.name}`)
      const fixed = FIXED_WORDS[option.value.kind]
      if (fixed !== undefined && !fixed.includes(value.text)) throw wrong(command, `${option.flag} is one of ${fixed.join(', ')}, not ${JSON.stringify(value.text)}`)
      if (values.length > 0 && option.isRepeatable !== true) throw wrong(command, `${option.flag} is given twice`)
      values.push(value)
    }
    options.set(option.flag, values)
  }
  checkCount(command, args.length)
  return { command, args, options }
}

function optionOf(command: ShellCommand, word: Word): { readonly option: ShellOption; readonly inline: Word | undefined } {
  const equals = word.text.startsWith('--') ? word.text.indexOf('=') : -1
  const flag = equals < 0 ? word.text : word.text.slice(0, equals)
  const option = command.options?.find((known) => known.flag === flag)
  if (option === undefined) throw wrong(command, `${command.name} has no option ${JSON.stringify(flag)}`)
  const inline = equals < 0 ? undefined : { ...word, text: word.text.slice(equals + 1), pattern: word.pattern.slice(word.pattern.indexOf('=') + 1) }
  return { option, inline }
}

function checkCount(command: ShellCommand, count: number): void {
  const args = command.args ?? []
  const least = args.filter(({ isOptional }) => isOptional !== true).length
  if (count < least) throw wrong(command, `${command.name} needs ${args[count]?.name ?? 'more words'}`)
  if (count > args.length && args.at(-1)?.isRepeatable !== true) throw wrong(command, `${command.name} takes ${args.length === 0 ? 'nothing' : `only ${args.map(({ name }) => name).join(' ')}`}`)
}

function wrong(command: ShellCommand, message: string): Fault {
  return new Fault('usage-wrong', message, { next: `Usage: ${usageOf(command)}.` })
}

/** The value of an option that may be given once. */
export function optionText(parsed: ParsedCommand, flag: string): string | undefined {
  const word = parsed.options.get(flag)?.[0]
  return word === undefined ? undefined : textOfBytes(word.text)
}

/** The bytes of a word as text. */
export function textOfBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
