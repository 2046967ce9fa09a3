// Whether everything that the listed dumps name is there, in time that grows with the number of segments: what is named is marked in the fingerprints, and sums over the ids
// and lengths that were named are compared with the same sums over the rows that were marked. It says only yes or not sure; what is wrong, check-references.ts finds out.

import { faultOf } from '../../../kernel/fault.ts'
import { INDEX_PAGE_ROWS } from '../../../wire/vault/index-head.ts'
import { INDEX_ROW_BYTES, lengthOfRow, packOfRow } from '../../../wire/vault/index-row.ts'
import { markDumps } from '../prune/mark-dumps.ts'
import { RowMarks } from '../prune/row-marks.ts'
import type { PackHolder, VaultCore } from '../vault-core.ts'

/** Bytes of an id that are no part of a fingerprint. */
const SUMMED_AT = 16

class Sums {
  readonly #words = [0, 0]
  #bytes = 0

  add(ids: Uint8Array, at: number, bytes: number): void {
    const view = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength)
    for (const word of [0, 1]) this.#words[word] = ((this.#words[word] ?? 0) + view.readUInt32LE(at + SUMMED_AT + 4 * word)) >>> 0
    this.#bytes += bytes
  }

  text(): string {
    return `${this.#words.join(' ')} ${this.#bytes}`
  }
}

/** The manifests of which all is there, when that is all of them; undefined when it is not sure. */
export async function checkSums(core: VaultCore, holder: PackHolder, signal: AbortSignal, progress: (done: number, total: number) => void): Promise<readonly string[] | undefined> {
  const roots = [...core.ledger.state.manifests.keys()]
  await core.keeper.holdMerges()
  try {
    await core.keeper.flush()
    const segments = core.index.held()
    try {
      const named = new Sums()
      const marks = new RowMarks(segments, (pack) => core.catalogue.isReadable(pack), (ids, at, bytes) => named.add(ids, at, bytes))
      let isMissing = false
      await markDumps(core, holder, roots, marks, { progress: (_step, done, total) => progress(done, total ?? 0), signal, missing: () => void (isMissing = true) })
      if (isMissing) return undefined
      return (await sumOfRows(core, marks, signal))?.text() === named.text() ? roots : undefined
    } finally {
      for (const segment of segments) await segment.release()
    }
  } catch (error) {
    core.log.warn('references are checked one by one', { reason: faultOf(error).message })
    return undefined
  } finally {
    core.keeper.releaseMerges()
  }
}

/** Undefined when a row that is needed is of a pack that is gone, or the check was stopped. */
async function sumOfRows(core: VaultCore, marks: RowMarks, signal: AbortSignal): Promise<Sums | undefined> {
  const sums = new Sums()
  for (const [number, segment] of marks.segments.entries()) {
    for (let page = 0; page < segment.pageCount; page++) {
      if (signal.aborted) return undefined
      const rows = await segment.readPage(page)
      for (let at = 0, row = page * INDEX_PAGE_ROWS; at < rows.length; at += INDEX_ROW_BYTES, row++) {
        if (!marks.isMarked(number, row)) continue
        if (!core.catalogue.isReadable(segment.packs[packOfRow(rows, at)] ?? 0)) return undefined
        sums.add(rows, at, lengthOfRow(rows, at))
      }
    }
  }
  return sums
}
