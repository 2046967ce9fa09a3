// `holdfast amtape`: what is in the slots of a changer of an Amanda configuration, as stock Amanda's program of that name.

import { amtape } from '../amanda/amtape.ts'
import type { CommandBody } from '../command-line.ts'

export const amtapeCommand: CommandBody = {
  details: [
    'Works and answers as `amtape` of Amanda 3.5.1 does, and ends with 1 where it does. COMMAND is inventory, show [SLOTS], current, slot SLOT, label LABEL, taper, reset, update [WHAT], eject, create or verify; SLOT is a number, first, last, next or current, and SLOTS a list such as 1,3-5.',
    'Changers are chg-disk, chg-multi and chg-single with file: devices.',
  ],
  args: [{ name: '[CONF]', text: 'name of the configuration' }, { name: '[COMMAND...]', text: 'what to do' }],
  options: [{ flags: '-o SETTING', text: 'a parameter that the command line sets, as NAME=VALUE or TYPE:NAME:PARAM=VALUE; may be repeated', isRepeatable: true }],
  examples: [
    { line: 'holdfast amtape DailySet1 inventory', text: 'every slot, and why its volume is kept' },
    { line: 'holdfast amtape DailySet1 taper', text: 'the volume that the next run would write to' },
    { line: 'holdfast amtape DailySet1 label DAILY-007', text: 'find a volume and make its slot the current one' },
  ],
  run: (context, given) => amtape(context, given.args[0] as readonly string[]),
}
