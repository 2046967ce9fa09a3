// Reads every dump of the catalog back, from wherever it is, and compares headers, sizes and checksums: of the stored bytes always, of
// the application's bytes too when asked for. One verdict a dump; what is on volumes and in no dump is told as well.

import type { DumpFilter, DumpRecord } from '../catalog/contract.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { EventSink } from '../kernel/log.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import { nativeSource, openDump, type DumpStores } from './fetch.ts'

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
  | { readonly kind: 'good'; readonly dump: DumpRecord; readonly bytes: number; readonly where: 'holding' | 'volumes' }
  /** `fault` names the volume, file and part that is damaged. */
  | { readonly kind: 'bad'; readonly dump: DumpRecord; readonly fault: Fault }
  /** There is no checksum to compare with. */
  | { readonly kind: 'unproven'; readonly dump: DumpRecord; readonly bytes: number }

export interface VerifyWish {
  readonly filter?: DumpFilter
  /** Undoes the filters too and compares the checksum of what the application made. */
  readonly isNative: boolean
}

/** Verifies the complete and partial dumps that match. Rejects only with `cancelled` when `signal` aborts, or when the catalog fails. */
export async function verifyDumps(tools: VerifyTools, wish: VerifyWish, signal: AbortSignal): Promise<readonly DumpVerdict[]> {
  const verdicts: DumpVerdict[] = []
  for (const dump of await tools.stores.catalog.dumps(wish.filter)) {
    if (dump.status !== 'complete' && dump.status !== 'partial') continue
    if (signal.aborted) throw new Fault('cancelled', 'the verification was cancelled')
    const verdict = await verifyDump(tools, dump, wish.isNative, signal)
    if (verdict.kind === 'good') await tools.noteGood?.(dump)
    verdicts.push(verdict)
    tools.events({ kind: 'verdict', verdict })
  }
  return verdicts
}

async function verifyDump(tools: VerifyTools, dump: DumpRecord, isNative: boolean, signal: AbortSignal): Promise<DumpVerdict> {
  try {
    const fetched = await openDump(tools.stores, dump)
    const source = isNative ? await nativeSource(fetched, tools.processes) : fetched.stored
    const onAbort = (): void => source.cancel(new Fault('cancelled', 'the verification was cancelled'))
    signal.addEventListener('abort', onAbort, { once: true })
    let bytes = 0
    try {
      for (let piece = await source.read(); piece !== null; piece = await source.read()) {
        bytes += piece.length
        tools.events({ kind: 'progress', dump, bytes })
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    if (dump.serverCrc === undefined && fetched.header.serverCrc === undefined) return { kind: 'unproven', dump, bytes }
    return { kind: 'good', dump, bytes, where: dump.holdingPath === undefined ? 'volumes' : 'holding' }
  } catch (error) {
    const fault = faultOf(error)
    if (signal.aborted) throw fault
    return { kind: 'bad', dump, fault }
  }
}
