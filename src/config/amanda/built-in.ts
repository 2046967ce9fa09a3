// The dumptypes that every configuration has.

import { initialSettings, type AmandaConfiguration } from './configuration.ts'
import { choice, off, text, type AmandaValue } from './values.ts'

const BUILT_IN: readonly (readonly [string, string, AmandaValue])[] = [
  ['NO-COMPRESS', 'COMPRESS', choice('NONE')],
  ['COMPRESS-FAST', 'COMPRESS', choice('CLIENT FAST')],
  ['COMPRESS-BEST', 'COMPRESS', choice('CLIENT BEST')],
  ['COMPRESS-CUST', 'COMPRESS', choice('CLIENT CUSTOM')],
  ['SRVCOMPRESS', 'COMPRESS', choice('SERVER FAST')],
  ['BSD-AUTH', 'AUTH', text('BSD')],
  ['BSDTCP-AUTH', 'AUTH', text('BSDTCP')],
  ['NO-RECORD', 'RECORD', off],
  ['NO-HOLD', 'HOLDINGDISK', choice('NEVER')],
  ['NO-FULL', 'STRATEGY', choice('NOFULL')],
]

/** The place of what is built in. */
export const BUILT_IN_PLACE = { file: '(default)', line: 0 }

export function addBuiltIn(configuration: AmandaConfiguration): void {
  for (const [name, keyword, value] of BUILT_IN) {
    const settings = initialSettings('dumptype')
    settings.set(keyword, { value, place: BUILT_IN_PLACE })
    configuration.add({ type: 'dumptype', name, place: BUILT_IN_PLACE, settings, parents: [] })
  }
}
