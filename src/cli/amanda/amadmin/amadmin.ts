// What stock Amanda's `amadmin` does: finds the configuration, and hands the words behind the name of a subcommand to it. Answers, complaints and exit codes
// (0 and 1) are those of Amanda 3.5.1.

import { MatchExpressionError } from '../../../wire/amanda/name-expression.ts'
import { parseOverride, type Override } from '../../../config/amanda/overrides.ts'
import { openAmandaSession, type SessionRequest } from '../amanda-session.ts'
import { readStockWords, type StockOption, type StockWords } from '../stock-words.ts'
import { balance } from './balance.ts'
import { bumpsize } from './bumpsize.ts'
import { AmadminUsage, type AmadminCall, type AmadminMachine } from './call.ts'
import { config, disklist } from './config.ts'
import { deleteDisks } from './delete.ts'
import { due } from './due.ts'
import { estimate } from './estimate.ts'
import { exportInfo } from './export.ts'
import { find } from './find.ts'
import { holding } from './holding.ts'
import { importInfo } from './import.ts'
import { info } from './info.ts'
import { ORDER_SUBCOMMANDS } from './orders.ts'
import { REUSE_SUBCOMMANDS } from './reuse.ts'
import { retention, tape } from './tape.ts'
import { AMADMIN_USAGE } from './usage.ts'
import { VERSION_TEXT } from './version.ts'

type Subcommand = (call: AmadminCall) => Promise<number>

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  balance,
  bumpsize,
  config,
  delete: deleteDisks,
  disklist,
  dles: (call) => list(call, call.session.disks.map(({ host, name }) => `${host} ${name}`)),
  due,
  estimate,
  export: exportInfo,
  find,
  holding,
  hosts: (call) => list(call, [...new Set(call.session.disks.map(({ host }) => host))]),
  import: importInfo,
  info,
  retention,
  tape,
  version: (call) => list(call, [VERSION_TEXT.trimEnd()]),
  ...ORDER_SUBCOMMANDS,
  ...REUSE_SUBCOMMANDS,
}

const OPTIONS: readonly StockOption[] = [
  { name: 'version' }, { name: 'exact-match' }, { name: 'no-default' }, { name: 'print-source' }, { name: 'sort', takesValue: true }, { name: 'days', takesValue: true }, { name: 'o', takesValue: true }, { name: 'l' }, { name: 'd' },
]

async function list({ out }: AmadminCall, lines: readonly string[]): Promise<number> {
  for (const line of lines) out(`${line}\n`)
  return Promise.resolve(0)
}

/** What is said of an option that is none. */
function wrongOption({ option, why }: StockWords['wrong'][number]): string {
  if (option.length === 1) return why === 'needs-value' ? 'expect something after -o' : `invalid option -- '${option}'`
  if (why === 'needs-value') return `option '--${option}' requires an argument`
  return why === 'takes-no-value' ? `option '--${option}' doesn't allow an argument` : `unrecognized option '--${option}'`
}

/** Ends the program with one line on stderr. */
class AmadminEnd extends Error {}

function overridesOf(given: StockWords['given']): Override[] {
  return (given.get('o') ?? []).map((text) => {
    const override = parseOverride(text)
    if (override === undefined) throw new AmadminEnd(`Must specify a value for ${text}.`)
    return override
  })
}

async function run(words: readonly string[], request: Omit<SessionRequest, 'name' | 'overrides'>, machine: AmadminMachine): Promise<number> {
  const { given, words: rest, wrong } = readStockWords(words, OPTIONS)
  const [bad] = wrong
  if (bad?.option === 'o') throw new AmadminEnd(wrongOption(bad))
  if (bad !== undefined) throw new AmadminUsage(wrongOption(bad))
  if (given.has('version')) {
    machine.out('amadmin-3.5.1\n')
    return 0
  }
  const overrides = overridesOf(given)
  const [name, subcommandName, ...others] = rest
  if (name === undefined || subcommandName === undefined) throw new AmadminUsage()
  const session = openAmandaSession({ ...request, name, overrides }, (line) => machine.err(`${line}\n`))
  if (session === undefined) throw new AmadminEnd('errors processing config file')
  const subcommand = Object.hasOwn(SUBCOMMANDS, subcommandName) ? SUBCOMMANDS[subcommandName] : undefined
  if (subcommand === undefined) throw new AmadminUsage(`unknown command "${subcommandName}"`)
  return subcommand({
    ...machine,
    session,
    words: given.has('exact-match') ? others.map((word) => `=${word}`) : others,
    commandLine: rest,
    sort: given.get('sort')?.at(-1),
    days: Math.trunc(Number.parseFloat(given.get('days')?.at(-1) ?? '0')) || 0,
    isLong: given.has('l'),
    isOutdatedOnly: given.has('d'),
    isSourceShown: given.has('print-source'),
    isDefaultShown: !given.has('no-default'),
  })
}

/** Returns the exit code. */
export async function amadmin(words: readonly string[], request: Omit<SessionRequest, 'name' | 'overrides'>, machine: AmadminMachine): Promise<number> {
  try {
    return await run(words, request, machine)
  } catch (error) {
    if (error instanceof AmadminUsage) machine.err(`${error.complaint === undefined ? '' : `amadmin: ${error.complaint}\n`}${AMADMIN_USAGE}`)
    else if (error instanceof AmadminEnd || error instanceof MatchExpressionError) machine.err(`amadmin: ${error.message}\n`)
    else throw error
    return 1
  }
}
