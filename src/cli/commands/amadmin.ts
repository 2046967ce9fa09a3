// `holdfast amadmin`: asks and changes the state of an Amanda configuration, as stock Amanda's program of that name.

import { amadmin } from '../amanda/amadmin/amadmin.ts'
import type { CommandBody } from '../command-line.ts'

export const amadminCommand: CommandBody = {
  details: [
    'Answers as `amadmin` of Amanda 3.5.1 does, and ends with 0 or 1 where it does. Without words it prints its subcommands.',
    'CONF is the name of a directory in /etc/amanda, or `.` for the working directory. Hosts and disks are match expressions, as in amanda-match(7).',
  ],
  args: [{ name: '[WORD...]', text: 'CONF, a subcommand and its words' }],
  examples: [
    { line: 'holdfast amadmin DailySet1 find', text: 'where all dumps are' },
    { line: 'holdfast amadmin DailySet1 find --sort kd client /home', text: 'those of one disk, by disk and date' },
    { line: 'holdfast amadmin DailySet1 holding list -l', text: 'what lies on the holding disks' },
  ],
  run: ({ disk, clock, streams }, { args }) => amadmin(args[0] as readonly string[], process.cwd(), { disk, clock, out: streams.out, err: streams.err }),
}
