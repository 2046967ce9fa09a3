// `holdfast amlabel`: labels a volume of an Amanda configuration, as stock Amanda's program of that name.

import { amlabel } from '../amanda/amlabel.ts'
import type { CommandBody } from '../command-line.ts'

export const amlabelCommand: CommandBody = {
  details: [
    'Works and answers as `amlabel` of Amanda 3.5.1 does, and ends with 1 where it does. Without LABEL autolabel makes one; without a slot the current one is labelled. A volume that is in use is not labelled unless it is forced with -f.',
    'With --assign nothing is labelled: what the tapelist says of the volumes whose labels match LABEL is changed.',
  ],
  args: [{ name: '[CONF]', text: 'name of the configuration' }, { name: '[WORD...]', text: 'a label, and `slot` with a slot' }],
  options: [
    { flags: '-f', text: 'label the volume although it is in use' },
    { flags: '--assign', text: 'change the tapelist instead of labelling' },
    { flags: '--barcode BARCODE', text: 'the barcode of the volume' },
    { flags: '--meta LABEL', text: 'the meta label of the volume' },
    { flags: '--pool POOL', text: 'the pool of the volume' },
    { flags: '--storage STORAGE', text: 'the storage of the volume' },
    { flags: '-o SETTING', text: 'a parameter that the command line sets, as NAME=VALUE or TYPE:NAME:PARAM=VALUE; may be repeated', isRepeatable: true },
  ],
  examples: [
    { line: 'holdfast amlabel DailySet1 DAILY-007 slot 7', text: 'label the volume in slot 7' },
    { line: 'holdfast amlabel DailySet1', text: 'label the current volume with the next label of autolabel' },
  ],
  run: (context, given) => amlabel(context, given.args[0] as readonly string[]),
}
