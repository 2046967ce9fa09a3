// Where the restoring programs of Amanda find volumes: the changer or device that the command line or the configuration names. Volumes lie in directories: a single
// one (`file:DIR`) or slots (`chg-disk:DIR`); for other devices the answer is an error that says so.

import type { AmandaConfiguration } from '../../config/amanda/configuration.ts'
import { textOf } from '../../config/amanda/configuration.ts'
import type { Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import type { Device } from '../../storage/device.ts'
import { openVtapeDevice } from '../../storage/vtape/vtape-device.ts'

/** A device with the volume in it, or why there is none, in the words of stock Amanda. */
export type ShelfAnswer = { readonly device: Device; readonly label: string } | { readonly failure: string }

export interface Shelf {
  /** As the operator or the configuration named it. */
  readonly name: string
  find(label: string): Promise<ShelfAnswer>
  /** What is in the device now. */
  current(): Promise<ShelfAnswer>
}

/** Devices and changers that stock Amanda has and Holdfast has not. */
const NOT_HERE = new Set(['tape', 'rait', 's3', 'dvdrw', 'ndmp', 'diskflat', 'null', 'chg-robot', 'chg-zd-mtx', 'chg-multi', 'chg-rait', 'chg-single', 'chg-compat', 'chg-ndmp', 'chg-aggregate'])

const NESTING_MAX = 8

function missing(label: string): string {
  return `Source Volume '${label}' not found`
}

async function answerOf(device: Device): Promise<ShelfAnswer> {
  const state = await device.state()
  if (state.kind === 'labelled') return { device, label: state.label }
  return { failure: state.kind === 'empty' ? 'File 0 not found' : `Invalid amanda header while reading file header: ${state.reason}` }
}

async function singleShelf(disk: Disk, name: string, directory: string): Promise<Shelf> {
  const stat = await disk.stat(directory)
  const data = stat === undefined ? undefined : await disk.stat(`${directory}/data`)
  const current = async (): Promise<ShelfAnswer> => {
    if (stat === undefined) return { failure: `Error checking directory ${directory}/: No such file or directory` }
    return await answerOf(openVtapeDevice(disk, data === undefined ? directory : `${directory}/data`, undefined))
  }
  return {
    name,
    current,
    async find(label) {
      const found = await current()
      return 'failure' in found || found.label === label ? found : { failure: missing(label) }
    },
  }
}

async function slotsOf(disk: Disk, directory: string): Promise<string[]> {
  try {
    const entries = await disk.list(directory)
    const numbers = entries.flatMap(({ name }) => /^slot(\d{1,6})$/.exec(name)?.[1] ?? []).map(Number)
    return numbers.toSorted((a, b) => a - b).map((number) => `slot${number}`)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw new Fault('volume-missing', `directory '${directory}' does not exist`, { cause: error })
    throw error
  }
}

async function slotShelf(disk: Disk, name: string, directory: string): Promise<Shelf> {
  const slots = await slotsOf(disk, directory)
  const answer = (slot: string): Promise<ShelfAnswer> => answerOf(openVtapeDevice(disk, `${directory}/${slot}`, undefined))
  return {
    name,
    async find(label) {
      let failure: string | undefined
      for (const slot of slots) {
        const found = await answer(slot)
        if ('failure' in found) failure = found.failure
        else if (found.label === label) return found
      }
      return { failure: failure ?? missing(label) }
    },
    async current() {
      const link = await disk.readLink(`${directory}/data`).catch(() => undefined)
      const slot = link?.slice(link.lastIndexOf('/') + 1)
      return await answer(slot !== undefined && slots.includes(slot) ? slot : (slots[0] ?? 'slot1'))
    },
  }
}

/** What a name stands for in the configuration: itself when it is no section. */
function resolve(configuration: AmandaConfiguration | undefined, name: string): string {
  let spec = name
  for (let depth = 0; depth < NESTING_MAX && configuration !== undefined; depth++) {
    const section = configuration.find('changer', spec) ?? configuration.find('device', spec)
    const next = section === undefined ? '' : textOf(section.settings, 'TPCHANGER') || textOf(section.settings, 'TAPEDEV')
    if (next === '' || next === spec) break
    spec = next
  }
  return spec
}

/** The changer of the configuration's first storage. */
export function configuredChanger(configuration: AmandaConfiguration): string {
  const [name = ''] = configuration.globalNames('STORAGE')
  const settings = configuration.find('storage', name)?.settings ?? configuration.globals
  return textOf(settings, 'TPCHANGER') || textOf(settings, 'TAPEDEV')
}

/** Rejects with `volume-missing` or `setting-impossible` in words of stock Amanda. */
export async function openShelf(disk: Disk, spec: string, configuration: AmandaConfiguration | undefined): Promise<Shelf> {
  const resolved = resolve(configuration, spec)
  const [, scheme, rest] = /^([a-z0-9-]+):(.*)$/s.exec(resolved) ?? []
  const directory = rest?.replace(/(?<=.)\/+$/, '')
  if (scheme === 'file' && directory !== undefined) return await singleShelf(disk, spec, directory)
  if (scheme === 'chg-disk' && directory !== undefined) return await slotShelf(disk, spec, directory)
  if (scheme !== undefined && NOT_HERE.has(scheme)) {
    throw new Fault('volume-missing', `Holdfast cannot read from ${resolved}: volumes in directories only (file:DIR, chg-disk:DIR)`, { next: 'Name a directory that holds the volumes.' })
  }
  if (scheme !== undefined) throw new Fault('volume-missing', `chg-single: error opening device '${resolved}': Device type "${scheme}" is not known`)
  const stat = await disk.stat(resolved)
  const failure = `Can't open tape device ${resolved}: ${stat === undefined ? 'No such file or directory' : stat.kind === 'directory' ? 'Is a directory' : 'Inappropriate ioctl for device'}`
  return { name: spec, find: () => Promise.resolve({ failure }), current: () => Promise.resolve({ failure }) }
}
