// Garbage collection: removes dumps, then what no dump needs. It runs beside dumps and readers, needs memory for a bit a segment, and may be cut anywhere: every step leaves
// a correct vault, and the next run goes on.
//
//   remove   the ledger lists the dumps no more; one that is in use, pinned, or a base of what stays is left for the next time
//   mark     from here on, whatever a holder is told of stays (VaultCore.beginCollection); rows that listed dumps need are marked
//   condemn  packs of which little or nothing is needed are not told to new dumps any more
//   rewrite  what is needed of them is copied into new packs, which are listed
//   sweep    those that nobody was told of meanwhile go: dying → ledger → files
//   tidy     files that nothing names, the index

import { Fault } from '../../../kernel/fault.ts'
import { packOfRow, INDEX_ROW_BYTES, lengthOfRow } from '../../../wire/vault/index-row.ts'
import { INDEX_PAGE_ROWS } from '../../../wire/vault/index-head.ts'
import { packPath } from '../../../wire/vault/pack.ts'
import type { PrunePlan, PruneResult, VaultProgress } from '../contract.ts'
import type { PackRecord } from '../pack-catalogue.ts'
import type { PackHolder, VaultCore } from '../vault-core.ts'
import { markDumps } from './mark-dumps.ts'
import { removeOrphans } from './orphans.ts'
import { removeDumps } from './remove-dumps.ts'
import { PackRewriter } from './rewrite-packs.ts'
import { RowMarks } from './row-marks.ts'
import { YOUNG_MS } from './young.ts'

/** A pack of which less is needed is rewritten: so stored bytes stay below 1.5 of the needed ones. */
const NEEDED_SHARE_MIN = 0.7
/** Copied before the old packs go: so much room a collection needs. */
const GROUP_PLAIN_BYTES = 256 * 1024 * 1024

export interface CollectOptions {
  readonly progress: VaultProgress
  readonly signal: AbortSignal
  /** Also what is young. */
  readonly isNow: boolean
}

interface Verdict {
  readonly dead: readonly PackRecord[]
  readonly sparse: readonly PackRecord[]
  readonly neededBytes: number
  readonly goneRows: number
}

interface Tally {
  packsRemoved: number
  packsRewritten: number
  segmentsRemoved: number
}

export async function collectGarbage(core: VaultCore, plan: PrunePlan, options: CollectOptions): Promise<PruneResult> {
  await core.ledger.settle()
  // What an earlier collection could not sweep is what it was before.
  for (const pack of core.catalogue.listed()) if (pack.state === 'dying') pack.state = 'listed'
  const bytesBefore = bytesOf(core)
  const { kept, removed } = await removeDumps(core, plan)
  const tally: Tally = { packsRemoved: 0, packsRewritten: 0, segmentsRemoved: 0 }
  const holder: PackHolder = { packs: new Set() }
  core.beginCollection()
  let verdict: Verdict | undefined
  try {
    verdict = await sweepPacks(core, holder, options, tally)
  } finally {
    core.endCollection()
  }
  await removeOrphans(core, options.isNow)
  await core.keeper.compact(verdict.goneRows + tally.segmentsRemoved)
  return { kept, removed, bytesBefore, bytesAfter: bytesOf(core), liveBytes: verdict.neededBytes, ...tally }
}

async function sweepPacks(core: VaultCore, holder: PackHolder, options: CollectOptions, tally: Tally): Promise<Verdict> {
  // An entry whose fate was open may have listed a dump: it counts as root.
  await core.ledger.settle()
  const roots = [...core.ledger.state.manifests.keys()]
  const candidates = [...core.catalogue.listed()].filter(({ state }) => state === 'listed')
  await core.keeper.holdMerges()
  try {
    await core.keeper.readUnread()
    await core.keeper.flush()
    const segments = core.index.held()
    try {
      const marks = new RowMarks(segments, (pack) => core.catalogue.isReadable(pack))
      const missing: string[] = []
      await markDumps(core, holder, roots, marks, { ...options, missing: (manifest) => void (missing.includes(manifest) || missing.push(manifest)) })
      if (missing.length > 0) throw new Fault('vault-damaged', `segments that ${missing.length} dumps need are missing, so nothing is thrown away: ${missing.slice(0, 3).join(', ')}`)
      const verdict = await judge(core, marks, candidates, options)
      await sweepDead(core, verdict.dead, tally)
      await sweepSparse(core, verdict.sparse, marks, options, tally)
      return verdict
    } finally {
      for (const segment of segments) await segment.release()
    }
  } finally {
    core.keeper.releaseMerges()
  }
}

/** Counts what is needed of every pack in one pass over the index. */
async function judge(core: VaultCore, marks: RowMarks, candidates: readonly PackRecord[], { progress, signal, isNow }: CollectOptions): Promise<Verdict> {
  const needed = new Float64Array(core.catalogue.count)
  let goneRows = 0
  for (const [number, segment] of marks.segments.entries()) {
    for (let page = 0; page < segment.pageCount; page++) {
      if (page % 256 === 0) progress('count', page, segment.pageCount)
      if (signal.aborted) throw new Fault('cancelled', 'the collection of garbage was stopped')
      const rows = await segment.readPage(page)
      for (let at = 0, row = page * INDEX_PAGE_ROWS; at < rows.length; at += INDEX_ROW_BYTES, row++) {
        const pack = segment.packs[packOfRow(rows, at)] ?? 0
        if (!core.catalogue.isReadable(pack)) goneRows += 1
        else if (marks.isMarked(number, row)) needed[pack] = (needed[pack] ?? 0) + lengthOfRow(rows, at)
      }
    }
  }
  const youngMs = core.clock.wallMs() - YOUNG_MS
  const dead: PackRecord[] = []
  const sparse: PackRecord[] = []
  let neededBytes = 0
  for (const pack of candidates) {
    const plain = needed[pack.ordinal] ?? 0
    neededBytes += pack.bytes * Math.min(1, plain / Math.max(1, pack.plainBytes))
    if (plain === 0 && (isNow || pack.createdMs <= youngMs)) dead.push(pack)
    if (plain > 0 && plain < pack.plainBytes * NEEDED_SHARE_MIN) sparse.push(pack)
  }
  return { dead, sparse, neededBytes: Math.round(neededBytes), goneRows }
}

async function sweepDead(core: VaultCore, dead: readonly PackRecord[], tally: Tally): Promise<void> {
  const swept = await sweep(core, dead.filter(({ state }) => state === 'listed'))
  tally.packsRemoved += swept.length
  for (const { segments } of swept) tally.segmentsRemoved += segments
}

/** The emptiest first: they bring the most for what is copied. */
async function sweepSparse(core: VaultCore, sparse: readonly PackRecord[], marks: RowMarks, { progress, signal }: CollectOptions, tally: Tally): Promise<void> {
  for (let next = 0; next < sparse.length; ) {
    if (signal.aborted) throw new Fault('cancelled', 'the collection of garbage was stopped')
    const group: PackRecord[] = []
    for (let bytes = 0; next < sparse.length && bytes < GROUP_PLAIN_BYTES; next++) {
      const pack = sparse[next]
      if (pack === undefined || pack.state !== 'listed' || core.isHeld(pack.ordinal)) continue
      pack.state = 'condemned'
      group.push(pack)
      bytes += pack.plainBytes
    }
    try {
      await rewrite(core, group, marks)
      const swept = await sweep(core, group.filter(({ state }) => state === 'condemned'))
      tally.packsRewritten += swept.length
      for (const { segments } of swept) tally.segmentsRemoved += segments
    } finally {
      for (const pack of group) if (pack.state === 'condemned') pack.state = 'listed'
    }
    progress('rewrite', next, sparse.length)
  }
}

async function rewrite(core: VaultCore, group: readonly PackRecord[], marks: RowMarks): Promise<void> {
  for (const [domain, packs] of Map.groupBy(group, (pack) => pack.domain)) {
    const rewriter = new PackRewriter(core, domain)
    try {
      for (const pack of packs) await rewriter.copy(pack, marks)
      const finished = await rewriter.finish()
      await core.listing.list(finished, () => undefined)
    } catch (error) {
      await rewriter.drop().catch(() => undefined)
      throw error
    } finally {
      rewriter.release()
    }
  }
}

/** Those of `packs` that nobody was told of go. From the moment they are dying nobody is told of them; the ledger decides. */
async function sweep(core: VaultCore, packs: readonly PackRecord[]): Promise<readonly PackRecord[]> {
  const dying = packs.filter(({ ordinal }) => !core.isHeld(ordinal))
  if (dying.length === 0) return []
  core.beginLeaving(dying)
  await core.ledger.append(
    () => Promise.resolve({ kind: 'sweep', packs: [], indexes: [], removedPacks: dying.map(({ id }) => id), removedIndexes: [] }),
    () => {
      for (const pack of dying) pack.state = 'gone'
    },
  )
  for (const { id } of dying) {
    const packId = Buffer.from(id, 'hex')
    await core.packFiles.forget(packId)
    await core.directory.remove(packPath(packId))
  }
  return dying
}

function bytesOf(core: VaultCore): number {
  let sum = 0
  for (const { bytes } of core.catalogue.listed()) sum += bytes
  return sum
}
