// `holdfast amadmin`: asks and changes the state of an Amanda configuration, as stock Amanda's program of that name.

import { Fault } from '../../kernel/fault.ts'
import { tryFileLock } from '../../posix/file-lock.ts'
import { amadmin } from '../amanda/amadmin/amadmin.ts'
import type { CommandBody } from '../command-line.ts'

const INPUT_BYTES_MAX = 64 * 1024 * 1024

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
    { line: 'holdfast amadmin DailySet1 force client /home', text: 'a full dump of this disk at the next run' },
    { line: 'holdfast amadmin DailySet1 no-reuse DAILY-07', text: 'keep a volume' },
  ],
  run: ({ disk, clock, streams, signal, machine }, { args }) =>
    amadmin(args[0] as readonly string[], { workingDir: process.cwd() }, {
      disk, clock, signal, tryLock: tryFileLock, pid: process.pid, hostName: machine.hostname, out: streams.out, err: streams.err,
      async input() {
        const pieces: Uint8Array[] = []
        let bytes = 0
        for await (const piece of streams.input?.() ?? []) {
          bytes += piece.length
          if (bytes > INPUT_BYTES_MAX) throw new Fault('usage-wrong', `more than ${INPUT_BYTES_MAX} bytes were given on standard input`)
          pieces.push(piece)
        }
        return Buffer.concat(pieces).toString('utf8')
      },
    }),
}
