// `holdfast amrestore`: gives back dumps from one volume or holding file by their headers, as stock Amanda's program of that name.

import { loadConfiguration, permitsOf } from '../amanda/amanda-program.ts'
import { amrestore } from '../amanda/amrestore.ts'
import { AMRESTORE_USAGE, parseAmrestore } from '../amanda/amrestore-options.ts'
import { operatorOf } from '../amanda/operator.ts'
import type { CommandBody } from '../command-line.ts'

export const amrestoreCommand: CommandBody = {
  details: [
    'Does what `amrestore` of Amanda 3.5.1 does, and ends with 1 where it does. The volume in DEVICE (`file:DIR`, `chg-disk:DIR`, or a changer of the configuration) or one dump on a holding disk is read; no record is needed.',
    'A program that a header names runs only if it is one of Amanda, a well-known one, or in a dumptype of a configuration in /etc/amanda. A file that holds a whole dump is compared with the checksum in its header.',
  ],
  args: [{ name: '[DEVICE]', text: 'device, changer or holding file' }, { name: '[SPEC...]', text: 'host, disk and datestamp of the dumps that are meant, and again' }],
  options: [
    { flags: '--config CONF', text: 'configuration of Amanda to use' },
    { flags: '-r', text: 'as it is stored, with its header' },
    { flags: '-c', text: 'compress what is not compressed, fast' },
    { flags: '-C', text: 'compress what is not compressed, best' },
    { flags: '-b SIZE', text: 'block size of the volume; accepted and of no use for directories' },
    { flags: '-f NUMBER', text: 'begin with this file of the volume' },
    { flags: '-l LABEL', text: 'only if the volume has this label' },
    { flags: '-p', text: 'the first dump that is meant goes to standard output' },
    { flags: '-h', text: 'put the header in front' },
    { flags: '--holding', text: 'DEVICE is a file on a holding disk' },
    { flags: '--exact-match', text: 'hosts and disks are taken literally' },
    { flags: '--continue-on-filter-error', text: 'go on with the next dump when a filter fails' },
    { flags: '-o SETTING', text: 'a parameter that the command line sets; may be repeated', isRepeatable: true },
    { flags: '--allow-program PATH', text: 'run this program if a header names it; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast amrestore file:/srv/vtapes/slot1', text: 'every file of a volume' },
    { line: 'holdfast amrestore -p file:/srv/vtapes/slot1 www /home | tar -tf -', text: 'the names in one dump' },
    { line: 'holdfast amrestore --holding /holding/20261127154734/www._home.0', text: 'a dump that is on no volume yet' },
  ],
  async run(context, given) {
    const operator = operatorOf(context.streams)
    const outcome = parseAmrestore(given.args[0] as readonly string[])
    if (outcome.kind === 'version') {
      operator.out('amrestore-3.5.1\n')
      return 0
    }
    if (outcome.kind === 'usage') {
      operator.err(`${outcome.message === undefined ? '' : `${outcome.message}\n`}${AMRESTORE_USAGE}`)
      return 1
    }
    const { call } = outcome
    const loaded = call.config === undefined ? undefined : loadConfiguration('amrestore', call.config, call.overrides, process.cwd(), operator.err)
    if (call.config !== undefined && loaded === undefined) return 1
    return await amrestore(call, { disk: context.disk, processes: context.processes, operator, loaded, permits: permitsOf(loaded, call.allowed), signal: context.signal })
  },
}
