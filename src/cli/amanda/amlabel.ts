// What stock Amanda's `amlabel` does: labels a volume and enters it in the tapelist, or changes what the tapelist says of volumes. Its words and exit codes are those
// of Amanda 3.5.1.

import { isOwnLabel, makeLabel, makeMeta, shownLabels } from '../../server/taper/amanda/volume-rules.ts'
import { ChangerRefusal, type AmandaChanger, type VolumeReading } from '../../storage/amanda/contract.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import type { CliContext } from '../context.ts'
import { assignToLabels } from './assign-labels.ts'
import type { StockOption } from './stock-words.ts'
import { changerOfRoom, openVolumeRoom, outputOf, ProgramEnd, readWords, roomOfStorage, runProgram, type ProgramOutput, type VolumeRoom } from './volume-room.ts'

const USAGE = `Usage: amlabel [--barcode <barcode>] [--meta <meta>] [--version]
 [--assign [--pool <pool>] [--storage <storage>]] [-f]
 [-o configoption]*
 <conf> [<label>] [slot <slot-number>]
`
const OPTIONS: readonly StockOption[] = [
  { name: 'barcode', takesValue: true },
  { name: 'meta', takesValue: true },
  { name: 'pool', takesValue: true },
  { name: 'storage', takesValue: true },
  { name: 'assign' },
  { name: 'f' },
]
/** Blocks of `file:` devices. */
const BLOCK_KIB = 32
/** The date of a volume that was never written. */
const NEVER = '0'
const NO_DATE = 'X'

export interface LabelFields {
  readonly barcode: string | undefined
  readonly meta: string | undefined
  readonly pool: string | undefined
  readonly storage: string | undefined
}

interface Order {
  readonly label: string | undefined
  readonly slot: string | undefined
  readonly isForced: boolean
  readonly fields: LabelFields
}

/** CONF, LABEL and SLOT of the words; undefined when they are not understood. */
function wordsOf(words: readonly string[]): { readonly config: string; readonly label: string | undefined; readonly slot: string | undefined } | undefined {
  const [config, ...rest] = words
  if (config === undefined) return undefined
  if (rest.length === 0) return { config, label: undefined, slot: undefined }
  if (rest.length === 1) return { config, label: rest[0], slot: undefined }
  if (rest.length === 2 && rest[0] === 'slot') return { config, label: undefined, slot: rest[1] }
  if (rest.length === 3 && rest[1] === 'slot') return { config, label: rest[0], slot: rest[2] }
  return undefined
}

/** Returns the exit code. */
export async function amlabel(context: CliContext, words: readonly string[]): Promise<number> {
  const output = outputOf(context)
  const read = readWords('amlabel', words, OPTIONS, output)
  if (read === undefined) return 0
  const asked = wordsOf(read.words)
  if (asked === undefined || read.wrong.length > 0 || read.given.has('help')) {
    output.err(USAGE)
    return 1
  }
  const of = (name: string): string | undefined => read.given.get(name)?.at(-1)
  const fields = { barcode: of('barcode'), meta: of('meta'), pool: of('pool'), storage: of('storage') }
  const order = { label: asked.label, slot: asked.slot, isForced: read.given.has('f'), fields }
  return runProgram(output, async () => {
    const room = openVolumeRoom(context, asked.config, read.given, output, 'errors processing config file')
    if (read.given.has('assign')) return assignToLabels(room, asked.label ?? '.*', fields, order.isForced, output)
    const at = fields.storage === undefined ? room : roomOfStorage(room, fields.storage)
    if (at === undefined) throw new ProgramEnd(`Storage '${fields.storage}' is not defined\n`)
    return labelVolume(at, order, output)
  })
}

/** Ends the program with words that go to both streams, as most refusals do. */
function give(output: ProgramOutput, words: string): ProgramEnd {
  output.out(`${words}\n`)
  return new ProgramEnd(`${words}\n`)
}

async function labelVolume(room: VolumeRoom, order: Order, output: ProgramOutput): Promise<number> {
  const tapelist = await room.tapelist.read()
  if (order.label !== undefined && !order.isForced && tapelist.some(({ label }) => label === order.label)) throw new ProgramEnd(`Label '${order.label}' already on a volume\n`)
  output.out('Reading label...\n')
  const changer = await changerOfRoom(room)
  const slot = order.slot ?? (await currentSlot(changer))
  const found = await readSlot(changer, slot, output)
  if (order.fields.barcode !== undefined) throw give(output, `Volume in slot ${slot} have no barcode.`)
  const judged = judge(room, found, tapelist, order.label)
  output.out(`${judged.words}\n`)
  if (order.isForced && judged.isActive) output.out(`Consider using 'amrmtape' to remove volume '${found.kind === 'labelled' ? found.label : ''}' from the catalog.\n`)
  const meta = await metaOf(room, changer, order, tapelist, output)
  const label = order.label ?? madeLabel(room, slot, meta, tapelist, output)
  if (!judged.isFree && !order.isForced) throw give(output, 'Not writing label.')
  if (!isOwnLabel(room.rules, label, { slot, meta })) throw give(output, `Label '${label}' doesn't match the labelstr '${shownLabels(room.rules)}'.`)
  await write(room, changer, { slot, label, meta, pool: order.fields.pool }, output)
  // Stock ends with 1 here although it has done what was asked for.
  return judged.isForeign ? 1 : 0
}

async function currentSlot(changer: AmandaChanger): Promise<string> {
  const records = await changer.inventory()
  return (records.find(({ isCurrent }) => isCurrent) ?? records[0])?.slot ?? '1'
}

async function readSlot(changer: AmandaChanger, slot: string, output: ProgramOutput): Promise<VolumeReading> {
  try {
    return await changer.read(slot)
  } catch (error) {
    if (error instanceof ChangerRefusal) throw give(output, error.message)
    throw error
  }
}

interface Judged {
  readonly words: string
  /** It may be labelled without being forced. */
  readonly isFree: boolean
  readonly isActive: boolean
  readonly isForeign: boolean
}

/** `wanted`: the label that was asked for. One that is not of the storage is complained of as if it were the one found, as stock does. */
function judge({ rules }: VolumeRoom, found: VolumeReading, tapelist: readonly TapelistEntry[], wanted: string | undefined): Judged {
  const kept = (words: string, isActive = false, isForeign = false): Judged => ({ words, isFree: false, isActive, isForeign })
  if (found.kind === 'blank') return { words: 'Found an empty tape.', isFree: true, isActive: false, isForeign: false }
  if (found.kind === 'damaged') return kept(`Error reading volume label: ${found.words}.`)
  const entry = tapelist.find(({ label }) => label === found.label)
  if (entry === undefined) return kept(`Found label '${found.label}' but it is not in the tapelist file.`)
  if (entry.config !== undefined && entry.config !== rules.config) return kept(`Found label '${found.label}' but it is from config '${entry.config}'`, false, true)
  if (entry.pool !== undefined && entry.pool !== rules.pool) return kept(`Found label '${found.label}' but it is from tape pool '${entry.pool}'.`, false, true)
  if (wanted !== undefined && !isOwnLabel(rules, wanted, { slot: '' })) return kept(`Found label '${found.label}' but it doesn't match the labelstr '${shownLabels(rules)}'.`)
  return kept(`Volume with label '${found.label}' is active and contains data from this configuration.`, true)
}

/** The meta label of the changer; one that has none gets what was asked for or what is made. */
async function metaOf(room: VolumeRoom, changer: AmandaChanger, order: Order, tapelist: readonly TapelistEntry[], output: ProgramOutput): Promise<string | undefined> {
  const { meta } = order.fields
  const known = await changer.meta()
  if (known !== undefined && meta !== undefined && known !== meta) throw give(output, `Device meta '${known}' is not the same as the --meta argument '${meta}'`)
  return known ?? meta ?? makeMeta(room.rules, tapelist)
}

function madeLabel(room: VolumeRoom, slot: string, meta: string | undefined, tapelist: readonly TapelistEntry[], output: ProgramOutput): string {
  const made = makeLabel(room.rules, { slot, meta }, tapelist)
  if ('refusal' in made) throw give(output, made.refusal)
  return made.label
}

async function write(room: VolumeRoom, changer: AmandaChanger, to: { readonly slot: string; readonly label: string; readonly meta: string | undefined; readonly pool: string | undefined }, output: ProgramOutput): Promise<void> {
  output.out(`Writing label '${to.label}'...\n`)
  await changer.rewrite(to.slot, { label: to.label, datestamp: NO_DATE })
  output.out('Checking label...\n')
  const found = await changer.look(to.slot)
  if (found.kind !== 'labelled' || found.label !== to.label) throw give(output, `Checking the tape label failed: ${found.kind === 'labelled' ? `there is a label '${found.label}'` : found.words}.`)
  const { rules } = room
  const entry: TapelistEntry = { datestamp: NEVER, label: to.label, isReusable: true, ...(to.meta === undefined ? {} : { meta: to.meta }), blockKib: BLOCK_KIB, pool: to.pool ?? rules.pool, storage: rules.storage, config: rules.config }
  await room.tapelist.change((entries) => [entry, ...entries.filter(({ label }) => label !== to.label)])
  if (to.meta !== undefined) await changer.setMeta(to.meta)
  output.out('Success!\n')
}
