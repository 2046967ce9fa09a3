// `holdfast amgetconf`: prints parameters of an Amanda configuration, as stock Amanda's program of that name.

import { bytesOf } from '../amanda/amanda-files.ts'
import { amgetconf } from '../amanda/amgetconf.ts'
import type { CommandBody } from '../command-line.ts'

export const amgetconfCommand: CommandBody = {
  details: [
    'Answers as `amgetconf` of Amanda 3.5.1 does, and ends with 1 where it does. PARAM is a parameter, TYPE:NAME:PARAM for one of a section, build.NAME for how Amanda was built, dbopen.NAME and dbclose.NAME:FILE for a debug file of a script.',
    'Without CONF the configuration is that of the working directory; otherwise the directory of that name in /etc/amanda.',
  ],
  args: [{ name: '[CONF]', text: 'name of the configuration' }, { name: '[PARAM...]', text: 'what is asked for' }],
  options: [
    { flags: '-l, --list', text: 'list the sections of the type PARAM' },
    { flags: '--client', text: 'read amanda-client.conf instead of amanda.conf' },
    { flags: '--execute-where SIDE', text: 'client or server' },
    { flags: '-o SETTING', text: 'a parameter that the command line sets, as NAME=VALUE or TYPE:NAME:PARAM=VALUE; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast amgetconf DailySet1 dumpcycle', text: 'one parameter' },
    { line: 'holdfast amgetconf --list DailySet1 dumptype', text: 'all dumptypes' },
    { line: 'holdfast amgetconf DailySet1 dumptype:global:compress', text: 'a parameter of a dumptype' },
  ],
  run({ clock, streams }, given) {
    return Promise.resolve(
      amgetconf(
        { words: (given.args[0] as readonly string[]).map(bytesOf), workingDir: process.cwd(), now: new Date(clock.wallMs()) },
        {
          out: (text) => void (streams.outBytes === undefined ? streams.out(text) : streams.outBytes(Buffer.from(text, 'latin1'))),
          err: (text) => streams.err(Buffer.from(text, 'latin1').toString('utf8')),
        },
      ),
    )
  },
}
