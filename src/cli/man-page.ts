// Man pages in roff, made from the same specs as the help: holdfast(1) and one page a command. Pure.

import { GLOBAL_OPTIONS, type CommandSpec, type OptionSpec } from './command-line.ts'

function roff(text: string): string {
  return text.replaceAll('\\', String.raw`\e`).replaceAll('-', String.raw`\-`).replaceAll(/^([.'])/gm, String.raw`\&$1`).replaceAll('`', '')
}

function optionLines(options: readonly OptionSpec[]): string[] {
  return options.flatMap((option) => ['.TP', `.B ${roff(option.flags)}`, roff(option.text)])
}

function head(name: string, summary: string): string[] {
  return [`.TH ${roff(name.toUpperCase())} 1 "" holdfast "Holdfast"`, '.SH NAME', `${roff(name)} ${String.raw`\-`} ${roff(summary)}`]
}

function synopsis(spec: CommandSpec): string {
  const args = (spec.args ?? []).map((argument) => argument.name)
  return ['holdfast', spec.name, ...((spec.options ?? []).length > 0 ? ['[OPTION...]'] : []), ...args].join(' ')
}

export interface ManPage {
  /** File name: `holdfast-ls.1`. */
  readonly name: string
  readonly text: string
}

function commandPage(spec: CommandSpec): ManPage {
  const name = `holdfast-${spec.name.replaceAll(' ', '-')}`
  const lines = [
    ...head(name, spec.summary),
    '.SH SYNOPSIS',
    `.B ${roff(synopsis(spec))}`,
    '.SH DESCRIPTION',
    roff(`${spec.summary}.`),
    ...(spec.details ?? []).flatMap((paragraph) => ['.PP', roff(paragraph)]),
    ...((spec.args ?? []).length === 0 ? [] : ['.SH ARGUMENTS', ...(spec.args ?? []).flatMap((argument) => ['.TP', `.I ${roff(argument.name)}`, roff(argument.text)])]),
    '.SH OPTIONS',
    ...optionLines([...(spec.options ?? []), ...GLOBAL_OPTIONS]),
    '.SH EXAMPLES',
    ...spec.examples.flatMap((example) => ['.TP', `.B ${roff(example.line)}`, roff(example.text)]),
    '.SH SEE ALSO',
    '.BR holdfast (1)',
  ]
  return { name: `${name}.1`, text: `${lines.join('\n')}\n` }
}

/** All pages, holdfast(1) first. */
export function manPages(specs: readonly CommandSpec[]): ManPage[] {
  const main = [
    ...head('holdfast', 'network backup that does not let go'),
    '.SH SYNOPSIS',
    String.raw`.B holdfast COMMAND`,
    '.SH COMMANDS',
    ...specs.flatMap((spec) => ['.TP', `.B ${roff(synopsis(spec))}`, roff(spec.summary)]),
    '.SH OPTIONS',
    ...optionLines(GLOBAL_OPTIONS),
    '.SH FILES',
    ...['/etc/holdfast/holdfast.yaml', '/etc/holdfast/agent.yaml', '/var/lib/holdfast', '/var/log/holdfast'].flatMap((file) => ['.TP', `.I ${roff(file)}`, 'for root; others have it below their XDG directories']),
    '.SH EXIT STATUS',
    'See docs/exit\\-codes.md.',
  ]
  return [{ name: 'holdfast.1', text: `${main.join('\n')}\n` }, ...specs.map(commandPage)]
}
