// Holds a dump's archive against its index: every name of the index must be a member where it says, of that size and kind, and every member must be in the
// index. The archive comes in its own order, the index in that of names, so what the members are is sorted on disk, as an index is when it is written.

import { IndexReader } from '../catalog/index-file/index-reader.ts'
import { SortedRuns } from '../catalog/index-file/sorted-runs.ts'
import type { Disk } from '../kernel/disk.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { parseIndexEntry, plainIndexLine, type IndexAttributes } from '../wire/tar/index-entry.ts'
import { memberEntry } from '../wire/tar/member-entry.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'

export interface IndexCheck {
  /** Takes the next piece of the archive. Rejects with `archive-damaged` when it is none. */
  push(piece: Uint8Array): Promise<void>
  /** The archive is over. Rejects with `archive-damaged` when it was cut, `index-mismatch` when it is not what the index says. Returns the number of members. */
  finish(index: IndexReader | undefined): Promise<number>
  /** Removes what lies on disk. Never rejects. */
  discard(): Promise<void>
}

/** What the two are compared by. In this order of fields, lines of one name are in the same order in both. */
function essence({ type, offset, spanBytes, size }: IndexAttributes): string {
  return `${type} ${offset ?? '-'} ${spanBytes} ${type === 'f' ? size : 0}`
}

/** Scratch files have names that begin with `scratch`. `isIndexed`: an index will be compared; else only the archive is looked at. */
export function startIndexCheck(disk: Disk, scratch: string, isIndexed: boolean): IndexCheck {
  const runs = new SortedRuns(disk, scratch)
  let members: TarMember[] = []
  let count = 0
  const reader = new TarMemberReader((member) => {
    count++
    if (isIndexed) members.push(member)
  })
  return {
    async push(piece) {
      try {
        reader.push(piece)
      } catch (error) {
        throw damaged(error, reader.offset)
      }
      for (const member of members) if (runs.add(memberEntry(member))) await runs.spill().catch(noScratch)
      members = []
    },
    async finish(index) {
      try {
        reader.finish()
      } catch (error) {
        throw damaged(error, reader.offset)
      }
      if (!reader.isEnded) throw damaged(new Fault('wire-malformed', 'the archive has no end'), reader.offset)
      if (index !== undefined) await compare(runs, index)
      return count
    },
    discard: () => runs.discard(),
  }
}

/** Says nothing of the dump. */
export class ScratchFault extends Fault {}

function noScratch(error: unknown): never {
  const fault = faultOf(error)
  throw new ScratchFault(fault.code, `names cannot be sorted beside the index: ${fault.message}`, { cause: error })
}

function damaged(error: unknown, offset: number): Fault {
  return new Fault('archive-damaged', `${faultOf(error).message} (byte ${offset} of the archive)`, { cause: error, context: { offset } })
}

/** Lines in order, one at a time. */
class Lines {
  readonly #lines: AsyncIterator<string>
  head: string | undefined

  constructor(lines: AsyncIterator<string>) {
    this.#lines = lines
  }

  async advance(): Promise<void> {
    const next = await this.#lines.next()
    this.head = next.done === true ? undefined : next.value
  }

  /** All lines with the name `name`, at most a few thousand: an archive that has one name more often is not held in memory. */
  async takeName(name: string): Promise<string[]> {
    const taken: string[] = []
    for (; this.head !== undefined && plainIndexLine(this.head) === name; await this.advance()) if (taken.length < SAME_NAME_MAX) taken.push(this.head)
    return taken
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.return?.()
  }
}

const SAME_NAME_MAX = 10_000

async function* flatten(batches: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  for await (const batch of batches) yield* batch
}

async function compare(runs: SortedRuns, index: IndexReader): Promise<void> {
  await using there = new Lines(flatten(runs.sorted()))
  await using told = new Lines(index.linesFrom())
  await Promise.all([there.advance(), told.advance()])
  const mismatches: string[] = []
  let count = 0
  for (;;) {
    const name = leastName(there.head, told.head)
    if (name === undefined) break
    const mismatch = judge(name, await there.takeName(name), await told.takeName(name))
    if (mismatch === undefined) continue
    count++
    if (mismatches.length < SHOWN_MAX) mismatches.push(mismatch)
  }
  if (count > 0) throw new Fault('index-mismatch', `${mismatches.join('; ')}${count > SHOWN_MAX ? `; and ${count - SHOWN_MAX} more` : ''}`, { context: { entries: count } })
}

const SHOWN_MAX = 3
/** Names are escaped, so they are plain text. */
const NAME_SHOWN_MAX = 1000

function leastName(a: string | undefined, b: string | undefined): string | undefined {
  const [first, second] = [a, b].map((line) => (line === undefined ? undefined : plainIndexLine(line)))
  if (first === undefined || second === undefined) return first ?? second
  return first < second ? first : second
}

/** What is wrong with one name. */
function judge(name: string, members: readonly string[], lines: readonly string[]): string | undefined {
  const shown = JSON.stringify(name.slice(0, NAME_SHOWN_MAX))
  let known: (IndexAttributes | undefined)[]
  try {
    known = lines.map((line) => parseIndexEntry(line).attributes).filter((attributes) => attributes?.type !== 'w')
  } catch (error) {
    return `the index has damaged attributes for ${shown}: ${faultOf(error).message}`
  }
  const found = members.flatMap((line) => parseIndexEntry(line).attributes ?? [])
  const [first] = found
  if (first === undefined) {
    const [line] = known
    return known.length === 0 ? undefined : `the index names ${shown}${line?.offset === undefined ? '' : ` at byte ${line.offset}`}, which is not in the archive`
  }
  if (known.length === 0) return `${shown} at byte ${first.offset} of the archive is not in the index`
  // Names alone: each stands once, however many members have it.
  if (known.includes(undefined)) return undefined
  const expected = new Set(found.map(essence))
  const wrong = known.find((attributes) => attributes !== undefined && !expected.has(essence(attributes)))
  if (wrong !== undefined) return `the index says of ${shown}: ${said(wrong)}; in the archive it is ${said(first)}`
  return known.length < found.length ? `${found.length - known.length} of ${found.length} members ${shown} are not in the index; one lies at byte ${first.offset}` : undefined
}

function said({ type, offset, spanBytes, size }: IndexAttributes): string {
  return `type ${type}, byte ${offset}, ${spanBytes} bytes in the archive, size ${size}`
}
