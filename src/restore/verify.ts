// Reads every dump of the catalog back, from wherever it is, and compares headers, sizes and checksums: of the stored bytes always, of
// the application's bytes too when asked for, and of those the archive with the index when asked for that. One verdict a dump.

import type { DumpFilter, DumpRecord } from '../catalog/contract.ts'
import { indexPath } from '../catalog/index-file/index-format.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { EventSink } from '../kernel/log.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import { openIndex, type IndexPlace } from './browse.ts'
import { nativeSource, openDump, type DumpStores, type FetchedDump } from './fetch.ts'
import { isTarArchive } from '../wire/amanda/tar-dump.ts'
import { ScratchFault, startIndexCheck, type IndexCheck } from './index-check.ts'

export interface VerifyTools {
  readonly stores: DumpStores
  readonly processes: ProcessRunner
  readonly events: EventSink<VerifyEvent>
  /** Called for each good dump before the next one is read, so that a verification that is cut short has counted. */
  readonly noteGood?: (dump: DumpRecord) => Promise<void>
}

export type VerifyEvent =
  | { readonly kind: 'progress'; readonly dump: DumpRecord; readonly bytes: number }
  | { readonly kind: 'verdict'; readonly verdict: DumpVerdict }

export type DumpVerdict =
  /** `members`: of an archive that was compared with its index, or that has none. */
  | { readonly kind: 'good'; readonly dump: DumpRecord; readonly bytes: number; readonly where: 'holding' | 'volumes' | 'vault'; readonly members?: number }
  /** `fault` names the volume, file and part that is damaged. */
  | { readonly kind: 'bad'; readonly dump: DumpRecord; readonly fault: Fault }
  /** There is no checksum to compare with. */
  | { readonly kind: 'unproven'; readonly dump: DumpRecord; readonly bytes: number }

export interface VerifyWish {
  readonly filter?: DumpFilter
  /** Undoes the filters too and compares the checksum of what the application made. */
  readonly isNative: boolean
  /** The same, and compares the members of archives with the index that lies here. */
  readonly deep?: IndexPlace
}

/** Verifies the complete and partial dumps that match. Rejects only with `cancelled` when `signal` aborts, or when the catalog fails or names cannot be sorted on disk. */
export async function verifyDumps(tools: VerifyTools, wish: VerifyWish, signal: AbortSignal): Promise<readonly DumpVerdict[]> {
  const verdicts: DumpVerdict[] = []
  for (const dump of await tools.stores.catalog.dumps(wish.filter)) {
    if (dump.status !== 'complete' && dump.status !== 'partial') continue
    if (signal.aborted) throw new Fault('cancelled', 'the verification was cancelled')
    const verdict = await verifyDump(tools, dump, wish, signal)
    if (verdict.kind === 'good') await tools.noteGood?.(dump)
    verdicts.push(verdict)
    tools.events({ kind: 'verdict', verdict })
  }
  return verdicts
}

/** Undefined where there is no archive to look into, or only a part of one. */
async function startCheck(fetched: FetchedDump, place: IndexPlace | undefined): Promise<IndexCheck | undefined> {
  if (place === undefined || !isTarArchive(fetched.header) || fetched.record.status === 'partial') return undefined
  const path = indexPath(place.directory, fetched.record)
  const isIndexed = (await place.disk.stat(path)) !== undefined
  return startIndexCheck(place.disk, `${path}.run-check`, isIndexed)
}

async function finishCheck(check: IndexCheck, place: IndexPlace, dump: DumpRecord): Promise<number> {
  await using index = await openIndex(place, dump)
  return await check.finish(index)
}

async function verifyDump(tools: VerifyTools, dump: DumpRecord, { isNative, deep }: VerifyWish, signal: AbortSignal): Promise<DumpVerdict> {
  let check: IndexCheck | undefined
  try {
    const fetched = await openDump(tools.stores, dump)
    const source = isNative || deep !== undefined ? await nativeSource(fetched, tools.processes) : fetched.stored
    check = await startCheck(fetched, deep)
    const onAbort = (): void => source.cancel(new Fault('cancelled', 'the verification was cancelled'))
    signal.addEventListener('abort', onAbort, { once: true })
    let bytes = 0
    try {
      for (let piece = await source.read(); piece !== null; piece = await source.read()) {
        bytes += piece.length
        await check?.push(piece)
        tools.events({ kind: 'progress', dump, bytes })
      }
    } catch (error) {
      source.cancel(faultOf(error))
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    const members = check === undefined || deep === undefined ? undefined : await finishCheck(check, deep, dump)
    if (fetched.storedCrc === undefined) return { kind: 'unproven', dump, bytes }
    return { kind: 'good', dump, bytes, where: dump.manifest !== undefined ? 'vault' : dump.holdingPath === undefined ? 'volumes' : 'holding', ...(members === undefined ? {} : { members }) }
  } catch (error) {
    const fault = faultOf(error)
    if (signal.aborted || fault instanceof ScratchFault) throw fault
    return { kind: 'bad', dump, fault }
  } finally {
    await check?.discard()
  }
}
