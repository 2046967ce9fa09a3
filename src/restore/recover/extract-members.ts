// Extracts the members of a plan: they are read from where they lie in their dumps and go through one extraction, each under the name that it has now.

import { extractArchive } from '../../archive/extract/extract-archive.ts'
import type { ExtractOptions, ExtractResult } from '../../archive/extract/contract.ts'
import type { RestoreTools } from '../extract.ts'
import { openMembers } from '../members.ts'
import type { ExtractionPlan } from './extraction-plan.ts'
import { joinedMembers } from './joined-members.ts'

export type MemberOptions = Pick<ExtractOptions, 'target' | 'existing' | 'owners' | 'isResumed'>

export interface MemberProgress {
  readonly bytes: number
  readonly totalBytes: number
  readonly members: number
}

/** Threads take longer to start than so many entries to write. */
const FEW_ENTRIES = 200

/** Into an existing directory. `bytesRead`: of the holding disk and volumes. Rejects with what reading dumps rejects with, and with what ends an extraction. */
export async function extractMembers(tools: RestoreTools, plan: ExtractionPlan, options: MemberOptions, onProgress: (progress: MemberProgress) => void, signal: AbortSignal): Promise<ExtractResult & { readonly bytesRead: number }> {
  const source = joinedMembers(plan.shares, ({ dump, places }) => openMembers(tools.stores, dump, places.inOrder(), tools.processes))
  // A piece of members is lent until the next read, so the member whose name is asked for is of the dump that was read last.
  const rename = (path: string): string => source.current?.nameNow(path) ?? path
  const result = await extractArchive(
    source,
    { ...options, rename, isIncremental: false },
    { disk: tools.disk, ...(plan.entryCount <= FEW_ENTRIES ? { threads: 0 } : {}) },
    ({ archiveBytes, members }) => onProgress({ bytes: archiveBytes, totalBytes: plan.memberBytes, members }),
    signal,
  )
  return { ...result, bytesRead: source.bytesRead }
}
