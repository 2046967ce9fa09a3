// Completion scripts for bash, zsh and fish. Pure: specs in, script out.

import { GLOBAL_OPTIONS, type CommandSpec, type OptionSpec } from './command-line.ts'

interface Node {
  /** Words that may follow: sub-commands, or options. */
  readonly words: readonly string[]
}

function longFlags(options: readonly OptionSpec[]): string[] {
  return options.flatMap((option) => option.flags.match(/--[a-z-]+/g) ?? [])
}

/** Words that its arguments may be. */
function choicesOf(spec: CommandSpec): readonly string[] {
  return (spec.args ?? []).flatMap(({ choices = [] }) => choices)
}

/** What may follow each sequence of command words; the empty key is the start. */
function nodesOf(specs: readonly CommandSpec[]): Map<string, Node> {
  const globals = [...longFlags(GLOBAL_OPTIONS), '--help']
  const nodes = new Map<string, Node>()
  nodes.set('', { words: [...new Set(specs.map((spec) => spec.name.split(' ')[0] ?? ''))] })
  for (const group of new Set(specs.filter((spec) => spec.name.includes(' ')).map((spec) => spec.name.split(' ')[0] ?? ''))) {
    nodes.set(group, { words: specs.filter((spec) => spec.name.startsWith(`${group} `)).map((spec) => spec.name.slice(group.length + 1)) })
  }
  for (const spec of specs) nodes.set(spec.name, { words: [...(nodes.get(spec.name)?.words ?? []), ...choicesOf(spec), ...longFlags(spec.options ?? []), ...globals] })
  return nodes
}

function bashScript(nodes: ReadonlyMap<string, Node>, shell: 'bash' | 'zsh'): string {
  const cases = [...nodes].map(([key, node]) => `    '${key}') words='${node.words.join(' ')}' ;;`)
  return [
    `# Completion of holdfast for ${shell}.`,
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_holdfast() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" word words=""',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *) command="${command:+$command }$word" ;; esac',
    '  done',
    // Arguments after the command are not part of it: words are dropped from the end until the command is known.
    '  while :; do',
    '    case "$command" in',
    ...cases,
    '    esac',
    '    if [ -n "$words" ] || [ -z "$command" ]; then break; fi',
    '    case "$command" in *" "*) command="${command% *}" ;; *) command="" ;; esac',
    '  done',
    '  COMPREPLY=( $(compgen -W "$words" -- "$current") )',
    '  case "$current" in -*) ;; *) if [ -n "$command" ]; then COMPREPLY+=( $(compgen -f -- "$current") ); fi ;; esac',
    '}',
    'complete -o filenames -F _holdfast holdfast',
    '',
  ].join('\n')
}

function fishScript(specs: readonly CommandSpec[]): string {
  const quote = (text: string): string => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
  const lines = ['# Completion of holdfast for fish.', 'complete -c holdfast -f']
  for (const flag of longFlags(GLOBAL_OPTIONS)) lines.push(`complete -c holdfast -l ${flag.slice(2)}`)
  for (const spec of specs) {
    const [first = '', second] = spec.name.split(' ')
    if (second === undefined) lines.push(`complete -c holdfast -n __fish_use_subcommand -a ${first} -d ${quote(spec.summary)}`)
    else {
      if (!lines.some((line) => line.includes(`__fish_use_subcommand -a ${first}`))) lines.push(`complete -c holdfast -n __fish_use_subcommand -a ${first}`)
      lines.push(`complete -c holdfast -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${quote(spec.summary)}`)
    }
    const choices = choicesOf(spec)
    if (choices.length > 0) lines.push(`complete -c holdfast -n '__fish_seen_subcommand_from ${second ?? first}' -a ${quote(choices.join(' '))}`)
    for (const option of spec.options ?? []) {
      const flag = longFlags([option])[0]?.slice(2)
      if (flag !== undefined) lines.push(`complete -c holdfast -n '__fish_seen_subcommand_from ${second ?? first}' -l ${flag} -d ${quote(option.text)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** The script for `shell`; undefined when there is none. */
export function completionScript(shell: string, specs: readonly CommandSpec[]): string | undefined {
  switch (shell) {
    case 'bash':
    case 'zsh':
      return bashScript(nodesOf(specs), shell)
    case 'fish':
      return fishScript(specs)
    default:
      return undefined
  }
}
