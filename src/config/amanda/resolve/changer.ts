// `tpchanger` and `tapedev` → the directory of a chg-disk. Anything else is a device that a server of Holdfast does not write to; what each is and what to do is said with file and line.

import type { AmandaSection } from '../configuration.ts'
import { utf8Of } from './amanda-text.ts'
import type { Ledger, SettingsReader } from './ledger.ts'
import { propertyOf, remarkProperties } from './properties.ts'

export interface Volumes {
  readonly directory: string
  /** Undefined: as many as there are directories. */
  readonly slotCount: number | undefined
}

const LATER = 'not used yet: give a directory of virtual tapes, `tpchanger "chg-disk:/DIRECTORY"`'

const DEVICES: readonly (readonly [prefix: string, what: string])[] = [
  ['tape', 'a tape drive'],
  ['rait', 'several devices as one'],
  ['s3', "Amazon's S3"],
  ['file', 'one virtual tape'],
  ['diskflat', 'one flat file'],
  ['ndmp', 'an NDMP server'],
  ['dvdrw', 'a DVD writer'],
  ['null', 'a device that keeps nothing'],
  ['chg-robot', 'a tape robot'],
  ['chg-rait', 'several changers as one'],
  ['chg-ndmp', 'a robot of an NDMP server'],
  ['chg-multi', 'several devices, one a slot'],
  ['chg-single', 'one device without a changer'],
  ['chg-aggregate', 'several changers, one after the other'],
  ['chg-null', 'a changer that keeps nothing'],
]

/** Properties of chg-disk that change nothing here. */
const KNOWN_PROPERTIES = new Set(['num-slot', 'auto-create-slot'])
const SLOTS_MAX = 100_000
/** A changer that names itself ends here. */
const CHANGER_DEPTH_MAX = 16

/** Undefined, with an error, when it is no chg-disk. `setting` says where `name` was written. */
export function volumesOfChanger(name: string, keyword: string, source: SettingsReader, ledger: Ledger, depth = 0): Volumes | undefined {
  const { configuration } = ledger
  const fail = (outcome: string): undefined => {
    source.remark(keyword, 'unusable', outcome)
    return undefined
  }
  if (name === '') return fail('no volumes are named: write `tpchanger "chg-disk:/DIRECTORY"`')
  if (depth > CHANGER_DEPTH_MAX) return fail('the changers name each other in a circle')
  const changer = configuration.find('changer', name)
  if (changer !== undefined) return volumesOfSection(changer, ledger, depth)
  const device = configuration.find('device', name)
  if (device !== undefined) return volumesOfChanger(ledger.of(device).text('TAPEDEV'), 'TAPEDEV', ledger.of(device), ledger, depth + 1)
  const [, directory] = /^chg-disk:(.*)$/s.exec(name) ?? []
  if (directory?.startsWith('/') === true) return { directory: directory.replace(/^\/+/, '/').replace(/(?<=.)\/+$/, ''), slotCount: undefined }
  if (directory !== undefined) return fail(`\`${directory}\` must be a whole path, from \`/\` on`)
  // Only the kind is shown: some devices have passwords in their names.
  const [, prefix = ''] = /^([a-z][a-z0-9-]*):/i.exec(name) ?? []
  const known = DEVICES.find(([one]) => one === prefix.toLowerCase())
  if (known !== undefined) return fail(`${known[1]} (${known[0]}:) is ${LATER}`)
  if (prefix === '' && name.startsWith('chg-')) return fail(`changer scripts are ${LATER}`)
  return fail(prefix === '' ? `\`${utf8Of(name)}\` is neither a device nor the name of a changer: ${LATER}` : `the device ${prefix}: is not known: ${LATER}`)
}

function volumesOfSection(section: AmandaSection, ledger: Ledger, depth: number): Volumes | undefined {
  const changer = ledger.of(section)
  const keyword = changer.isWritten('TPCHANGER') ? 'TPCHANGER' : 'TAPEDEV'
  const volumes = volumesOfChanger(changer.text(keyword), keyword, changer, ledger, depth + 1)
  if (volumes === undefined) return undefined
  remarkProperties(changer, 'PROPERTY', KNOWN_PROPERTIES, 'is not used yet')
  remarkProperties(changer, 'DEVICE_PROPERTY', new Set(), 'is not used yet')
  const given = propertyOf(changer, 'PROPERTY', 'num-slot')
  if (given === undefined) return volumes
  const slotCount = Number(given)
  if (/^\d{1,6}$/.test(given) && slotCount >= 1 && slotCount <= SLOTS_MAX) return { ...volumes, slotCount }
  changer.remark('PROPERTY', 'unusable', `the property \`num-slot\` must be a number from 1 to ${SLOTS_MAX}`)
  return undefined
}
