// `holdfast amreport`: says what a run of Amanda did, as stock Amanda's program of that name.

import { amreport } from '../amanda/amreport.ts'
import type { CommandBody } from '../command-line.ts'

export const amreportCommand: CommandBody = {
  details: [
    'Prints the report of the last run of CONF in the form of `amreport` of Amanda 3.5.1, and ends with a code as it does: 1 for an error, 2 for a strange dump, 4 for one that failed, 8 for one of which nothing is known, 16 when volumes could not be written; they are added up.',
    'Operators use long options: --log=FILE, --text=FILE, --mail-text=ADDRESS, --format=human|json[:file|:mail[,ARGUMENT]]. Scripts use letters: -l FILE, -f FILE, -M ADDRESS, -i for no mail, and --from-amdump; the configuration then says who gets mail, and when. -o NAME=VALUE sets a parameter.',
    'Labels in PostScript (--ps, --print) and reports in XML are refused.',
  ],
  args: [{ name: '[WORD...]', text: 'CONF and options' }],
  examples: [
    { line: 'holdfast amreport DailySet1', text: 'the last run' },
    { line: 'holdfast amreport DailySet1 --log=/var/log/amanda/DailySet1/log.20261123222437.0', text: 'another one' },
    { line: 'holdfast amreport DailySet1 --format=json', text: 'for programs' },
  ],
  run: ({ disk, processes, signal, streams }, { args }) =>
    amreport(args[0] as readonly string[], process.cwd(), {
      disk,
      processes,
      signal,
      out: (text) => void (streams.outBytes === undefined ? streams.out(text) : streams.outBytes(Buffer.from(text, 'latin1'))),
      err: streams.err,
    }),
}
