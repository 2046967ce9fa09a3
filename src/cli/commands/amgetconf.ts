// `holdfast amgetconf`: prints parameters of an Amanda configuration, as stock Amanda's program of that name.

import { Fault } from '../../kernel/fault.ts'
import { amgetconf } from '../amanda/amgetconf.ts'
import type { CommandBody } from '../command-line.ts'

/** What came on the command line, one character a byte, as the files are read. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

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
    { flags: '-o, --override SETTING', text: 'a parameter that the command line sets, as NAME=VALUE or TYPE:NAME:PARAM=VALUE; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast amgetconf DailySet1 dumpcycle', text: 'one parameter' },
    { line: 'holdfast amgetconf --list DailySet1 dumptype', text: 'all dumptypes' },
    { line: 'holdfast amgetconf DailySet1 dumptype:global:compress', text: 'a parameter of a dumptype' },
  ],
  async run(context, given) {
    const [first, others] = given.args
    const side = given.text('executeWhere')?.toLowerCase()
    if (side !== undefined && side !== 'client' && side !== 'server') throw new Fault('usage-wrong', `--execute-where must be client or server, not ${side}`)
    if (side === 'server' && given.flag('client')) throw new Fault('usage-wrong', '--execute-where server contradicts --client')
    const words = [...(typeof first === 'string' ? [first] : []), ...(Array.isArray(others) ? (others as readonly string[]) : [])]
    const { streams } = context
    return Promise.resolve(
      amgetconf(
        { words: words.map(bytesOf), isList: given.flag('list'), isClient: given.flag('client') || side === 'client', overrides: given.list('override').map(bytesOf), workingDir: process.cwd(), now: new Date(context.clock.wallMs()) },
        {
          out: (text) => void (streams.outBytes === undefined ? streams.out(text) : streams.outBytes(Buffer.from(text, 'latin1'))),
          err: (text) => streams.err(Buffer.from(text, 'latin1').toString('utf8')),
        },
      ),
    )
  },
}
