// What stock Amanda's `amflush` does: dumps that wait on the holding disks are written to volumes, by a run without planner and dumpers. It asks which runs and whether, as stock's does. Unlike
// stock's it stays in the foreground always, and only `y` lets it begin.

import { BUILD_VALUES } from '../../../config/amanda/build-values.ts'
import { textOf } from '../../../config/amanda/configuration.ts'
import { DiskSelection } from '../../../records/disk-selection.ts'
import { listHolding } from '../../../records/holding-list.ts'
import { storageSettings } from '../../../server/amdump/cycle-facts.ts'
import type { CliContext } from '../../context.ts'
import type { AmandaSession } from '../amanda-session.ts'
import { operatorOf, type Operator } from '../operator.ts'
import { readStockWords, type StockOption } from '../stock-words.ts'
import { openRunSession, runOver } from './run-session.ts'

const USAGE = 'Usage: amflush <conf> [-b] [-f] [-D <datestamps>]* [--exact-match] [-o configoption]* [host/disk]*\n'
const OPTIONS: readonly StockOption[] = [{ name: 'version' }, { name: 'help', letter: 'h' }, { name: 'o', takesValue: true }, { name: 'b' }, { name: 'f' }, { name: 's' }, { name: 'D', takesValue: true }, { name: 'exact-match' }]
const FAILED = 1
/** Runs have letters. */
const LETTERS_MAX = 26

interface Waiting {
  readonly host: string
  readonly name: string
  readonly datestamp: string
}

/** Those that the words name; undefined, after the complaints, when there is none. */
function named(held: readonly Waiting[], words: readonly string[], isExact: boolean, complain: (line: string) => void): readonly Waiting[] | undefined {
  const selection = new DiskSelection<Waiting>()
  for (const one of held) selection.add(one, false)
  for (const complaint of selection.select(isExact ? words.map((word) => `=${word}`) : words)) complain(complaint)
  return selection.chosen.length === 0 ? undefined : selection.chosen
}

/** Which runs the operator wants; undefined when the input has ended. */
async function askForRuns({ out, readLine }: Operator, datestamps: readonly string[]): Promise<readonly string[] | undefined> {
  const shown = datestamps.slice(0, LETTERS_MAX)
  const letter = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index)
  out(`\nMultiple Amanda runs in holding disks; please pick one by letter:\n${shown.map((datestamp, index) => `  ${letter(index)}. ${datestamp}\n`).join('')}`)
  for (;;) {
    out(`Select datestamps to flush [A..${letter(shown.length - 1)} or <enter> for all]: `)
    const answer = (await readLine())?.trim().toUpperCase()
    if (answer === undefined) return undefined
    if (answer === '' || answer === 'ALL') return datestamps
    const chosen = shown.filter((_, index) => answer.includes(letter(index)))
    if (chosen.length > 0 && /^[A-Z\s,]+$/.test(answer) && answer.replace(/[\s,]/g, '').split('').every((one) => one < letter(shown.length))) return chosen
  }
}

/** What will be written where, and whether that is wanted. */
async function isConfirmed({ out, readLine }: Operator, { configuration }: AmandaSession, datestamps: readonly string[]): Promise<boolean> {
  const { name, of } = storageSettings(configuration)
  const changer = textOf(of('TPCHANGER'), 'TPCHANGER') || textOf(of('TAPEDEV'), 'TAPEDEV')
  out(`Flushing dumps from ${datestamps.join(', ')} using storage "${name}", tape changer "${changer}".\n`)
  for (;;) {
    out('\nAre you sure you want to do this [yN]? ')
    const answer = (await readLine())?.trim()
    if (answer !== undefined && /^y/i.test(answer)) return true
    if (answer === undefined || answer === '' || /^n/i.test(answer)) {
      out('\nOk, quitting.  Run amflush again when you are ready.\n')
      return false
    }
  }
}

/** Returns the exit code. */
export async function amflush(context: CliContext, commandLine: readonly string[], workingDir: string): Promise<number> {
  const { streams, disk } = context
  const say = (line: string): void => streams.err(`${line}\n`)
  const { given, words, wrong } = readStockWords(commandLine, OPTIONS)
  if (given.has('version')) {
    streams.out(`amflush-${BUILD_VALUES['version'] ?? ''}\n`)
    return 0
  }
  const [name, ...others] = words
  if (name === undefined || wrong.length > 0 || given.has('help')) {
    streams.err(`${USAGE}${given.has('help') ? 'help\n' : wrong.length > 0 ? '' : 'No config specified\n'}`)
    return FAILED
  }
  const session = openRunSession('amflush', name, given.get('o') ?? [], context, workingDir)
  if (session === undefined) return FAILED
  const wanted = given.get('D') ?? []
  const all = (await listHolding(disk, session.places.holdingDirs)).map(({ header }): Waiting => ({ host: header.host, name: header.disk, datestamp: header.datestamp }))
  const held = all.filter(({ datestamp }) => wanted.length === 0 || wanted.some((one) => datestamp.startsWith(one)))
  if (held.length === 0) {
    say('Could not find any Amanda directories to flush.')
    return FAILED
  }
  const chosen = named(held, others, given.has('exact-match'), say)
  if (chosen === undefined) {
    say('Could not find any valid dump image, check directory.')
    return FAILED
  }
  const operator = operatorOf(streams)
  const datestamps = [...new Set(chosen.map(({ datestamp }) => datestamp))].toSorted()
  const isAsked = !given.has('b')
  const runs = isAsked && datestamps.length > 1 && wanted.length === 0 ? await askForRuns(operator, datestamps) : datestamps
  if (runs === undefined || (isAsked && !(await isConfirmed(operator, session, runs)))) return FAILED
  const keys = new Set(chosen.filter(({ datestamp }) => runs.includes(datestamp)).map(({ host, name: diskName, datestamp }) => JSON.stringify([host, diskName, datestamp])))
  return runOver(context, session, { program: 'amflush', isSelected: () => false, isWithoutTaper: false, isWithoutDump: true, isFlushed: ({ host, disk: diskName, datestamp }) => keys.has(JSON.stringify([host, diskName, datestamp])) })
}
