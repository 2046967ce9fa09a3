// Who gets the report of a run, and of which.

import type { ServerInput } from '../../schema.ts'
import type { Ledger } from './ledger.ts'

type MailInput = NonNullable<ServerInput['mail']>

/** As holdfast.yaml takes them. */
const ADDRESS = /^(?!-)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)?$/
const ADDRESS_LENGTH_MAX = 254
const ADDRESSES_MAX = 100

const WHEN: Readonly<Record<string, MailInput['when']>> = { ALL: 'always', STRANGE: 'strange', ERROR: 'failed' }

/** Undefined: no report is mailed. */
export function mailInput(ledger: Ledger): MailInput | undefined {
  const globals = ledger.of()
  const given = globals.text('MAILTO').split(/\s+/).filter((word) => word !== '')
  const to = given.filter((address) => ADDRESS.test(address) && address.length <= ADDRESS_LENGTH_MAX).slice(0, ADDRESSES_MAX)
  for (const address of given) if (!to.includes(address)) globals.remark('MAILTO', 'changed', `\`${address}\` gets no mail: it is no address, or one too many`)
  const when = WHEN[globals.word('SEND_AMREPORT_ON')]
  return to.length === 0 || when === undefined ? undefined : { to, when }
}
