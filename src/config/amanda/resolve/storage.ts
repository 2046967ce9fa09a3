// The storage of an Amanda configuration: volumes, their labels, and how long they are kept. A storage takes what it does not say itself from outside the sections.

import { isDeepStrictEqual } from 'node:util'
import type { AmandaSection } from '../configuration.ts'
import type { StorageInput } from '../../schema.ts'
import { isPlainName, plainName, utf8Of } from './amanda-text.ts'
import { volumesOfChanger } from './changer.ts'
import { flushInput } from './flush.ts'
import { templateOfExpression } from './label-template.ts'
import type { Ledger, SettingsReader } from './ledger.ts'
import { remarkProperties } from './properties.ts'

type VolumesInput = Exclude<StorageInput, { kind: 'vault' }>

/** What only the machine knows. */
export interface MachineFacts {
  /** How many slots (`slot1`, `slot2`, …) the directory has; undefined when it cannot be read or has none. */
  slotCount(directory: string): number | undefined
  /** Where virtual tapes are, whatever device the configuration names. */
  readonly volumes?: string | undefined
}

export interface ResolvedStorage {
  /** Undefined when there are no volumes that can be used; a remark says why. */
  readonly input: VolumesInput | undefined
  readonly volumeBytes: number
  readonly isSplitByTapetype: boolean
}

const PIECE_BYTES_MIN = 64 * 1024
const SLOTS_MAX = 100_000

export function storageInput(ledger: Ledger, machine: MachineFacts, hasHolding: boolean): ResolvedStorage {
  const { configuration } = ledger
  const globals = ledger.of()
  const [name = '', ...others] = globals.words('STORAGE')
  if (others.length > 0) globals.remark('STORAGE', 'not-used-yet', `dumps are written to ${name} only, not to ${others.join(', ')} yet`)
  const found = configuration.find('storage', name)
  if (found === undefined) throw new Error(`the reader lets no configuration through whose storage ${name} is not defined`)
  const storage = new StorageReader(ledger, found)
  const size = volumeSize(ledger, storage)
  const input = volumesInput(ledger, storage, name, size, machine)
  const flush = hasHolding ? flushInput((keyword) => storage.of(keyword)) : undefined
  return { input: input === undefined || flush === undefined ? input : { ...input, flush }, ...size }
}

/** Settings of a storage, or of the configuration where the storage does not say. */
class StorageReader {
  readonly #own: SettingsReader
  readonly #globals: SettingsReader

  constructor(ledger: Ledger, section: AmandaSection) {
    this.#own = ledger.of(section)
    this.#globals = ledger.of()
  }

  /** Where the keyword is to be read. What the storage has from outside of sections is read there. */
  of(keyword: string): SettingsReader {
    if (!this.#globals.has(keyword)) return this.#own
    return this.#own.isWritten(keyword) && !isDeepStrictEqual(this.#own.place(keyword), this.#globals.place(keyword)) ? this.#own : this.#globals
  }
}

type VolumeSize = Pick<ResolvedStorage, 'volumeBytes' | 'isSplitByTapetype'> & { readonly partBytes: number }

function volumeSize(ledger: Ledger, storage: StorageReader): VolumeSize {
  const section = ledger.configuration.find('tapetype', storage.of('TAPETYPE').text('TAPETYPE'))
  if (section === undefined) {
    storage.of('TAPETYPE').remark('TAPETYPE', 'unusable', 'there is no such tapetype')
    return { volumeBytes: PIECE_BYTES_MIN, partBytes: PIECE_BYTES_MIN, isSplitByTapetype: false }
  }
  const tapetype = ledger.of(section)
  const volumeBytes = tapetype.bytes('LENGTH', PIECE_BYTES_MIN)
  const given = tapetype.bytes('PART_SIZE')
  // Without a size dumps are not split, unless they are larger than a volume.
  const partBytes = given === 0 ? volumeBytes : Math.min(volumeBytes, Math.max(PIECE_BYTES_MIN, given))
  return { volumeBytes, partBytes, isSplitByTapetype: tapetype.isWritten('PART_SIZE') }
}

function volumesInput(ledger: Ledger, storage: StorageReader, name: string, { volumeBytes, partBytes }: VolumeSize, machine: MachineFacts): VolumesInput | undefined {
  const keyword = storage.of('TPCHANGER').text('TPCHANGER') === '' ? 'TAPEDEV' : 'TPCHANGER'
  const source = storage.of(keyword)
  const named = source.text(keyword)
  const volumes = machine.volumes === undefined ? volumesOfChanger(named, keyword, source, ledger) : { directory: machine.volumes, slotCount: undefined }
  if (machine.volumes !== undefined) source.remark(keyword, 'changed', `the volumes are in ${machine.volumes}, as the command line says`)
  const keep = keepInput(ledger, storage)
  const runtapes = storage.of('RUNTAPES').number('RUNTAPES', 1, 1000)
  if (volumes === undefined) return undefined
  if (source.section === undefined) remarkProperties(source, 'DEVICE_PROPERTY', new Set(), 'is not used yet')
  const { directory } = volumes
  const onDisk = volumes.slotCount ?? machine.slotCount(directory)
  if (onDisk === undefined) source.remark(keyword, 'changed', `${directory} has no slots that can be seen from here: as many are taken as \`tapecycle\` has volumes`)
  const slots = Math.min(SLOTS_MAX, onDisk ?? ledger.of().number('TAPECYCLE', 1, SLOTS_MAX))
  return {
    kind: 'vtape',
    name: isPlainName(name) ? name : plainName(name, new Set()),
    directory,
    slots,
    'volume-size': volumeBytes,
    'part-size': partBytes,
    ...labels(storage, slots),
    'volumes-per-run': runtapes,
    keep,
  }
}

function keepInput(ledger: Ledger, storage: StorageReader): NonNullable<VolumesInput['keep']> {
  const source = storage.of('POLICY')
  const section = ledger.configuration.find('policy', source.text('POLICY'))
  if (section === undefined) {
    source.remark('POLICY', 'unusable', 'there is no such policy')
    return {}
  }
  const policy = ledger.of(section)
  // What is not written follows from `tapecycle`.
  const globals = ledger.of()
  if (!policy.isWritten('RETENTION_TAPES') || isDeepStrictEqual(policy.place('RETENTION_TAPES'), globals.place('TAPECYCLE'))) globals.value('TAPECYCLE')
  return { volumes: policy.number('RETENTION_TAPES', 0, SLOTS_MAX), days: policy.number('RETENTION_DAYS', 0, 36_500), fulls: policy.number('RETENTION_FULL', 0, 1000) }
}

function labels(storage: StorageReader, slots: number): Pick<VolumesInput, 'label' | 'autolabel'> {
  const source = storage.of('AUTOLABEL')
  const given = source.value('AUTOLABEL')
  const digits = Math.max(2, String(slots).length)
  if (given.kind === 'autolabel' && given.template !== undefined) {
    if (given.isOtherConfig) source.remark('AUTOLABEL', 'not-used-yet', 'volumes of other configurations are never taken')
    const autolabel = [...(given.isEmpty || given.isVolumeError ? (['empty'] as const) : []), ...(given.isNonAmanda ? (['foreign'] as const) : [])]
    return { label: withRoom(source, 'AUTOLABEL', templateOf(source, given.template, storage.of('TAPEPOOL').text('TAPEPOOL')), slots, digits), autolabel }
  }
  const labelled = storage.of('LABELSTR')
  const expression = labelled.value('LABELSTR')
  const text = expression.kind === 'labels' ? (expression.template ?? '') : ''
  const template = templateOfExpression(text, digits)
  if (template === undefined && labelled.isWritten('LABELSTR')) labelled.remark('LABELSTR', 'changed', `\`${text}\` is more than a name with a number: labels are taken that are made of the name of the configuration and a number`)
  return { label: withRoom(labelled, 'LABELSTR', template ?? `$c-${'%'.repeat(digits)}`, slots, digits), autolabel: [] }
}

/** `$p` and `$b` are not known to our templates. */
function templateOf(source: SettingsReader, given: string, pool: string): string {
  if (given.includes('$b')) source.remark('AUTOLABEL', 'changed', '`$b` is left out: virtual tapes have no barcodes')
  const template = utf8Of(given).replaceAll('$b', '').replaceAll('$p', () => pool)
  const clean = template.replaceAll(/\p{Cc}/gu, '')
  if (clean !== template) source.remark('AUTOLABEL', 'changed', 'control characters are left out')
  return clean === '' ? '%%' : clean
}

/** A template with room for as many labels as there are slots. */
function withRoom(source: SettingsReader, keyword: string, template: string, slots: number, digits: number): string {
  const given = /%+/.exec(template)?.[0].length ?? 0
  if ((given > 0 && 10 ** given > slots) || slots === 1) return template
  const wider = given === 0 ? `${template}${'%'.repeat(digits)}` : template.replace(/%+/, '%'.repeat(digits))
  source.remark(keyword, 'changed', `the labels have no room for the ${slots} slots: \`${wider}\` is used`)
  return wider
}
