// Whether what was kept of a failed dump is all of it: read back from the holding disk, its checksum compared on the way, its filters undone, and
// walked member by member to the end mark. So that a dump whose data came and whose last words did not is not taken for half a one.

import { faultOf } from '../../kernel/fault.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { HeldDump } from '../../storage/holding/contract.ts'
import { undoFilters } from '../../stream/dump-filters.ts'
import { startFilters } from '../../stream/filter.ts'
import { permitPrograms } from '../../stream/permitted-programs.ts'
import { isTarArchive } from '../../wire/amanda/tar-dump.ts'
import { TarMemberReader } from '../../wire/tar/member-reader.ts'
import type { DumperDoors } from './contract.ts'

export interface ArchiveProof {
  readonly members: number
  /** Of the archive, as the application made it. */
  readonly bytes: number
}

/** `originalKib`: what the client said of the size, if it did. Undefined: it is not all, or nobody can tell. Never rejects. */
export async function proveArchive(held: HeldDump, entry: DiskListEntry, { holding, processes, log }: Pick<DumperDoors, 'holding' | 'processes' | 'log'>, originalKib: number | undefined): Promise<ArchiveProof | undefined> {
  if (!isTarArchive(held.header)) return undefined
  let members = 0
  let bytes = 0
  const reader = new TarMemberReader(() => void members++)
  try {
    await using opened = await holding.open(held.path)
    const { output } = await startFilters(opened.read(), undoFilters(held.header, permitPrograms([entry])), processes)
    for (let piece = await output.read(); piece !== null; piece = await output.read()) {
      bytes += piece.length
      reader.push(piece)
    }
    reader.finish()
  } catch (error) {
    log.info('what was kept of a failed dump is not all of it', { host: entry.host, disk: entry.disk, error: faultOf(error).message })
    return undefined
  }
  const isSizeRight = originalKib === undefined || Math.ceil(bytes / 1024) === originalKib
  return reader.isEnded && isSizeRight ? { members, bytes } : undefined
}
