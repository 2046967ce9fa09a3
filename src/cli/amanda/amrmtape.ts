// What stock Amanda's `amrmtape` does: takes volumes out of the tapelist, or marks them as never written, and erases them if that is asked for. Its words and exit codes
// are those of Amanda 3.5.1. Stock crashes behind the first of several labels, and with --external-copy; here both work.

import type { RetentionStatus } from '../../server/taper/amanda/retention-status.ts'
import type { AmandaChanger } from '../../storage/amanda/contract.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import type { CliContext } from '../context.ts'
import type { StockOption } from './stock-words.ts'
import { dumpsForRetention } from './volume-dumps.ts'
import { changerOfRoom, openVolumeRoom, outputOf, ProgramEnd, readWords, runProgram, statusesOf, type ProgramOutput, type VolumeRoom } from './volume-room.ts'

const USAGE = `Usage: amrmtape [--changer NAME] [-n|--dryrun] [--erase] [--external-copy] [--keep-label] [-q] [-v] [-o configoption]* <conf> <label>*
       amrmtape {--list-retention|--list-no-retention|--remove-no-retention} [-o configoption]* <conf>
`
const OPTIONS: readonly StockOption[] = [
  { name: 'changer', takesValue: true },
  { name: 'cleanup' },
  { name: 'dryrun', letter: 'n' },
  { name: 'erase' },
  { name: 'external-copy' },
  { name: 'keep-label' },
  { name: 'list-retention' },
  { name: 'list-no-retention' },
  { name: 'remove-no-retention' },
  { name: 'quiet', letter: 'q' },
  { name: 'verbose', letter: 'v' },
]
const KEPT: ReadonlySet<RetentionStatus> = new Set(['no-reuse', 'retention-tapes', 'retention-days', 'retention-recover', 'retention-full'])

interface Order {
  readonly isDry: boolean
  readonly isErasing: boolean
  readonly isKeepingLabel: boolean
  readonly isExternalCopy: boolean
}

/** Returns the exit code. */
export async function amrmtape(context: CliContext, words: readonly string[]): Promise<number> {
  const output = outputOf(context)
  const read = readWords('amrmtape', words, OPTIONS, output)
  if (read === undefined) return 0
  const { given } = read
  const usage = (why: string): number => {
    output.err(why)
    output.out(USAGE)
    return 1
  }
  if (read.wrong.length > 0) return usage('')
  if (given.has('help')) return usage('')
  const [config, ...labels] = read.words
  if (config === undefined) return usage('Specify a configuration.\n')
  const isListing = given.has('list-retention') || given.has('list-no-retention')
  if (labels.length === 0 && !isListing && !given.has('remove-no-retention')) return usage('Specify a configuration and label.\n')
  const changer = given.get('changer')?.at(-1)
  const settings = changer === undefined ? given : new Map([...given, ['o', [...(given.get('o') ?? []), `tpchanger=${changer}`]]])
  return runProgram(output, async () => {
    const room = openVolumeRoom(context, config, settings, output, 'amrmtape: Errors processing config file\n')
    if (isListing) return list(room, given.has('list-retention'), output)
    if (given.has('cleanup')) throw new ProgramEnd('amrmtape: --cleanup is not supported: the next run removes logs and indexes of volumes that are gone\n')
    const order = { isDry: given.has('dryrun'), isErasing: given.has('erase') || given.has('external-copy'), isKeepingLabel: given.has('keep-label'), isExternalCopy: given.has('external-copy') }
    const chosen = given.has('remove-no-retention') ? await labelsOf(room, (status) => status === 'retention-no') : labels
    for (const label of chosen) await removeVolume(room, label, order, output)
    return 0
  })
}

async function labelsOf(room: VolumeRoom, isMeant: (status: RetentionStatus) => boolean): Promise<readonly string[]> {
  const tapelist = await room.tapelist.read()
  const statuses = statusesOf(room, tapelist, await dumpsForRetention(room, tapelist))
  return tapelist.flatMap(({ label, datestamp }) => {
    // A volume that was never written is neither kept nor given free.
    const status = datestamp === '0' ? undefined : statuses.get(label)
    return status !== undefined && isMeant(status) ? [label] : []
  })
}

async function list(room: VolumeRoom, isKept: boolean, output: ProgramOutput): Promise<number> {
  for (const label of await labelsOf(room, (status) => (isKept ? KEPT.has(status) : status === 'retention-no'))) output.out(`${label}\n`)
  return 0
}

async function removeVolume(room: VolumeRoom, label: string, order: Order, output: ProgramOutput): Promise<void> {
  if (!(await room.tapelist.read()).some((entry) => entry.label === label)) {
    output.out(`label '${label}' not found in tapelist file '${room.places.tapelist}'.\n`)
    return
  }
  if (order.isDry) return
  // The volume goes before its entry: what is erased and still listed is found out, what is full and not listed is written over unasked.
  if (order.isErasing) await erase(room, label, order, output)
  if (order.isExternalCopy) return
  await room.tapelist.change((entries) => (order.isKeepingLabel ? withNeverWritten(entries, label) : entries.filter((entry) => entry.label !== label)))
  output.out(order.isKeepingLabel ? `Set datestamp to "0" for label '${label} in tapelist file.\n` : `Removed label '${label}' from tapelist file.\n`)
}

/** A volume whose content is given up belongs to no storage and configuration until it is written again. */
function withNeverWritten(entries: readonly TapelistEntry[], wanted: string): readonly TapelistEntry[] {
  const old = entries.find(({ label }) => label === wanted)
  if (old === undefined) return entries
  const { storage: _storage, config: _config, ...kept } = old
  return [{ ...kept, datestamp: '0', isReusable: true }, ...entries.filter((entry) => entry !== old)]
}

/** Where the changer remembers the volume, if it is there. */
async function slotOf(changer: AmandaChanger, label: string): Promise<string | undefined> {
  for (const { slot, content } of await changer.inventory()) {
    if (content.kind === 'damaged' || content.kind === 'blank' || (content.kind === 'labelled' && content.label !== label)) continue
    if (content.kind === 'unknown' && changer.kind !== 'chg-single') continue
    const found = await changer.look(slot)
    if (found.kind === 'labelled' && found.label === label) return slot
  }
  return undefined
}

async function erase(room: VolumeRoom, label: string, order: Order, output: ProgramOutput): Promise<void> {
  const changer: AmandaChanger = await changerOfRoom(room)
  const slot = await slotOf(changer, label)
  if (slot === undefined) {
    output.out(`Label '${label}' not found\n`)
    return
  }
  await changer.rewrite(slot, undefined)
  output.out(`Erased volume with label '${label}'.\n`)
  if (!order.isKeepingLabel && !order.isExternalCopy) return
  await changer.rewrite(slot, { label, datestamp: 'X' })
  output.out(`Rewrote label '${label}' to volume.\n`)
}
