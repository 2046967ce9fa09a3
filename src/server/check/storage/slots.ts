// What is in each slot: volumes that are damaged or foreign, slots that are gone, parts that the catalog lists and that are not there or
// are others. Of a volume with very many parts the headers of some are read, spread over it, so that the time is bounded.

import type { PartRecord } from '../../../catalog/contract.ts'
import { dumpId, runId } from '../../../catalog/ids.ts'
import { faultOf } from '../../../kernel/fault.ts'
import type { Device, DeviceFile } from '../../../storage/device.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { DETAILS_MAX, type FoundVolume, type StorageParts } from './contract.ts'

/** Headers read of one volume: 32 KiB each. */
const HEADERS_MAX = 200

interface VolumeTroubles {
  readonly missing: string[]
  readonly wrong: string[]
  readonly damaged: string[]
  readonly unlisted: DeviceFile[]
}

/** Every n-th file, so that at most HEADERS_MAX are left; the last one always. */
function spread(files: readonly DeviceFile[]): readonly DeviceFile[] {
  const step = Math.ceil(files.length / HEADERS_MAX)
  return files.filter((_file, index) => index % step === 0 || index === files.length - 1)
}

async function readHeaders(device: Device, files: readonly DeviceFile[], listed: ReadonlyMap<number, PartRecord>, troubles: VolumeTroubles, signal: AbortSignal): Promise<void> {
  for (const { fileNumber } of spread(files)) {
    signal.throwIfAborted()
    try {
      await using reader = await device.openPart(fileNumber)
      const part = listed.get(fileNumber)
      if (reader === undefined || part === undefined) continue
      const { header } = reader
      const isFile = header.kind === 'file' || header.kind === 'split-file' || header.kind === 'cont-file'
      const id = isFile ? dumpId(runId(header.datestamp), header.host, header.disk, header.level) : undefined
      if (id !== part.dump) troubles.wrong.push(`file ${fileNumber} should hold part ${part.partNumber} of ${part.dump} and is ${isFile ? `of ${id}` : `a ${header.kind}`}`)
    } catch (error) {
      troubles.damaged.push(`file ${fileNumber}: ${faultOf(error).message}`)
    }
  }
}

async function compareParts(device: Device, parts: readonly PartRecord[], signal: AbortSignal): Promise<VolumeTroubles> {
  const troubles: VolumeTroubles = { missing: [], wrong: [], damaged: [], unlisted: [] }
  const files = await device.listParts()
  const byNumber = new Map(files.map((file) => [file.fileNumber, file]))
  const listed = new Map(parts.map((part) => [part.fileNumber, part]))
  for (const part of parts) {
    const file = byNumber.get(part.fileNumber)
    if (file === undefined) troubles.missing.push(`file ${part.fileNumber}: part ${part.partNumber} of ${part.dump}`)
    else if (file.bytes !== part.bytes) troubles.wrong.push(`file ${part.fileNumber} has ${file.bytes} bytes and part ${part.partNumber} of ${part.dump} has ${part.bytes}`)
  }
  troubles.unlisted.push(...files.filter(({ fileNumber }) => !listed.has(fileNumber)))
  await readHeaders(device, files, listed, troubles, signal)
  return troubles
}

function troubleFindings(volume: FoundVolume, troubles: VolumeTroubles): CheckFinding[] {
  const where = `volume ${volume.label} in slot ${volume.slot}`
  const restore = 'Restore nothing from it without `holdfast verify`; make new full dumps of what was on it, and look at the disk it lies on.'
  const finding = (severity: 'note' | 'error', code: string, lines: readonly string[], message: string, next: string): CheckFinding[] => (lines.length === 0 ? [] : [{ severity, code, message: `${where} ${message}`, next, details: lines.slice(0, DETAILS_MAX) }])
  const unlistedBytes = troubles.unlisted.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    ...finding('error', 'volume-damaged', troubles.damaged, `has ${troubles.damaged.length} files whose header cannot be understood`, restore),
    ...finding('error', 'part-missing', troubles.missing, `lacks ${troubles.missing.length} parts that the catalog lists`, 'If they were removed by hand, run `holdfast catalog rebuild` so that the catalog does not count on them, and make new full dumps.'),
    ...finding('error', 'part-wrong', troubles.wrong, `has ${troubles.wrong.length} files that are not what the catalog says`, 'Run `holdfast verify` for the disks that are named, then `holdfast catalog rebuild`.'),
    ...finding('note', 'part-unlisted', troubles.unlisted.map(({ fileNumber, bytes }) => `file ${fileNumber}, ${bytes} bytes`), `has ${troubles.unlisted.length} files (${unlistedBytes} bytes) of no dump in the catalog`, 'Nothing: they go when the volume is written over. `holdfast catalog rebuild` lists them again if they are whole dumps.'),
  ]
}

async function lookAtSlot(parts: StorageParts, slot: string, found: FoundVolume[], signal: AbortSignal): Promise<readonly CheckFinding[]> {
  const device = await parts.changer.device(slot)
  const state = await device.state()
  if (state.kind === 'empty') return []
  if (state.kind === 'foreign') {
    const isDamaged = state.isDamaged === true
    return [{ severity: isDamaged ? 'error' : 'warning', code: isDamaged ? 'volume-damaged' : 'volume-foreign', message: `slot ${slot} ${isDamaged ? 'holds a volume whose label cannot be read' : 'does not hold a volume of ours'}: ${state.reason}`, next: isDamaged ? 'Look at the disk it lies on. What was on the volume is lost to the catalog: make new full dumps, then empty the slot.' : 'Move what is there elsewhere, or allow `foreign` in autolabel if it may be written over.' }]
  }
  const volume = { slot, label: state.label, datestamp: state.datestamp }
  found.push(volume)
  return troubleFindings(volume, await compareParts(device, await parts.catalog.partsOnVolume(state.label), signal))
}

/** All slots in order. What cannot be looked at is a finding; rejects only when `signal` aborts. */
export async function checkSlots(parts: StorageParts, signal: AbortSignal): Promise<{ readonly findings: readonly CheckFinding[]; readonly found: readonly FoundVolume[] }> {
  const findings: CheckFinding[] = []
  const found: FoundVolume[] = []
  const slots = await parts.changer.slots()
  for (const [index, slot] of slots.entries()) {
    signal.throwIfAborted()
    try {
      findings.push(...(await lookAtSlot(parts, slot, found, signal)))
    } catch (error) {
      signal.throwIfAborted()
      const { code, message, next } = faultOf(error)
      if (code === 'volume-missing') findings.push({ severity: 'error', code: 'volume-missing', message: `slot ${slot} is not there: ${message}`, next: 'Mount the disk that holds it, or make the directory again if the volume is lost.' })
      else findings.push({ severity: 'error', code: 'volume-damaged', message: `slot ${slot} cannot be looked at: ${message}`, next })
    }
    parts.onSlot(index + 1, slots.length)
  }
  return { findings, found }
}
