// The volume of a `file:` device: where its files lie, what its label says in the words of stock Amanda, and how it is emptied. Format: docs/formats/vtape.md.

import type { Disk } from '../../kernel/disk.ts'
import { faultOf, systemErrorCode } from '../../kernel/fault.ts'
import { decodeDumpHeader, DUMP_HEADER_BYTES } from '../../wire/amanda/dump-header.ts'
import { openVtapeDevice } from '../vtape/vtape-device.ts'
import type { VolumeReading } from './contract.ts'

/** Property USE-DATA of a device: whether its files lie in the directory `data` of its place. */
export type UseData = 'yes' | 'no' | 'exist'

export interface VolumePlace {
  readonly directory: string
  readonly useData: UseData
  readonly capacityBytes: number | undefined
}

const SYSTEM_WORDS: Readonly<Record<string, string>> = { ENOENT: 'No such file or directory', ENOTDIR: 'Not a directory', EACCES: 'Permission denied', EIO: 'Input/output error', ELOOP: 'Too many levels of symbolic links' }
const BAD_HEADER = 'Invalid amanda header while reading file header'
const LABEL_FILE = /^0+\./
const NUMBERED = /^\d+[.-]/

export async function volumeDirectory(disk: Disk, { directory, useData }: VolumePlace): Promise<string> {
  const data = `${directory}/data`
  if (useData === 'no') return directory
  if (useData === 'yes') return data
  return (await isDirectory(disk, data)) ? data : directory
}

async function isDirectory(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.list(path)
    return true
  } catch {
    return false
  }
}

export async function readVolume(disk: Disk, place: VolumePlace): Promise<VolumeReading> {
  const directory = await volumeDirectory(disk, place)
  try {
    const entries = await disk.list(directory)
    const file = entries.find(({ name }) => LABEL_FILE.test(name))
    if (file === undefined) return { kind: 'blank', words: 'File 0 not found' }
    const block = Buffer.alloc(DUMP_HEADER_BYTES)
    await using opened = await disk.open(`${directory}/${file.name}`, 'read')
    let filled = 0
    while (filled < block.length) {
      const count = await opened.read(block.subarray(filled), filled)
      if (count === 0) break
      filled += count
    }
    return labelIn(block)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === undefined) throw faultOf(error)
    return { kind: 'damaged', words: `Error checking directory ${directory}/: ${SYSTEM_WORDS[code] ?? code}` }
  }
}

function labelIn(block: Uint8Array): VolumeReading {
  try {
    const header = decodeDumpHeader(block)
    return header.kind === 'tapestart' ? { kind: 'labelled', label: header.label, datestamp: header.datestamp } : { kind: 'damaged', words: BAD_HEADER }
  } catch {
    return { kind: 'damaged', words: BAD_HEADER }
  }
}

/** Empties the volume, and labels it when `label` says so. Files that are no volume's stay, as with stock Amanda. */
export async function rewriteVolume(disk: Disk, place: VolumePlace, label: { readonly label: string; readonly datestamp: string } | undefined): Promise<void> {
  const directory = await volumeDirectory(disk, place)
  if (label !== undefined) return openVtapeDevice(disk, directory, place.capacityBytes).writeLabel(label.label, label.datestamp)
  for (const { name, kind } of await disk.list(directory)) if (kind === 'file' && NUMBERED.test(name)) await disk.remove(`${directory}/${name}`)
  await disk.syncDir(directory)
}
