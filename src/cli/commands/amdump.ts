// `holdfast amdump`: one run over an Amanda configuration, as stock Amanda's program of that name.

import { amdump } from '../amanda/amdump/amdump.ts'
import type { CommandBody } from '../command-line.ts'

export const amdumpCommand: CommandBody = {
  details: [
    'Makes the next run of an existing Amanda configuration: levels from curinfo, dumps through the holding disks to the volumes, and afterwards run log, trace, curinfo, indexes, tapelist and command file as stock Amanda leaves them, so that its programs find everything.',
    'CONF is the name of a directory in /etc/amanda, or `.` for the working directory; HOST and DISK are match expressions as in amanda-match(7). It must be run as the dumpuser of the configuration, who must be allowed to use ports below 1024.',
    'Ends with 0, or the sum of: 1 something went wrong, 2 a strange dump, 4 a failed dump, 16 volumes. It prints nothing during the run; see amreport and amstatus.',
  ],
  args: [{ name: '[WORD...]', text: 'CONF, then hosts, each with its disks behind it' }],
  examples: [
    { line: 'holdfast amdump DailySet1', text: 'the run of tonight' },
    { line: 'holdfast amdump DailySet1 client /home', text: 'one disk' },
  ],
  run: (context, { args }) => amdump(context, args[0] as readonly string[], process.cwd()),
}
