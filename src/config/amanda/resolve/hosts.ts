// The disklist as `hosts` of holdfast.yaml.

import type { HostInput } from '../../schema.ts'
import type { Place } from '../configuration.ts'
import type { AmandaDisk } from '../disklist.ts'
import { isOtherBytes, isPlainName, utf8Of } from './amanda-text.ts'
import type { DumptypeBook } from './dumptype-book.ts'
import { DEFAULT_INTERFACE, type Interfaces } from './interfaces.ts'
import type { Ledger } from './ledger.ts'
import { NO_PLACE } from './remark.ts'
import { transportInput } from './transport.ts'

type HostGroup = Exclude<HostInput, readonly unknown[]>
type DiskInput = HostGroup['disks'][number]

export interface HostInputs {
  readonly hosts: Readonly<Record<string, HostInput>>
  /** Where the disks of a host were written, in the order of `disks`. */
  readonly places: ReadonlyMap<string, readonly Place[]>
}

const SPINDLE_MAX = 65_535

export function hostInputs(disks: readonly AmandaDisk[], book: DumptypeBook, interfaces: Interfaces, ledger: Ledger): HostInputs {
  const byHost = Map.groupBy(disks.filter((disk) => isUsable(disk, ledger)), ({ host }) => utf8Of(host))
  const hosts = [...byHost].flatMap(([host, own]) => {
    const transport = transportInput(host, own, ledger)
    return transport === undefined ? [] : [[host, hostGroup(own, transport, book, interfaces, ledger)] as const]
  })
  return { hosts: Object.fromEntries(hosts), places: new Map([...byHost].map(([host, own]) => [host, own.map(({ place }) => place)])) }
}

function isUsable({ host, name, device, place }: AmandaDisk, ledger: Ledger): boolean {
  const subject = `${host} ${name}`
  const fail = (outcome: string): boolean => {
    ledger.remark('unusable', place, subject, outcome)
    return false
  }
  if (!isPlainName(utf8Of(host)) || host === '__proto__') return fail('the host has no possible name: letters, digits, `.`, `_` and `-` make one')
  for (const text of [name, device ?? name]) {
    if (/\p{Cc}/u.test(utf8Of(text))) return fail('its name has control characters')
    if (isOtherBytes(text)) return fail('its name is not UTF-8')
  }
  return true
}

function hostGroup(own: readonly AmandaDisk[], transport: NonNullable<HostGroup['transport']>, book: DumptypeBook, interfaces: Interfaces, ledger: Ledger): HostGroup {
  const chosen = own.map((disk) => ({ disk, ...book.choose(disk.dumptype) }))
  // One dumptype or interface for all stands at the host.
  const [common, ...otherTypes] = new Set(chosen.map(({ dumptype }) => dumptype))
  const hostType = otherTypes.length === 0 && common !== undefined ? common : 'default'
  const [commonLine, ...otherLines] = new Set(own.map((disk) => interfaces.nameOf(disk)))
  const hostLine = otherLines.length === 0 && commonLine !== undefined ? commonLine : DEFAULT_INTERFACE
  const disks = chosen.map(({ disk, dumptype, overrides }): DiskInput => {
    const { name, device, spindle, place } = disk
    const line = interfaces.nameOf(disk)
    const kept = Math.max(-1, Math.min(SPINDLE_MAX, spindle))
    if (kept !== spindle) ledger.remark('changed', place ?? NO_PLACE, `${disk.host} ${name}`, `its spindle is ${kept}`)
    const settings = {
      ...(device === undefined || device === name ? {} : { device: utf8Of(device) }),
      ...(dumptype === hostType ? {} : { dumptype }),
      ...overrides,
      ...(line === hostLine ? {} : { interface: line }),
      ...(kept === -1 ? {} : { spindle: kept }),
    }
    return Object.keys(settings).length === 0 ? utf8Of(name) : { disk: utf8Of(name), ...settings }
  })
  return { transport, ...(hostType === 'default' ? {} : { dumptype: hostType }), ...(hostLine === DEFAULT_INTERFACE ? {} : { interface: hostLine }), disks }
}
