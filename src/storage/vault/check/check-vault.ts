// The check of a vault: the ledger's chain, every object that it names, every reference of every dump; and with `data` every byte. It names what is wrong and which dumps it
// hits, and changes nothing but the dates of verification. A check of data that is stopped can go on later.

import { Fault, faultOf } from '../../../kernel/fault.ts'
import { ledgerName } from '../../../wire/vault/ledger.ts'
import type { CheckResult, VaultProblem, VaultProgress } from '../contract.ts'
import { IndexSegment } from '../index/index-segment.ts'
import { readLedgerChain } from '../ledger/ledger-chain.ts'
import { findOrphans } from '../prune/orphans.ts'
import type { PackRecord } from '../pack-catalogue.ts'
import type { PackHolder, VaultCore } from '../vault-core.ts'
import { dropCursor, readCursor, writeCursor, type CheckCursor } from './check-cursor.ts'
import { checkPack, type PackProblem } from './check-packs.ts'
import { checkReferences } from './check-references.ts'
import { checkSums } from './check-sums.ts'

/** Packs between two notes of how far it has come: 2 GiB. */
const CURSOR_PACKS = 64

export interface CheckOptions {
  readonly progress: VaultProgress
  readonly signal: AbortSignal
  readonly resume: boolean
  /** Dates of verification and the cursor may be written. */
  readonly canWrite: boolean
}

export async function checkVault(core: VaultCore, depth: 'structure' | 'data', options: CheckOptions): Promise<CheckResult> {
  const { signal, progress, canWrite } = options
  const problems: VaultProblem[] = [...(await checkLedger(core)), ...(await checkIndexes(core, depth, signal)), ...(await checkMarks(core))]
  const packs = await checkPacks(core, depth, options)
  const badPacks = new Map<number, PackProblem>()
  for (const problem of packs.problems) {
    const record = core.catalogue.byId(problem.object.slice(problem.object.lastIndexOf('/') + 1))
    if (record !== undefined) badPacks.set(record.ordinal, problem)
  }
  const holder: PackHolder = { packs: new Set() }
  core.beginHolding(holder)
  try {
    // Nothing is wrong with any pack, as a rule: then one pass tells that nothing is missing either.
    const whole = badPacks.size === 0 && canWrite ? await checkSums(core, holder, signal, (done, total) => progress('references', done, total)) : undefined
    const references = whole !== undefined ? { problems: [], dumpsOf: new Map<number, readonly string[]>(), good: whole } : await checkReferences(core, holder, new Set(badPacks.keys()), signal, (done, total) => progress('references', done, total))
    for (const [ordinal, problem] of badPacks) problems.push({ ...problem, dumps: references.dumpsOf.get(ordinal) ?? [] })
    problems.push(...references.problems)
    for (const { object, why } of await findOrphans(core)) problems.push({ object, kind: 'unknown', message: `${object}: ${why}`, dumps: [] })
    const isComplete = packs.isComplete && !signal.aborted
    if (isComplete && depth === 'data' && canWrite) await noteVerified(core, references.good)
    const objects = packs.objects + core.ledger.state.manifests.size + core.ledger.state.indexes.size + core.ledger.state.marks.size
    return { problems, objects, bytes: packs.bytes, isComplete }
  } finally {
    core.endHolding(holder)
  }
}

async function checkLedger(core: VaultCore): Promise<VaultProblem[]> {
  // The entries that are being written now are not waited for: what was there when it began must be there.
  await core.ledger.settle()
  const { seq } = core.ledger.head
  try {
    const chain = await readLedgerChain(core.directory, core.keys)
    if (chain.head.seq >= seq) return []
    return [{ object: `ledger/${ledgerName(seq)}`, kind: 'rolled-back', message: `the ledger ends with entry ${chain.head.seq} and not with ${seq}`, dumps: [] }]
  } catch (error) {
    return [problemOf(error, 'ledger')]
  }
}

async function checkIndexes(core: VaultCore, depth: 'structure' | 'data', signal: AbortSignal): Promise<VaultProblem[]> {
  const problems: VaultProblem[] = []
  for (const { name, bytes } of core.ledger.state.indexes.values()) {
    if (signal.aborted) break
    try {
      const segment = await IndexSegment.open(core.directory, core.keys, name)
      try {
        if (segment.bytes !== bytes) throw new Fault('vault-damaged', `index/${name} has ${segment.bytes} bytes and not ${bytes}`)
        for (let page = 0; page < segment.pageCount && (depth === 'data' || page === 0) && !signal.aborted; page++) await segment.readPage(page)
      } finally {
        await segment.release()
      }
    } catch (error) {
      // A merge may have replaced it meanwhile.
      if (core.ledger.state.indexes.has(name)) problems.push(problemOf(error, `index/${name}`))
    }
  }
  return problems
}

async function checkMarks(core: VaultCore): Promise<VaultProblem[]> {
  const problems: VaultProblem[] = []
  for (const name of core.ledger.state.marks.keys()) {
    try {
      await core.marks.read(name)
    } catch (error) {
      if (core.ledger.state.marks.has(name)) problems.push(problemOf(error, `marks/${name}`))
    }
  }
  return problems
}

interface CheckedPacks {
  readonly problems: readonly PackProblem[]
  readonly objects: number
  readonly bytes: number
  readonly isComplete: boolean
}

async function checkPacks(core: VaultCore, depth: 'structure' | 'data', { progress, signal, resume, canWrite }: CheckOptions): Promise<CheckedPacks> {
  const isNoted = depth === 'data' && canWrite
  const before = resume && isNoted ? await readCursor(core) : undefined
  const problems: PackProblem[] = [...(before?.problems ?? [])]
  let { objects = 0, bytes = 0, behind = '' } = before ?? ({} as Partial<CheckCursor>)
  const packs = [...core.catalogue.listed()].filter(({ id }) => id > behind).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  for (const [done, pack] of packs.entries()) {
    if (signal.aborted) break
    progress(depth === 'data' ? 'bytes' : 'packs', done, packs.length)
    if (isGone(pack)) continue
    const problem = await checkPack(core, pack, depth)
    // Garbage collection may have taken it away while it was read.
    if (problem !== undefined && !isGone(pack)) problems.push(problem)
    objects += 1
    bytes += depth === 'data' ? pack.bytes : 0
    behind = pack.id
    if (isNoted && done % CURSOR_PACKS === CURSOR_PACKS - 1) await writeCursor(core, { behind, objects, bytes, problems })
  }
  if (isNoted) await (signal.aborted ? writeCursor(core, { behind, objects, bytes, problems }) : dropCursor(core))
  return { problems, objects, bytes, isComplete: !signal.aborted }
}

function isGone({ state }: PackRecord): boolean {
  return state === 'gone'
}

/** Only what was checked: a dump that was listed meanwhile was not. */
async function noteVerified(core: VaultCore, good: readonly string[]): Promise<void> {
  const nowMs = Math.floor(core.clock.wallMs())
  for (const manifest of good) if (core.ledger.state.manifests.has(manifest)) await core.marks.change(manifest, { verifiedMs: nowMs }, nowMs)
}

function problemOf(error: unknown, object: string): VaultProblem {
  const { message, context } = faultOf(error)
  const named = typeof context['object'] === 'string' ? context['object'] : object
  const kind = message.includes('is missing') ? 'missing' : message.includes('rolled back') || message.includes('names') ? 'swapped' : 'damaged'
  return { object: named, kind, message, dumps: [] }
}
