// The recipe of a dump from one of its entries on: recipe segments are looked up and opened some at a time, the next ones while these are used. Each is decoded only
// when its turn has come, and must describe as many bytes as its entry says.

import { Fault } from '../../kernel/fault.ts'
import type { RecipeEntry } from '../../wire/vault/uplink.ts'
import { RecipeReader } from '../../wire/vault/recipe-reader.ts'
import type { RecipeStep } from './contract.ts'
import { blockKey, WantedList, type OpenBlock, type OpenBlocks } from './open-blocks.ts'
import type { SegmentPlace, SegmentPlaces } from './segment-places.ts'

export interface RecipePiece {
  readonly steps: readonly RecipeStep[]
  /** Of the dump: where it begins, and how many bytes it describes. */
  readonly offset: number
  readonly nativeBytes: number
}

/** Recipe segments looked up at a time: some MiB of them, usually of one or two blocks. */
const BATCH_ENTRIES = 32

export interface RecipeSource {
  readonly entries: readonly RecipeEntry[]
  /** Where each entry begins in the dump, and at last where it ends. */
  readonly starts: Float64Array
  readonly places: SegmentPlaces
  readonly blocks: OpenBlocks
}

/** The pieces of the entries `[first, end)` in order. Rejects with `vault-damaged`. */
export async function* recipePieces(source: RecipeSource, first: number, end: number): AsyncGenerator<RecipePiece> {
  let next = first < end ? openBatch(source, first, Math.min(first + BATCH_ENTRIES, end)) : undefined
  for (let from = first; next !== undefined; from += BATCH_ENTRIES) {
    const plains = await next
    const following = from + BATCH_ENTRIES
    next = following < end ? openBatch(source, following, Math.min(following + BATCH_ENTRIES, end)) : undefined
    // Its failure is told when its turn has come, which may never be.
    next?.catch(() => undefined)
    for (const [index, plain] of plains.entries()) yield pieceOf(source, from + index, plain)
  }
}

function pieceOf({ entries, starts }: RecipeSource, index: number, plain: Uint8Array): RecipePiece {
  const entry = entries[index]
  if (entry === undefined) throw new Fault('internal', `a recipe has no entry ${index}`)
  const reader = new RecipeReader(plain, entry.directory)
  const steps: RecipeStep[] = []
  for (let step = reader.next(); step !== undefined; step = reader.next()) {
    if (step.kind === 'header') steps.push({ kind: 'literal', bytes: step.bytes })
    else if (step.kind !== 'directory') steps.push(step)
  }
  const bytes = reader.nativeBytes
  if (plain.length !== entry.recipeBytes || bytes !== entry.nativeBytes) throw new Fault('vault-damaged', `piece ${index} of a recipe describes ${bytes} bytes and should describe ${entry.nativeBytes}`)
  return { steps, offset: starts[index] ?? 0, nativeBytes: bytes }
}

/** Bytes of the dump that a step gives. */
export function stepBytes(step: RecipeStep): number {
  switch (step.kind) {
    case 'member':
      return 0
    case 'literal':
      return step.bytes.length
    case 'zeros':
      return step.count
    case 'segment':
      return step.length
  }
}

/** The plain recipe segments of some entries. A second try looks them up again: garbage collection beside this process may have moved them. */
async function openBatch(source: RecipeSource, first: number, end: number): Promise<readonly Uint8Array[]> {
  try {
    return await readBatch(source, first, end)
  } catch {
    return await readBatch(source, first, end)
  }
}

async function readBatch({ entries, places, blocks }: RecipeSource, first: number, end: number): Promise<readonly Uint8Array[]> {
  const batch = entries.slice(first, end)
  const found = await locateAll(places, batch.map(({ id }) => id))
  const lists = new Map<string, { readonly place: SegmentPlace; readonly list: WantedList }>()
  for (const { id, place } of found) {
    const key = blockKey(place)
    const known = lists.get(key) ?? { place, list: new WantedList() }
    known.list.add(id, place)
    lists.set(key, known)
  }
  const opened = new Map<string, OpenBlock>()
  await Promise.all([...lists].map(async ([key, { place, list }]) => void opened.set(key, blocks.take(key) ?? (await blocks.open(place, list)))))
  const plains: Uint8Array[] = []
  for (const { id, place } of found) {
    const block = opened.get(blockKey(place))
    if (block === undefined) throw new Fault('internal', 'a block of a recipe was not opened')
    plains.push(await blocks.segment(block, id, place))
  }
  for (const block of opened.values()) blocks.giveBack(block)
  return plains
}

/** Rejects with `vault-damaged` when one of `ids` is nowhere. */
export async function locateAll(places: SegmentPlaces, ids: readonly Uint8Array[]): Promise<readonly { readonly id: Uint8Array; readonly place: SegmentPlace }[]> {
  const found = await places.locate(Buffer.concat(ids))
  return ids.map((id, index) => {
    const place = found[index]
    if (place === undefined) throw new Fault('vault-damaged', `the segment ${Buffer.from(id).toString('hex')} is not in the vault`)
    return { id, place }
  })
}
