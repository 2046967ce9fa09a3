// `holdfast amrmtape`: gives up the content of volumes of an Amanda configuration, as stock Amanda's program of that name.

import { amrmtape } from '../amanda/amrmtape.ts'
import type { CommandBody } from '../command-line.ts'

export const amrmtapeCommand: CommandBody = {
  details: ['Works and answers as `amrmtape` of Amanda 3.5.1 does, and ends with 1 where it does. The volumes are taken out of the tapelist; their dumps are then no longer found.'],
  args: [{ name: '[CONF]', text: 'name of the configuration' }, { name: '[LABEL...]', text: 'labels of volumes' }],
  options: [
    { flags: '-n, --dryrun', text: 'change nothing' },
    { flags: '--erase', text: 'erase the volumes as well' },
    { flags: '--keep-label', text: 'keep the volumes in the tapelist, as never written' },
    { flags: '--external-copy', text: 'erase the volumes, of which there is a copy, and keep what is known of them' },
    { flags: '--list-retention', text: 'list the volumes that are kept' },
    { flags: '--list-no-retention', text: 'list the volumes that may be written again' },
    { flags: '--remove-no-retention', text: 'take all volumes that may be written again' },
    { flags: '--changer CHANGER', text: 'the changer in which volumes are erased' },
    { flags: '-q, --quiet', text: 'do not tell which dumps are given up' },
    { flags: '-o SETTING', text: 'a parameter that the command line sets, as NAME=VALUE or TYPE:NAME:PARAM=VALUE; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast amrmtape DailySet1 DAILY-007', text: 'a volume that is lost' },
    { line: 'holdfast amrmtape --list-no-retention DailySet1', text: 'what may be written again' },
  ],
  run: (context, given) => amrmtape(context, given.args[0] as readonly string[]),
}
