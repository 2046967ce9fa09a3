// Looks for a volume by its label as stock's programs do: where the changer remembers it, then in every slot that might have it, and then asks the operator for it.

import type { AmandaChanger, VolumeReading } from '../../storage/amanda/contract.ts'
import type { CliContext } from '../context.ts'
import type { ProgramOutput } from './volume-room.ts'

export interface FoundVolume {
  readonly slot: string
  readonly found: VolumeReading
}

/** Questions that are asked at most: an operator gives up before. */
const ASKED_MAX = 1000

/** Looks in the changer alone; `onSlot` gets what was in each slot that was looked into, and `words` of the last one that is not good. */
export async function lookForVolume(changer: AmandaChanger, label: string, onSlot: (slot: string, words: string) => Promise<void>): Promise<FoundVolume | { readonly words: string }> {
  const records = await changer.inventory()
  let words = `Source Volume '${label}' not found`
  const likely = records.filter(({ content }) => content.kind === 'labelled' && content.label === label)
  // From the current slot on, round and round.
  const start = Math.max(0, records.findIndex(({ isCurrent }) => isCurrent))
  const others = [...records.slice(start), ...records.slice(0, start)].filter(({ content }) => content.kind !== 'labelled')
  for (const { slot } of [...likely, ...others]) {
    const found = await changer.read(slot)
    await onSlot(slot, found.kind === 'labelled' ? found.label : found.words)
    if (found.kind === 'labelled' && found.label === label) return { slot, found }
    words = found.kind === 'labelled' ? `Source Volume '${label}' not found` : found.words
  }
  return { words }
}

/** Undefined: the operator has given up. */
export async function findVolume(context: CliContext, changer: AmandaChanger, label: string, output: ProgramOutput): Promise<FoundVolume | undefined> {
  const answers = lines(context)
  for (let asked = 0; asked < ASKED_MAX; asked++) {
    const at = await lookForVolume(changer, label, async (slot, words) => {
      output.out(`slot ${slot.padStart(3)}: ${words}\n`)
      // As with stock, the slot that was looked into last is the current one, found or not.
      await changer.setCurrent(slot)
    })
    if ('slot' in at) return at
    output.out(`${at.words}\n\nInsert volume labeled '${label}' in ${changer.name}\nand press <enter> enter, or ^D to abort.\n`)
    if ((await answers.next()).done === true) return undefined
  }
  return undefined
}

/** A value for each line that the operator ends. */
async function* lines({ streams }: CliContext): AsyncGenerator<void> {
  for await (const piece of streams.input?.() ?? []) for (const byte of piece) if (byte === 0x0a) yield
}
