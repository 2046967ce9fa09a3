// `holdfast amfetchdump`: fetches dumps that the records of a configuration tell of, as stock Amanda's program of that name.

import { amfetchdump } from '../amanda/amfetchdump.ts'
import { AMFETCHDUMP_USAGE, parseAmfetchdump, type AmfetchdumpCall } from '../amanda/amfetchdump-options.ts'
import { loadConfiguration, permitsOf, refusedUser, type LoadedConfiguration } from '../amanda/amanda-program.ts'
import { systemWords } from '../amanda/amanda-files.ts'
import { selectionOf } from '../amanda/extract-here.ts'
import { knownDumps } from '../amanda/known-dumps.ts'
import { operatorOf, type Operator } from '../amanda/operator.ts'
import { volumeLoader } from '../amanda/volume-loader.ts'
import { configuredChanger, openShelf } from '../amanda/volume-shelf.ts'
import type { CommandBody } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { faultOf } from '../../kernel/fault.ts'

/** False when there is no such directory. */
function enter(directory: string, operator: Operator): boolean {
  try {
    process.chdir(directory)
    return true
  } catch (error) {
    operator.err(`Cannot chdir to ${directory}: ${systemWords(error)}\n`)
    return false
  }
}

async function fetch(context: CliContext, call: AmfetchdumpCall, loaded: LoadedConfiguration, operator: Operator): Promise<number> {
  const { disk } = context
  const refused = refusedUser('amfetchdump', loaded, context.machine.userName)
  if (refused !== undefined) {
    operator.err(`${refused}\n`)
    return 1
  }
  const select = call.extract === undefined ? undefined : selectionOf(call.extract)
  for (const directory of [call.directory, call.extract?.target]) if (directory !== undefined && !enter(directory, operator)) return 1
  const { found, sums, holdingDirs } = await knownDumps(disk, loaded)
  const shelf = await openShelf(disk, call.device ?? configuredChanger(loaded.configuration), loaded.configuration)
  return await amfetchdump(call.extract === undefined ? call : { ...call, extract: { ...call.extract, target: '.' } }, found, {
    disk, processes: context.processes, clock: context.clock, operator, permits: permitsOf(loaded, call.allowed), load: volumeLoader(shelf, operator), holdingDirs, sums, select, isRoot: context.machine.isRoot, signal: context.signal,
  })
}

export const amfetchdumpCommand: CommandBody = {
  details: [
    'Does what `amfetchdump` of Amanda 3.5.1 does, and ends with 1 where it does. Dumps are found by the logs, the tapelist and the holding disks of CONF; a SPEC is a host, a disk, a datestamp and a level, each a match expression, and may be followed by further ones.',
    'What is read is compared with the checksums in the header and in the log. With --extract our own extractor restores archives of tar below --target and lets nothing out of it.',
  ],
  args: [{ name: '[CONF]', text: 'name of the configuration' }, { name: '[SPEC...]', text: 'host, disk, datestamp and level of the dumps that are meant, and again' }],
  options: [
    { flags: '-p', text: 'the first dump that is meant goes to standard output' },
    { flags: '-n', text: 'each part to a file of its own' },
    { flags: '-l', text: 'as it is stored: nothing is decrypted or decompressed' },
    { flags: '-c', text: 'compress what is not compressed, fast' },
    { flags: '-C', text: 'compress what is not compressed, best' },
    { flags: '-a', text: 'all volumes are there: ask nothing' },
    { flags: '-O DIR', text: 'write to this directory' },
    { flags: '-d DEVICE', text: 'read from this device or changer' },
    { flags: '-h', text: 'put the header in front' },
    { flags: '--header-file FILE', text: 'write the header to a file' },
    { flags: '--header-fd NUMBER', text: 'write the header to an open descriptor' },
    { flags: '--decompress', text: 'decompress; --no-decompress: never; --server-decompress, --client-decompress: what that side compressed' },
    { flags: '--decrypt', text: 'decrypt; --no-decrypt: never; --server-decrypt, --client-decrypt: what that side encrypted' },
    { flags: '--extract', text: 'extract the dumps into --target' },
    { flags: '--target DIR', text: 'where to extract; what is there may be removed' },
    { flags: '--include-file PATH', text: 'extract only this path; --include-list FILE: those in a list', isRepeatable: true },
    { flags: '--exclude-file PATH', text: 'do not extract this path; --exclude-list FILE: those in a list', isRepeatable: true },
    { flags: '--init', text: 'accepted; volumes in directories need no preparation' },
    { flags: '--restore', text: 'accepted; --no-restore too' },
    { flags: '--exact-match', text: 'hosts and disks are taken literally' },
    { flags: '-o SETTING', text: 'a parameter that the command line sets; may be repeated', isRepeatable: true },
    { flags: '--allow-program PATH', text: 'run this program if a header names it; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast amfetchdump -a DailySet1 www', text: 'every dump of a host' },
    { line: 'holdfast amfetchdump -a -p DailySet1 www /home 20261127 | tar -tf -', text: 'the names in one dump' },
    { line: 'holdfast amfetchdump -a --extract --target /tmp/home DailySet1 www /home 20261127', text: 'extract it' },
  ],
  async run(context, given) {
    const operator = operatorOf(context.streams)
    const outcome = parseAmfetchdump(given.args[0] as readonly string[])
    if (outcome.kind === 'version') {
      operator.out('amfetchdump-3.5.1\n')
      return 0
    }
    if (outcome.kind === 'usage') {
      const line = (text: string | undefined): string => (text === undefined ? '' : `${text}\n`)
      operator.err(`${line(outcome.before)}${AMFETCHDUMP_USAGE}${line(outcome.after)}`)
      return 1
    }
    if (outcome.kind === 'refused') {
      operator.err(`${outcome.message}\n`)
      return 1
    }
    const loaded = loadConfiguration('amfetchdump', outcome.call.config, outcome.call.overrides, process.cwd(), operator.err)
    if (loaded === undefined) return 1
    try {
      return await fetch(context, outcome.call, loaded, operator)
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code === 'internal') throw error
      operator.err(`${fault.message}\n`)
      return 1
    }
  },
}
