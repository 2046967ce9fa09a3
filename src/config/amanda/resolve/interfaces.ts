// The network interfaces of an Amanda configuration that disks are on, as `interfaces` of holdfast.yaml. `default`, which `netusage` makes, is that of every disk that names no other.

import type { ServerInput } from '../../schema.ts'
import type { AmandaSection } from '../configuration.ts'
import type { AmandaDisk } from '../disklist.ts'
import { isPlainName, plainName, utf8Of } from './amanda-text.ts'
import type { Ledger } from './ledger.ts'

type InterfaceInputs = NonNullable<ServerInput['interfaces']>

export interface Interfaces {
  readonly inputs: InterfaceInputs
  /** What the interface of a disk is called in `inputs`. */
  nameOf(disk: AmandaDisk): string
}

/** Of every disk that names no other. */
export const DEFAULT_INTERFACE = 'default'
const RATE_BYTES_MIN = 1024

export function interfacesOf(ledger: Ledger, disks: readonly AmandaDisk[]): Interfaces {
  const inputs = new Map([[DEFAULT_INTERFACE, { use: ledger.of().bytes('NETUSAGE', RATE_BYTES_MIN) }]])
  const names = new Map<AmandaSection, string>()
  const find = ({ interfaceName }: AmandaDisk): AmandaSection | undefined => {
    const found = ledger.configuration.find('interface', interfaceName)
    return found?.name === DEFAULT_INTERFACE ? undefined : found
  }
  for (const section of disks.map(find)) {
    if (section === undefined || names.has(section)) continue
    const given = utf8Of(section.name)
    const isTaken = !isPlainName(given) || given === '__proto__' || inputs.has(given)
    const name = isTaken ? plainName(`${given}-interface`, new Set(inputs.keys())) : given
    if (isTaken) ledger.remark('changed', section.place, `interface ${section.name}`, `it is called ${name}`)
    names.set(section, name)
    inputs.set(name, { use: ledger.of(section).bytes('USE', RATE_BYTES_MIN) })
  }
  return {
    inputs: Object.fromEntries(inputs),
    nameOf(disk) {
      const section = find(disk)
      return (section === undefined ? undefined : names.get(section)) ?? DEFAULT_INTERFACE
    },
  }
}
