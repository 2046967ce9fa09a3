// Chooses the next volume and makes it ready: looks into the slots, asks retention and taperscan, then erases, labels and records. Order: the
// catalog forgets what was on it, the volume is emptied and labelled, the tapelist names it; a crash between any two leaves nothing listed that
// cannot be read.

import { faultOf, Fault } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { Catalog, RunId } from '../../catalog/contract.ts'
import type { VtapeStorageConfig } from '../../config/resolved.ts'
import type { Changer } from '../../storage/device.ts'
import type { TaperEvent, VolumeStart } from './contract.ts'
import { neededVolumes } from './retention.ts'
import type { TapelistFile } from './tapelist-file.ts'
import { scanVolumes, type ScanResult, type SlotFacts, type VolumeChoice } from './taperscan.ts'

const DAY_MS = 86_400_000
const BLOCK_KIB = 32

export interface VolumeLoaderOptions {
  readonly run: RunId
  readonly organisation: string
  readonly configName: string
  readonly storage: VtapeStorageConfig
  readonly changer: Changer
  readonly tapelist: TapelistFile
  readonly catalog: Catalog
  readonly log: Log
  readonly onEvent: (event: TaperEvent) => void
}

/** The timestamp `days` before `run`. Both are local time; a change of the clocks in between moves it by an hour, which is harmless. */
export function daysBefore(run: string, days: number): string {
  const at = Date.UTC(Number(run.slice(0, 4)), Number(run.slice(4, 6)) - 1, Number(run.slice(6, 8)), Number(run.slice(8, 10)), Number(run.slice(10, 12)), Number(run.slice(12, 14)))
  return new Date(at - days * DAY_MS).toISOString().replace(/[-:T]/g, '').slice(0, 14)
}

async function lookIntoSlot(changer: Changer, slot: string): Promise<SlotFacts> {
  try {
    const device = await changer.device(slot)
    const state = await device.state()
    return { slot, state, partCount: state.kind === 'labelled' ? (await device.listParts()).length : 0 }
  } catch (error) {
    return { slot, state: { kind: 'unusable', reason: faultOf(error).message }, partCount: 0 }
  }
}

/** What may be written now, and what may not and why. Changes nothing. */
export async function scanStorage(options: VolumeLoaderOptions): Promise<ScanResult> {
  const { storage, changer, catalog, run } = options
  const slots: SlotFacts[] = []
  for (const slot of await changer.slots()) slots.push(await lookIntoSlot(changer, slot))
  const tapelist = await options.tapelist.read()
  const dumpsOnVolume = new Map<string, string[]>()
  for (const { label } of tapelist) dumpsOnVolume.set(label, (await catalog.partsOnVolume(label)).map((part) => part.dump))
  const needed = neededVolumes({ tapelist, dumps: await catalog.dumps(), dumpsOnVolume, run, keepFrom: daysBefore(run, storage.retainDays) }, storage)
  return scanVolumes(slots, tapelist, needed, {
    labelTemplate: storage.labelTemplate,
    names: { organisation: options.organisation, config: options.configName, storage: storage.name },
    autolabel: storage.autolabel,
  })
}

async function takeVolume(options: VolumeLoaderOptions, choice: VolumeChoice, tapeNumber: number): Promise<VolumeStart> {
  const { storage, changer, catalog, run } = options
  const { label, slot, kind } = choice
  const erased = await catalog.eraseVolume(label)
  const device = await changer.device(slot)
  await device.writeLabel(label, run)
  await options.tapelist.put({ datestamp: run, label, isReusable: true, blockKib: BLOCK_KIB, pool: storage.name, storage: storage.name, config: options.configName })
  await catalog.putVolume({ label, storage: storage.name, slot, run, bytes: 0, isReusable: true })
  await changer.setCurrent(slot)
  return { label, slot, tapeNumber, kind, erasedDumps: erased.length }
}

/** The next volume, labelled and recorded. Rejects with `no-volume`, which names why each slot was refused. */
export async function loadVolume(options: VolumeLoaderOptions, tapeNumber: number): Promise<VolumeStart> {
  const { choices, refusals } = await scanStorage(options)
  const reasons = refusals.map(({ slot, label, reason }) => `${slot}${label === undefined ? '' : ` (${label})`}: ${reason}`)
  for (const refusal of refusals) options.onEvent({ kind: 'volume-refused', ...refusal })
  for (const choice of choices) {
    try {
      return await takeVolume(options, choice, tapeNumber)
    } catch (error) {
      const fault = faultOf(error)
      options.log.warn('a volume could not be labelled', { slot: choice.slot, label: choice.label, error: fault.message })
      options.onEvent({ kind: 'volume-refused', slot: choice.slot, label: choice.label, reason: fault.message })
      reasons.push(`${choice.slot} (${choice.label}): ${fault.message}`)
    }
  }
  throw new Fault('no-volume', `no volume of storage ${options.storage.name} may be written: ${reasons.join('; ')}`)
}
