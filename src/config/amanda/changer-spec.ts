// Which changer a storage of an Amanda configuration means: an alias of the configuration or a name such as `chg-disk:DIR`, with the properties that count for it. What
// Holdfast does not drive is a fault that names the line.

import { Fault } from '../../kernel/fault.ts'
import { integerOf, textOf, type AmandaConfiguration, type AmandaSection, type Place, type Setting } from './configuration.ts'

export interface AmandaDeviceSpec {
  /** As it is named: `file:/vt/1`. */
  readonly name: string
  readonly directory: string
  readonly useData: 'yes' | 'no' | 'exist'
  readonly capacityBytes: number | undefined
}

export type AmandaChangerSpec =
  | { readonly kind: 'chg-disk'; readonly name: string; readonly directory: string; readonly stateFile: string; readonly slotsMin: number; readonly isCreating: boolean; readonly capacityBytes: number | undefined }
  /** `devices` is the text with braces. */
  | { readonly kind: 'chg-multi'; readonly name: string; readonly devices: string; readonly stateFile: string; readonly firstSlot: number; readonly deviceOf: (name: string) => AmandaDeviceSpec }
  | { readonly kind: 'chg-single'; readonly name: string; readonly device: AmandaDeviceSpec }

const KIB = 1024
const LATER = ['chg-robot', 'chg-rait', 'chg-aggregate', 'chg-ndmp', 'chg-null', 'chg-zd-mtx', 'chg-manual', 'chg-iscsi', 'chg-lib']
const LATER_DEVICES = ['tape', 's3', 'rait', 'ndmp', 'dvdrw', 'null', 'diskflat', 'glacier']
/** What chg-disk would have to mount and unmount. */
const MOUNTING = ['removable', 'mount', 'umount']
const YES = new Set(['y', 'yes', 't', 'true', 'on', '1'])

interface Surroundings {
  readonly configuration: AmandaConfiguration
  readonly directory: string
  /** Properties of devices, those that count most last. */
  readonly deviceProperties: readonly (ReadonlyMap<string, Setting> | undefined)[]
  readonly lengthKib: bigint
  readonly place: Place | undefined
}

function propertyOf(settings: ReadonlyMap<string, Setting> | undefined, keyword: 'PROPERTY' | 'DEVICE_PROPERTY', name: string): string | undefined {
  const value = settings?.get(keyword)?.value
  return value?.kind === 'properties' ? value.properties.get(name)?.values[0] : undefined
}

function unsupported(what: string, why: string, place: Place | undefined): Fault {
  const where = place === undefined ? '' : `${place.file}, line ${place.line}: `
  return new Fault('config-invalid', `${where}${what} ${why}`, { next: 'Use chg-disk, chg-multi or chg-single with file: devices.' })
}

/** The settings of a storage; the configuration has it. Throws `config-invalid` for what cannot be driven. */
export function changerSpec(configuration: AmandaConfiguration, directory: string, storage: AmandaSection): AmandaChangerSpec | undefined {
  const given = textOf(storage.settings, 'TPCHANGER') || textOf(storage.settings, 'TAPEDEV')
  if (given === '') return undefined
  const section = configuration.find('changer', given)
  const name = section === undefined ? given : textOf(section.settings, 'TPCHANGER') || textOf(section.settings, 'TAPEDEV')
  const place = section?.place ?? storage.settings.get('TPCHANGER')?.place ?? configuration.globals.get('TPCHANGER')?.place
  const tapetype = configuration.find('tapetype', textOf(storage.settings, 'TAPETYPE'))
  const lengthKib = tapetype === undefined ? 0n : integerOf(tapetype.settings, 'LENGTH')
  const around: Surroundings = { configuration, directory, deviceProperties: [configuration.globals, section?.settings], lengthKib, place }
  const [, kind = '', rest = ''] = /^(chg-[a-z-]+):(.*)$/s.exec(name) ?? []
  const absolute = (file: string): string => (file.startsWith('/') ? file : `${directory}/${file}`)
  switch (kind) {
    case 'chg-disk': return chgDisk(around, given, rest, section)
    case 'chg-multi': {
      const own = section === undefined ? configuration.globals : section.settings
      const firstSlot = Number(propertyOf(section?.settings, 'PROPERTY', 'first-slot') ?? '1')
      return { kind, name: given, devices: rest, stateFile: absolute(textOf(own, 'CHANGERFILE') || 'changer'), firstSlot: Number.isSafeInteger(firstSlot) ? firstSlot : 1, deviceOf: (device) => deviceSpec(around, device) }
    }
    case 'chg-single': return { kind, name: given, device: deviceSpec(around, rest) }
    case '': return { kind: 'chg-single', name: given, device: deviceSpec(around, name) }
    default: throw unsupported(kind, LATER.includes(kind) ? 'is not driven by Holdfast yet' : 'is no changer of Amanda', place)
  }
}

function chgDisk(around: Surroundings, name: string, directory: string, section: AmandaSection | undefined): AmandaChangerSpec {
  // Properties outside sections count for changers that are not in one.
  const settings = section?.settings ?? around.configuration.globals
  const property = (key: string): string | undefined => propertyOf(settings, 'PROPERTY', key)
  const isOn = (key: string): boolean => YES.has((property(key) ?? '').toLowerCase())
  const mounting = MOUNTING.find(isOn)
  if (mounting !== undefined) throw unsupported(`property "${mounting}" of chg-disk`, 'is not supported: mount the disk before the run', around.place)
  const slotsMin = Number(property('num-slot') ?? '0')
  return {
    kind: 'chg-disk',
    name,
    directory,
    stateFile: property('state-filename') ?? `${directory}/state`,
    slotsMin: Number.isSafeInteger(slotsMin) ? slotsMin : 0,
    isCreating: isOn('auto-create-slot'),
    capacityBytes: capacityOf(around, around.deviceProperties),
  }
}

function deviceSpec(around: Surroundings, given: string): AmandaDeviceSpec {
  const alias = around.configuration.find('device', given)
  const name = alias === undefined ? given : textOf(alias.settings, 'TAPEDEV')
  const [, kind = 'tape', directory = ''] = /^([a-z0-9]+):(.*)$/s.exec(name) ?? []
  const place = alias?.place ?? around.place
  if (kind !== 'file') throw unsupported(`the device ${name}`, LATER_DEVICES.includes(kind) ? 'is not driven by Holdfast yet' : `is of an unknown kind`, place)
  // Those of the device count more than those outside sections, and less than those of the changer.
  const [globals, ofChanger] = around.deviceProperties
  const properties = [globals, alias?.settings, ofChanger]
  const useData = properties.map((settings) => propertyOf(settings, 'DEVICE_PROPERTY', 'use-data')).findLast((value) => value !== undefined)?.toLowerCase()
  return { name: given, directory: directory.replace(/(?<=.)\/+$/, ''), useData: useData === 'yes' || useData === 'no' ? useData : 'exist', capacityBytes: capacityOf(around, properties) }
}

/** What a volume may hold: MAX_VOLUME_USAGE, or the length of the tape type, unless ENFORCE_MAX_VOLUME_USAGE is off. */
function capacityOf(around: Surroundings, properties: readonly (ReadonlyMap<string, Setting> | undefined)[]): number | undefined {
  const property = (key: string): string | undefined => properties.map((settings) => propertyOf(settings, 'DEVICE_PROPERTY', key)).findLast((value) => value !== undefined)
  const enforce = property('enforce-max-volume-usage')
  if (enforce !== undefined && !YES.has(enforce.toLowerCase())) return undefined
  const [, count, unit = ''] = /^(\d{1,15})\s*([kmgt]?)/i.exec(property('max-volume-usage') ?? '') ?? []
  if (count !== undefined) return Number(count) * KIB ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase())
  return around.lengthKib > 0n ? Number(around.lengthKib) * KIB : undefined
}
