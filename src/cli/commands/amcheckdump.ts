// `holdfast amcheckdump`: reads the dumps of a run back and checks every byte, as stock Amanda's program of that name.

import { amcheckdump, checkedDumps } from '../amanda/amcheckdump.ts'
import { loadConfiguration, permitsOf, refusedUser, type LoadedConfiguration } from '../amanda/amanda-program.ts'
import { knownDumps } from '../amanda/known-dumps.ts'
import { operatorOf, type Operator } from '../amanda/operator.ts'
import { readStockWords, type StockOption } from '../amanda/stock-words.ts'
import { volumeLoader } from '../amanda/volume-loader.ts'
import { configuredChanger, openShelf } from '../amanda/volume-shelf.ts'
import type { CommandBody } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { faultOf } from '../../kernel/fault.ts'

const OPTIONS: readonly StockOption[] = [{ name: 'timestamp', letter: 't', takesValue: true }, { name: 'verbose' }, { name: 'version' }, { name: 'help', letter: 'h' }, { name: 'usage' }, { name: 'o', takesValue: true }, { name: 'allow-program', takesValue: true }]

const USAGE = `USAGE:\tamcheckdump [ --timestamp|-t timestamp ] [-o configoption]* <conf>
    amcheckdump validates Amanda dump images by reading them from storage
volume(s), and verifying archive integrity if the proper tool is locally
available. amcheckdump does not actually compare the data located in the image
to anything; it just validates that the archive stream is valid.
    Arguments:
\tconfig       - The Amanda configuration name to use.
\t-t timestamp - The run of amdump or amflush to check. By default, check
\t\t\tthe most recent dump; if this parameter is specified,
\t\t\tcheck the most recent dump matching the given
\t\t\tdate- or timestamp.
\t-o configoption\t- see the CONFIGURATION OVERRIDE section of amanda(8)
`

interface Order {
  readonly timestamp: string | undefined
  readonly allowed: readonly string[]
}

async function check(context: CliContext, loaded: LoadedConfiguration, order: Order, operator: Operator): Promise<number> {
  const refused = refusedUser('amcheckdump', loaded, context.machine.userName)
  if (refused !== undefined) {
    operator.err(`${refused}\n`)
    return 1
  }
  const { disk, processes, signal } = context
  const { found, sums, holdingDirs } = await knownDumps(disk, loaded)
  const dumps = checkedDumps(found, order.timestamp)
  const shelf = await openShelf(disk, configuredChanger(loaded.configuration), loaded.configuration)
  return await amcheckdump(dumps, { places: { disk, holdingDirs, load: volumeLoader(shelf, undefined) }, processes, permits: permitsOf(loaded, order.allowed), sums, out: operator.out, signal })
}

export const amcheckdumpCommand: CommandBody = {
  details: [
    'Does what `amcheckdump` of Amanda 3.5.1 does, and ends with 1 where it does: every dump of the newest run on volumes, or of the newest that -t means, is read; its filters are undone; tar lists it if it is an archive; its checksums are compared with those in the header and in the log.',
  ],
  args: [{ name: '[CONF]', text: 'name of the configuration' }],
  options: [
    { flags: '-t, --timestamp STAMP', text: 'the run to check: a timestamp, its beginning, or a range' },
    { flags: '--verbose', text: 'accepted, as stock does' },
    { flags: '-o SETTING', text: 'a parameter that the command line sets; may be repeated', isRepeatable: true },
    { flags: '--allow-program PATH', text: 'run this program if a header names it; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast amcheckdump DailySet1', text: 'the newest run' },
    { line: 'holdfast amcheckdump -t 20261127 DailySet1', text: 'the newest run of a day' },
  ],
  async run(context, given) {
    const operator = operatorOf(context.streams)
    const { given: options, words, wrong } = readStockWords(given.args[0] as readonly string[], OPTIONS)
    if (options.has('version')) {
      operator.out('amcheckdump-3.5.1\n')
      return 0
    }
    const [config] = words
    if (config === undefined || wrong.length > 0 || options.has('help') || options.has('usage')) {
      operator.out(USAGE)
      return 1
    }
    const loaded = loadConfiguration('amcheckdump', config, options.get('o') ?? [], process.cwd(), operator.err)
    if (loaded === undefined) return 1
    try {
      return await check(context, loaded, { timestamp: options.get('timestamp')?.at(-1), allowed: options.get('allow-program') ?? [] }, operator)
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code === 'internal') throw error
      operator.err(`${fault.code === 'usage-wrong' ? 'amcheckdump: ' : ''}${fault.message}\n`)
      return 1
    }
  },
}
