// Checks that what the listed dumps name is there: their manifests, the segments of their recipes, and what these name, each with the length that is said. A recipe segment
// that several dumps share is read once. Says which dumps a damaged pack or a missing segment hits.

import { faultOf } from '../../../kernel/fault.ts'
import { INDEX_ROW_BYTES, lengthOfRow, packOfRow } from '../../../wire/vault/index-row.ts'
import { ID_BYTES } from '../../../wire/vault/limits.ts'
import { RecipeReader } from '../../../wire/vault/recipe-reader.ts'
import type { VaultProblem } from '../contract.ts'
import { hexOf } from '../packs/pack-writer.ts'
import { RecipeSegments } from '../prune/mark-dumps.ts'
import type { PackHolder, VaultCore } from '../vault-core.ts'

const LOOKUP_IDS = 8192

export interface ReferenceCheck {
  readonly problems: readonly VaultProblem[]
  /** Manifests that need a pack of `badPacks`, by its ordinal. */
  readonly dumpsOf: ReadonlyMap<number, readonly string[]>
  /** Manifests of which all is there. */
  readonly good: readonly string[]
}

/** What is wrong behind one recipe segment. */
interface Findings {
  readonly packs: Set<number>
  missing: string | undefined
}

export async function checkReferences(core: VaultCore, holder: PackHolder, badPacks: ReadonlySet<number>, signal: AbortSignal, progress: (done: number, total: number) => void): Promise<ReferenceCheck> {
  const manifests = [...core.ledger.state.manifests.keys()]
  const problems: VaultProblem[] = []
  const dumpsOf = new Map<number, string[]>()
  const broken = new Set<string>()
  const seen = new Map<string, Findings | undefined>()
  for (const [done, manifest] of manifests.entries()) {
    progress(done, manifests.length)
    if (signal.aborted) break
    const hit: Findings = { packs: new Set(), missing: undefined }
    try {
      const { facts, entries } = await core.manifests.read(manifest)
      const reader = new RecipeSegments(core, holder)
      for (const { id } of entries) {
        if (signal.aborted) break
        const name = hexOf(id)
        if (!seen.has(name)) seen.set(name, await findingsOf(core, holder, reader, id, facts.domain, badPacks))
        const findings = seen.get(name)
        if (findings === undefined) continue
        hit.missing ??= findings.missing
        for (const pack of findings.packs) hit.packs.add(pack)
      }
    } catch (error) {
      const { message } = faultOf(error)
      problems.push({ object: `manifests/${manifest}`, kind: message.includes('missing') ? 'missing' : message.includes('names') ? 'swapped' : 'damaged', message, dumps: [manifest] })
      broken.add(manifest)
    }
    for (const pack of hit.packs) dumpsOf.set(pack, [...(dumpsOf.get(pack) ?? []), manifest])
    if (hit.missing !== undefined) problems.push({ object: `manifests/${manifest}`, kind: 'segment-missing', message: hit.missing, dumps: [manifest] })
    if (hit.packs.size > 0 || hit.missing !== undefined) broken.add(manifest)
  }
  return { problems, dumpsOf, good: manifests.filter((manifest) => !broken.has(manifest)) }
}

/** Undefined when all is there. */
async function findingsOf(core: VaultCore, holder: PackHolder, reader: RecipeSegments, id: Uint8Array, domain: string, badPacks: ReadonlySet<number>): Promise<Findings | undefined> {
  const findings: Findings = { packs: new Set(), missing: undefined }
  const where = async (ids: Uint8Array, lengths: readonly number[]): Promise<void> => {
    const { rows, found } = await core.findFor(holder, ids, (pack) => pack.state !== 'gone' && pack.domain === domain)
    for (let index = 0; index < found.length; index++) {
      const name = hexOf(ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES))
      const wanted = lengths[index]
      if (found[index] !== 1) findings.missing ??= `segment ${name} is missing`
      else if (wanted !== undefined && lengthOfRow(rows, index * INDEX_ROW_BYTES) !== wanted) findings.missing ??= `segment ${name} has another length than the recipe says`
      else if (badPacks.has(packOfRow(rows, index * INDEX_ROW_BYTES))) findings.packs.add(packOfRow(rows, index * INDEX_ROW_BYTES))
    }
  }
  await where(id, [])
  if (findings.missing !== undefined) return findings
  try {
    for await (const plain of reader.read([id], domain)) {
      const recipe = new RecipeReader(plain)
      const ids = Buffer.alloc(LOOKUP_IDS * ID_BYTES)
      const lengths: number[] = []
      for (let step = recipe.next(); step !== undefined; step = recipe.next()) {
        if (step.kind !== 'segment') continue
        ids.set(step.id, lengths.length * ID_BYTES)
        lengths.push(step.length)
        if (lengths.length < LOOKUP_IDS) continue
        await where(ids, lengths)
        lengths.length = 0
      }
      if (lengths.length > 0) await where(ids.subarray(0, lengths.length * ID_BYTES), lengths)
    }
  } catch (error) {
    if (findings.packs.size === 0) findings.missing ??= faultOf(error).message
  }
  return findings.packs.size > 0 || findings.missing !== undefined ? findings : undefined
}
