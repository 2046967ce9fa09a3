// `holdfast amflush`: dumps on the holding disks of an Amanda configuration go to volumes, as with stock Amanda's program of that name.

import { amflush } from '../amanda/amdump/amflush.ts'
import type { CommandBody } from '../command-line.ts'

export const amflushCommand: CommandBody = {
  details: [
    'Writes dumps that earlier runs of an Amanda configuration have left on its holding disks to volumes, and leaves run log, trace, curinfo, tapelist and command file as stock Amanda does.',
    '-b asks nothing. -D DATESTAMP takes the runs whose timestamps begin so; HOST and DISK are match expressions. It stays in the foreground, whether -f is given or not, and begins only when `y` was answered.',
    'Ends with 0, or the sum of 1 something went wrong and 16 volumes.',
  ],
  args: [{ name: '[WORD...]', text: 'CONF, then hosts, each with its disks behind it' }],
  examples: [
    { line: 'holdfast amflush DailySet1', text: 'asks which runs, and whether' },
    { line: 'holdfast amflush -b DailySet1', text: 'all that waits' },
  ],
  run: (context, { args }) => amflush(context, args[0] as readonly string[], process.cwd()),
}
