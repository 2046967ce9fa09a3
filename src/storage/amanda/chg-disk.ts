// Amanda's chg-disk: a directory with a directory `slotN` for each volume, the link `data` to the current one, and `state`, which says which slot is current for
// whom. What a slot holds is read from the name of its label, as stock does, so the state can be lost without harm. Format: docs/formats/vtape.md.

import { parentOf, type Disk } from '../../kernel/disk.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import { openVtapeDevice } from '../vtape/vtape-device.ts'
import { ChangerRefusal, type AmandaChanger, type SlotRecord } from './contract.ts'
import { ChangerStateFile, currentIn, ownerTable, setCurrentIn, tableAt, type SlotOwner, type WithFileLock } from './state-file.ts'
import { readVolume, rewriteVolume, type VolumePlace } from './vfs-volume.ts'

export interface ChgDiskSettings {
  readonly name: string
  readonly directory: string
  readonly stateFile: string
  /** Slots there must be; more are used when they are there. */
  readonly slotsMin: number
  /** Whether missing ones of them are made. */
  readonly isCreating: boolean
  readonly capacityBytes: number | undefined
  readonly owner: SlotOwner
}

const SLOT = /^slot(\d{1,9})$/
const LABEL = /^0+\.(.+)$/
const SLOTS_ROOT = 'current_slot'

export class ChgDisk implements AmandaChanger {
  readonly kind = 'chg-disk'
  readonly isFastSearch = true
  readonly name: string
  readonly #disk: Disk
  readonly #settings: ChgDiskSettings
  readonly #state: ChangerStateFile

  constructor(disk: Disk, settings: ChgDiskSettings, lock: WithFileLock) {
    this.name = settings.name
    this.#disk = disk
    this.#settings = settings
    this.#state = new ChangerStateFile(disk, settings.stateFile, lock)
  }

  async #slots(): Promise<string[]> {
    const { directory } = this.#settings
    let entries
    try {
      entries = await this.#disk.list(directory)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') throw new ChangerRefusal(`directory '${directory}' does not exist`)
      throw error
    }
    const numbers = new Set(entries.map(({ name }) => Number(SLOT.exec(name)?.[1] ?? 0)).filter((number) => number > 0))
    return [...numbers].toSorted((a, b) => a - b).map(String)
  }

  /** Where a slot is. One of those that there must be is made when it is asked for. */
  async #mustHave(slot: string): Promise<VolumePlace> {
    const { directory, isCreating, slotsMin } = this.#settings
    if (!(await this.#slots()).includes(slot)) {
      if (!isCreating || !/^[1-9]\d{0,8}$/.test(slot) || Number(slot) > slotsMin) throw new ChangerRefusal(`Slot ${slot} not found`)
      await this.#disk.makeDir(`${directory}/slot${slot}`)
      await this.#disk.syncDir(directory)
    }
    return { directory: `${this.#settings.directory}/slot${slot}`, useData: 'no', capacityBytes: this.#settings.capacityBytes }
  }

  async inventory(): Promise<readonly SlotRecord[]> {
    const slots = await this.#slots()
    const current = await this.#state.change((state) => {
      tableAt(state, ['drives'])
      ownerTable(state, SLOTS_ROOT, false, this.#settings.owner)
      return currentIn(state, SLOTS_ROOT, false, this.#settings.owner)?.replace(/^slot/, '')
    })
    // Who has no current slot yet takes over the one of the link, which is that of whoever used the changer last.
    const shown = current ?? (await this.#linked()) ?? slots[0]
    const records: SlotRecord[] = []
    for (const slot of slots) {
      const names = (await this.#disk.list(`${this.#settings.directory}/slot${slot}`)).map(({ name }) => name)
      const label = names.map((name) => LABEL.exec(name)?.[1]).find((found) => found !== undefined)
      records.push({ slot, isCurrent: slot === shown, content: label === undefined ? { kind: 'blank' } : { kind: 'labelled', label } })
    }
    return records
  }

  async #linked(): Promise<string | undefined> {
    try {
      return SLOT.exec(await this.#disk.readLink(`${this.#settings.directory}/data`))?.[1]
    } catch {
      return undefined
    }
  }

  async device(slot: string): ReturnType<AmandaChanger['device']> {
    const { directory, capacityBytes } = await this.#mustHave(slot)
    return openVtapeDevice(this.#disk, directory, capacityBytes)
  }

  read(slot: string): ReturnType<AmandaChanger['read']> {
    return this.look(slot)
  }

  async look(slot: string): ReturnType<AmandaChanger['look']> {
    return readVolume(this.#disk, await this.#mustHave(slot))
  }

  async rewrite(slot: string, label: Parameters<AmandaChanger['rewrite']>[1]): Promise<void> {
    await rewriteVolume(this.#disk, await this.#mustHave(slot), label)
  }

  async setCurrent(slot: string): Promise<void> {
    await this.#mustHave(slot)
    const name = `slot${slot}`
    await this.#state.change(async (state) => {
      tableAt(state, ['drives'])
      state.set('current', name)
      setCurrentIn(state, SLOTS_ROOT, false, this.#settings.owner, name)
      const fresh = `${this.#settings.directory}/data.new`
      await this.#disk.remove(fresh)
      await this.#disk.symlink(name, fresh)
      await this.#disk.rename(fresh, `${this.#settings.directory}/data`)
      await this.#disk.syncDir(this.#settings.directory)
    })
  }

  meta(): Promise<string | undefined> {
    return this.#state.change((state) => {
      const meta = state.get('meta')
      return typeof meta === 'string' ? meta : undefined
    })
  }

  async setMeta(meta: string): Promise<void> {
    await this.#state.change((state) => void state.set('meta', meta))
  }

  async reset(): Promise<void> {
    const [first] = await this.#slots()
    if (first !== undefined) await this.setCurrent(first)
  }

  async create(): Promise<void> {
    const { directory } = this.#settings
    if ((await this.#disk.stat(directory)) !== undefined) throw new ChangerRefusal(`Can't create vtape root '${directory}': File exists`)
    await this.#disk.makeDir(directory)
    await this.#disk.syncDir(parentOf(directory))
  }

  eject(): Promise<never> {
    return Promise.reject(new ChangerRefusal("'chg-disk' does not support eject"))
  }

  update(): Promise<never> {
    return Promise.reject(new ChangerRefusal("'chg-disk' does not support update"))
  }
}
