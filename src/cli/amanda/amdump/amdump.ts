// What stock Amanda's `amdump` does: one run over a configuration, without a server, from the words of its command line to its exit code. It prints only what is wrong before the run begins;
// what happens in it is in its log and trace, for amreport and amstatus.

import { BUILD_VALUES } from '../../../config/amanda/build-values.ts'
import type { CliContext } from '../../context.ts'
import { readStockWords, type StockOption } from '../stock-words.ts'
import { openRunSession, runOver, selectDisks } from './run-session.ts'

const USAGE = 'Usage: amdump <conf> [--no-taper] [--no-dump] [--no-flush] [--no-vault] [--from-client] [--exact-match] [-o configoption]* [host/disk]*\n'
const OPTIONS: readonly StockOption[] = [
  { name: 'version' }, { name: 'help', letter: 'h' }, { name: 'o', takesValue: true }, { name: 'no-taper' }, { name: 'no-dump' }, { name: 'no-flush' }, { name: 'no-vault' }, { name: 'from-client' }, { name: 'exact-match' },
]
const FAILED = 1

/** Returns the exit code. */
export async function amdump(context: CliContext, commandLine: readonly string[], workingDir: string): Promise<number> {
  const { streams } = context
  const { given, words, wrong } = readStockWords(commandLine, OPTIONS)
  if (given.has('version')) {
    streams.out(`amdump-${BUILD_VALUES['version'] ?? ''}\n`)
    return 0
  }
  const [name, ...others] = words
  if (name === undefined || wrong.length > 0 || given.has('help')) {
    streams.err(`${USAGE}${given.has('help') ? 'help\n' : wrong.length > 0 ? '' : 'No config specified\n'}`)
    return FAILED
  }
  const session = openRunSession('amdump', name, given.get('o') ?? [], context, workingDir)
  if (session === undefined) return FAILED
  const isSelected = selectDisks(session, others, given.has('exact-match'), (line) => streams.err(`${line}\n`))
  if (isSelected === undefined) return FAILED
  return runOver(context, session, { program: 'amdump', isSelected, isWithoutTaper: given.has('no-taper'), isWithoutDump: given.has('no-dump'), ...(given.has('no-flush') ? { isFlushed: () => false } : {}) })
}
