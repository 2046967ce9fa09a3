// `holdfast install-amanda-names`: the programs of Amanda under the names that operators and cron tables know.

import path from 'node:path'
import { Fault } from '../../kernel/fault.ts'
import { installNames, removeNames } from '../amanda/amanda-names.ts'
import type { CommandBody } from '../command-line.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { packageRoot } from '../package-root.ts'
import { printable } from '../text-table.ts'

/** `names`: of the commands that are programs of Amanda. */
export function installAmandaNamesCommand(names: readonly string[]): CommandBody {
  return {
    details: [
      `Makes ${names.join(', ')} in DIR/sbin. Each is a line of shell that starts \`holdfast\` with its name and passes on what it is given.`,
      'A file of that name that Holdfast did not make is left alone, and then nothing is installed, unless --force is given. Put DIR/sbin before the directory of a stock Amanda in PATH, or name the programs with their path in the cron table, and take them away with --remove.',
    ],
    options: [
      { flags: '--prefix DIR', text: 'the programs go to DIR/sbin' },
      { flags: '--remove', text: 'take away what was installed' },
      { flags: '--force', text: 'replace programs that are there' },
    ],
    examples: [
      { line: 'holdfast install-amanda-names --prefix /usr/local', text: 'for everybody on this server' },
      { line: 'holdfast install-amanda-names --prefix /usr/local --remove', text: 'and away' },
    ],
    async run(context, given) {
      const prefix = given.text('prefix')
      if (prefix === undefined || prefix === '') throw new Fault('usage-wrong', 'it is not said where to', { next: 'Add --prefix DIR, for example --prefix /usr/local.' })
      const order = { prefix: path.resolve(prefix), names, launch: [path.join(packageRoot(import.meta.dirname), 'bin', 'holdfast.cjs')], isForced: given.flag('force') }
      const isRemoval = given.flag('remove')
      const result = isRemoval ? await removeNames(context.disk, order.prefix, names) : await installNames(context.disk, order)
      showResult(context.streams, given.isJson, result, ({ directory, installed }) => `${printable(directory)}: ${installed.length === 0 ? 'nothing' : installed.join(', ')} ${isRemoval ? 'removed' : 'installed'}.\n`)
      return exitCode('ok')
    },
  }
}
