// What stock Amanda's `amtape` does: tells what is in the slots of a changer, changes its current slot, and says which volume a run would write to. Its words and exit
// codes are those of Amanda 3.5.1.

import { slotAfter, slotsNamed } from '../../storage/amanda/slot-words.ts'
import { ChangerRefusal, type AmandaChanger, type SlotRecord, type VolumeReading } from '../../storage/amanda/contract.ts'
import { isOwnLabel } from '../../server/taper/amanda/volume-rules.ts'
import { scanTraditional } from '../../server/taper/amanda/scan-traditional.ts'
import { scanOf } from '../../server/taper/amanda/storage-rules.ts'
import type { CliContext } from '../context.ts'
import { findVolume } from './find-volume.ts'
import { changerOfRoom, openVolumeRoom, outputOf, readWords, runProgram, statusesOf, type ProgramOutput, type VolumeRoom } from './volume-room.ts'
import { dumpsForRetention } from './volume-dumps.ts'

const USAGE_HEAD = 'Usage: amtape [-o configoption]* <conf> <command> {<args>}\n  Valid commands are:\n'
const USAGE_LIST = `    clean [<drive>] clean a drive in the changer
    create          create the changer root directory
    current         load and show the contents of the current slot
    eject [<drive>] eject the volume in the specified drive
    inventory       show inventory of changer slots
    label <label>   load the volume with label <label>
    reset           reset changer to known state
    show [<slots>]  scan all slots (or listed slots) in the changer, starting
\t\t    with the current slot
    slot <slot> [drive <drive>] load the volume in slot <slot> in drive <drive>; <slot> can
\t\t    also be 'current', 'next', 'first', or
\t\t    'last'
    sync-catalog [request] [wait] sync the catalog whith the devices.
    taper           perform the taperscan algorithm and display the result
    update [WHAT]   update the changer's state; see changer docs for syntax of
\t\t    WHAT
    usage           this message
    verify          verify the changer is correctly configured
`
const SLOT_WIDTH = 3
const DATE_WIDTH = 14

interface Work {
  readonly room: VolumeRoom
  readonly changer: AmandaChanger
  readonly args: readonly string[]
  readonly output: ProgramOutput
}

/** What a command does; `argsMax`: more words than that are a mistake. */
interface Subcommand {
  readonly isUsed: (args: readonly string[]) => boolean
  readonly run: (work: Work) => Promise<number>
}

const atMost = (count: number) => (args: readonly string[]): boolean => args.length <= count

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  inventory: { isUsed: atMost(0), run: inventory },
  show: { isUsed: atMost(1), run: show },
  current: { isUsed: atMost(0), run: (work) => toSlot(work, 'current') },
  slot: { isUsed: (args) => args.length === 1 || (args.length === 3 && args[1] === 'drive'), run: (work) => toSlot(work, work.args[0] ?? '') },
  label: { isUsed: (args) => args.length === 1, run: label },
  reset: { isUsed: () => true, run: (work) => said(work, async ({ changer }) => [await changer.reset(), 'changer is reset'][1] as string) },
  eject: { isUsed: atMost(1), run: (work) => said(work, async ({ changer }) => [await changer.eject(), 'drive ejected'][1] as string) },
  clean: { isUsed: atMost(1), run: ({ changer }) => refuse(`'${changer.kind}' does not support clean`) },
  'sync-catalog': { isUsed: atMost(2), run: (work) => work.changer.kind === 'chg-multi' ? said(work, () => Promise.resolve('sync-catalog complete')) : refuse(`'${work.changer.kind}' does not support sync_catalog`) },
  verify: { isUsed: () => true, run: (work) => said(work, ({ changer }) => Promise.resolve(`verify not supported by this changer: '${changer.kind}' does not support verify`)) },
  create: { isUsed: () => true, run: create },
  update: { isUsed: atMost(1), run: update },
  taper: { isUsed: () => true, run: taper },
}

function refuse(words: string): Promise<never> {
  return Promise.reject(new ChangerRefusal(words))
}

async function said(work: Work, words: (work: Work) => Promise<string>): Promise<number> {
  work.output.err(`${await words(work)}\n`)
  return 0
}

/** Returns the exit code. */
export async function amtape(context: CliContext, words: readonly string[]): Promise<number> {
  const output = outputOf(context)
  const read = readWords('amtape', words, [], output)
  if (read === undefined) return 0
  const [config, name = '', ...args] = read.words
  const command = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
  if (config === undefined || command === undefined || read.wrong.length > 0 || read.given.has('help') || !command.isUsed(args)) {
    output.err(USAGE_HEAD)
    output.out(USAGE_LIST)
    return 1
  }
  return runProgram(output, async () => {
    const room = openVolumeRoom(context, config, read.given, output, 'amtape: errors processing config file\n')
    return command.run({ room, changer: await changerOfRoom(room), args, output })
  })
}

function ownMark({ rules }: VolumeRoom, slot: string, found: string): string {
  return isOwnLabel(rules, found, { slot }) ? '' : ' (label do not match labelstr)'
}

async function inventory({ room, changer, output }: Work): Promise<number> {
  const tapelist = await room.tapelist.read()
  const statuses = statusesOf(room, tapelist, await dumpsForRetention(room, tapelist))
  for (const { slot, isCurrent, content } of await changer.inventory()) {
    const current = isCurrent ? ' (current)' : ''
    if (content.kind !== 'labelled') {
      const shown = content.kind === 'unknown' ? `unknown state${current}` : content.kind === 'blank' ? `blank${current}` : `blank${current} [${content.words}]`
      output.out(`slot ${slot}: ${shown}\n`)
      continue
    }
    const entry = tapelist.find((one) => one.label === content.label)
    const meta = entry?.meta === undefined ? '' : ` (${entry.meta})`
    const status = statuses.get(content.label)
    output.out(`slot ${slot}: label ${content.label}${meta}${current}${ownMark(room, slot, content.label)}${status === undefined ? '' : ` [${status}]`}\n`)
  }
  return 0
}

function slotHead(slot: string): string {
  return `slot ${slot.padStart(SLOT_WIDTH)}: `
}

async function show({ room, changer, args, output }: Work): Promise<number> {
  const all = (await changer.inventory()).map(({ slot }) => slot)
  const [list] = args
  if (list === undefined) output.err(`scanning all ${all.length} slots in changer:\n`)
  for (const named of list === undefined ? all : slotsNamed(list)) {
    const slot = changer.kind === 'chg-single' ? (all[0] ?? named) : named
    if (!all.includes(slot)) {
      // Of a slot that it does not have chg-multi says nothing.
      if (changer.kind === 'chg-disk') output.err(`${slotHead(slot)}Slot ${slot} not found\n\n`)
      continue
    }
    output.err(`${slotHead(slot)}${shownReading(room, slot, await changer.read(slot))}\n`)
  }
  return 0
}

function shownReading(room: VolumeRoom, slot: string, found: VolumeReading): string {
  if (found.kind === 'labelled') return `date ${found.datestamp.padEnd(DATE_WIDTH)} label ${found.label}${ownMark(room, slot, found.label)}`
  return found.kind === 'blank' ? 'unlabeled volume' : found.words
}

function currentOf(records: readonly SlotRecord[]): string | undefined {
  return records.find(({ isCurrent }) => isCurrent)?.slot
}

async function namedSlot(changer: AmandaChanger, word: string): Promise<string> {
  const records = await changer.inventory()
  const slots = records.map(({ slot }) => slot)
  if (changer.kind === 'chg-single') return '1'
  const current = currentOf(records) ?? ''
  switch (word) {
    case 'current': return current === '' ? refuse('Slot: current: there is no current slot') : current
    case 'next': return slotAfter(slots, current) ?? current
    case 'first': return slots[0] ?? word
    case 'last': return slots.at(-1) ?? word
    default: return word
  }
}

async function toSlot(work: Work, word: string): Promise<number> {
  const { changer, output } = work
  const slot = await namedSlot(changer, word)
  let found
  try {
    found = await changer.read(slot)
  } catch (error) {
    if (error instanceof ChangerRefusal && changer.kind === 'chg-disk') throw new ChangerRefusal(`Slot: ${slot}: ${error.message}`)
    throw error
  }
  await changer.setCurrent(slot)
  output.err(`${slotHead(slot)}${timeLine(found)}\nchanged to slot ${slot}\n`)
  return 0
}

function timeLine(found: VolumeReading): string {
  return found.kind === 'labelled' ? `time ${found.datestamp.padEnd(DATE_WIDTH)} label ${found.label}` : `Could not open device: ${found.words}`
}

async function label({ room, changer, args, output }: Work): Promise<number> {
  const [wanted = ''] = args
  const at = await findVolume(room.context, changer, wanted, output)
  if (at === undefined) return refuse('Aborted by user')
  await changer.setCurrent(at.slot)
  output.err(`${slotHead(at.slot)}${timeLine(at.found)}\nlabel ${wanted} is now loaded from slot ${at.slot}\n`)
  return 0
}

async function create({ changer, output }: Work): Promise<number> {
  try {
    await changer.create()
  } catch (error) {
    if (!(error instanceof ChangerRefusal)) throw error
    output.err(`${error.message.includes('does not support') ? 'create not supported by this changer: ' : ''}${error.message}\n`)
  }
  return 0
}

async function update({ changer, args, output }: Work): Promise<number> {
  for (const line of await changer.update(args[0])) output.err(`${line}\n`)
  return 0
}

async function taper({ room, changer, output }: Work): Promise<number> {
  const scan = scanOf(room.configuration, room.storage)
  if (typeof scan !== 'function') return refuse(`there is no taperscan ${scan.unknown}`)
  const tapelist = await room.tapelist.read()
  const records = await changer.inventory()
  const slots = []
  for (const { slot, content } of records) slots.push({ slot, known: content, found: await changer.look(slot) })
  const answer = scan({
    rules: room.rules,
    tapelist,
    statuses: statusesOf(room, tapelist, await dumpsForRetention(room, tapelist)),
    slots,
    current: records.findIndex(({ isCurrent }) => isCurrent),
    isFastSearch: changer.isFastSearch,
    taken: new Set(),
  })
  for (const slot of answer.loaded) await changer.read(slot)
  for (const line of answer.lines) output.err(`${line}\n`)
  if (answer.choice === undefined) return refuse(answer.error ?? 'No acceptable volumes found')
  // The other scans leave the current slot as it is.
  if (scan === scanTraditional) await changer.setCurrent(answer.choice.slot)
  return 0
}
