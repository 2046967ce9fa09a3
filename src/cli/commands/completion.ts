// `holdfast completion SHELL`: a script that completes commands and options. Made from the same specs as the help.

import { Fault } from '../../kernel/fault.ts'
import { completionScript } from '../completion-script.ts'
import type { CommandBody, CommandSpec } from '../command-line.ts'
import { exitCode } from '../exit-codes.ts'

export function completionCommand(specs: () => Promise<readonly CommandSpec[]>): CommandBody {
  return {
    args: [{ name: 'SHELL', text: 'bash, zsh or fish' }],
    examples: [
      { line: 'holdfast completion bash > /etc/bash_completion.d/holdfast', text: 'for everybody' },
      { line: 'holdfast completion fish > ~/.config/fish/completions/holdfast.fish', text: 'for one user of fish' },
    ],
    async run(context, given) {
      const script = completionScript(String(given.args[0]), await specs())
      if (script === undefined) throw new Fault('usage-wrong', `there is no completion for ${String(given.args[0])}`, { next: 'Use bash, zsh or fish.' })
      context.streams.out(script)
      return exitCode('ok')
    },
  }
}
