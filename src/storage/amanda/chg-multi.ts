// Amanda's chg-multi: a slot for each device of a list. Its state file remembers what was last found in each slot, by the name of the device, and which is current
// for whom; stock Amanda reads and writes the same file. Format: docs/formats/changer-state.md.

import type { Disk } from '../../kernel/disk.ts'
import type { StateTable, StateValue } from '../../wire/amanda/changer-state.ts'
import { openVtapeDevice } from '../vtape/vtape-device.ts'
import { ChangerRefusal, type AmandaChanger, type SlotRecord, type VolumeReading } from './contract.ts'
import { slotsNamed } from './slot-words.ts'
import { ChangerStateFile, currentIn, ownerTable, setCurrentIn, tableAt, type SlotOwner, type WithFileLock } from './state-file.ts'
import { readVolume, rewriteVolume, volumeDirectory, type VolumePlace } from './vfs-volume.ts'

export interface MultiDevice {
  /** As the configuration names it; the key in the state. */
  readonly name: string
  readonly place: VolumePlace
}

export interface ChgMultiSettings {
  readonly name: string
  readonly stateFile: string
  readonly devices: readonly MultiDevice[]
  readonly firstSlot: number
  readonly owner: SlotOwner
}

/** Numbers of stock's library: what kind of header a volume begins with, and what is wrong with it. */
const TYPE_LABEL = '1'
const TYPE_BLANK = '-2'
const STATUS_GOOD = '0'
const STATUS_BLANK = '8'
const STATUS_BAD = '16'
const FULL = '1'
const CURRENT_ROOT = 'current_slot_csc'
const CURRENT_BY_CONFIG = 'current_slot_by_config'

function remembered(reading: VolumeReading): readonly (readonly [string, StateValue])[] {
  if (reading.kind === 'labelled') return [['state', FULL], ['device_status', STATUS_GOOD], ['device_error', undefined], ['f_type', TYPE_LABEL], ['label', reading.label]]
  if (reading.kind === 'blank') return [['state', FULL], ['device_status', STATUS_BLANK], ['device_error', reading.words], ['f_type', TYPE_BLANK], ['label', undefined]]
  return [['state', FULL], ['device_status', STATUS_BAD], ['device_error', reading.words], ['label', undefined]]
}

function contentOf(table: StateValue): SlotRecord['content'] {
  const values = table instanceof Map ? (table as StateTable) : undefined
  if (values?.get('state') === undefined) return { kind: 'unknown' }
  const label = values.get('label')
  if (typeof label === 'string') return { kind: 'labelled', label }
  const words = values.get('device_error')
  return values.get('device_status') === STATUS_BLANK || typeof words !== 'string' ? { kind: 'blank' } : { kind: 'damaged', words }
}

export class ChgMulti implements AmandaChanger {
  readonly kind = 'chg-multi'
  readonly isFastSearch = false
  readonly name: string
  readonly #disk: Disk
  readonly #settings: ChgMultiSettings
  readonly #state: ChangerStateFile

  constructor(disk: Disk, settings: ChgMultiSettings, lock: WithFileLock) {
    this.name = settings.name
    this.#disk = disk
    this.#settings = settings
    this.#state = new ChangerStateFile(disk, settings.stateFile, lock)
  }

  #deviceOf(slot: string): MultiDevice {
    const device = /^\d{1,9}$/.test(slot) ? this.#settings.devices[Number(slot) - this.#settings.firstSlot] : undefined
    if (device === undefined) throw new ChangerRefusal(`Slot ${slot} not defined`)
    return device
  }

  async inventory(): Promise<readonly SlotRecord[]> {
    const { devices, firstSlot, owner } = this.#settings
    return this.#state.change((state) => {
      const slots = tableAt(state, ['slots'])
      for (const { name } of devices) tableAt(slots, [name])
      ownerTable(state, CURRENT_ROOT, true, owner)
      tableAt(state, [CURRENT_BY_CONFIG])
      const found = currentIn(state, CURRENT_ROOT, true, owner)
      const current = devices.some(({ name }) => name === found) ? found : devices[0]?.name
      return devices.map(({ name }, index) => ({ slot: String(firstSlot + index), isCurrent: name === current, content: contentOf(slots.get(name)) }))
    })
  }

  async device(slot: string): ReturnType<AmandaChanger['device']> {
    const { place } = this.#deviceOf(slot)
    return openVtapeDevice(this.#disk, await volumeDirectory(this.#disk, place), place.capacityBytes)
  }

  async look(slot: string): Promise<VolumeReading> {
    return readVolume(this.#disk, this.#deviceOf(slot).place)
  }

  async read(slot: string): Promise<VolumeReading> {
    const reading = await this.look(slot)
    await this.#remember(this.#deviceOf(slot), remembered(reading))
    return reading
  }

  async rewrite(slot: string, label: Parameters<AmandaChanger['rewrite']>[1]): Promise<void> {
    const device = this.#deviceOf(slot)
    await rewriteVolume(this.#disk, device.place, label)
    await this.#remember(device, remembered(label === undefined ? { kind: 'blank', words: 'File 0 not found' } : { kind: 'labelled', ...label }))
  }

  async #remember(device: MultiDevice, values: readonly (readonly [string, StateValue])[]): Promise<void> {
    await this.#state.change((state) => {
      const table = tableAt(state, ['slots', device.name])
      table.clear()
      for (const [key, value] of values) table.set(key, value)
    })
  }

  async setCurrent(slot: string): Promise<void> {
    const { name } = this.#deviceOf(slot)
    const { owner } = this.#settings
    await this.#state.change((state) => {
      setCurrentIn(state, CURRENT_ROOT, true, owner, name)
      tableAt(state, [CURRENT_BY_CONFIG]).set(owner.config, name)
    })
  }

  meta(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  setMeta(): Promise<void> {
    return Promise.resolve()
  }

  /** Forgets what is in the slots. */
  async reset(): Promise<void> {
    await this.#state.change((state) => void state.set('slots', undefined))
    await this.setCurrent(String(this.#settings.firstSlot))
  }

  create(): Promise<never> {
    return Promise.reject(new ChangerRefusal('Unimplemented method'))
  }

  /** A directory has nothing to eject. */
  eject(): Promise<void> {
    return Promise.resolve()
  }

  async update(what: string | undefined): Promise<readonly string[]> {
    const [, slot = '', label] = /^(\d{1,9})=(.+)$/.exec(what ?? '') ?? []
    if (label !== undefined) {
      await this.#remember(this.#deviceOf(slot), remembered({ kind: 'labelled', label, datestamp: '' }))
      return [`Recording label '${label}'`, 'update failed']
    }
    const isForgetting = what?.endsWith('=') === true
    const named = what === undefined ? undefined : slotsNamed(isForgetting ? what.slice(0, -1) : what)
    if (isForgetting && named?.[0] === 'error') return this.#forgetDamaged()
    const slots = named ?? this.#settings.devices.map((_, index) => String(this.#settings.firstSlot + index))
    const lines: string[] = []
    for (const one of slots) {
      if (!/^\d+$/.test(one)) return [...lines, `slot '${one}': Invalid slot`, 'update failed']
      if (this.#settings.devices[Number(one) - this.#settings.firstSlot] === undefined) return [...lines, 'update failed']
      lines.push(isForgetting ? await this.#forget(one) : await this.#look(one))
    }
    return [...lines, 'update complete']
  }

  async #look(slot: string): Promise<string> {
    const reading = await this.read(slot)
    return `slot ${slot}: ${reading.kind === 'labelled' ? `Recording label '${reading.label}'` : `Recording device error '${reading.words}' in slot ${slot}`}`
  }

  async #forget(slot: string): Promise<string> {
    const { name } = this.#deviceOf(slot)
    await this.#state.change((state) => void tableAt(state, ['slots']).delete(name))
    return `Slot ${slot}: Now in unknown state`
  }

  async #forgetDamaged(): Promise<readonly string[]> {
    const damaged = (await this.inventory()).filter(({ content }) => content.kind === 'damaged' || content.kind === 'blank')
    if (damaged.length === 0) return ["slot 'error': No slot in error", 'update complete']
    const lines: string[] = []
    for (const { slot } of damaged) lines.push(await this.#forget(slot))
    return [...lines, 'update complete']
  }
}
