// The row of a dump in a vault, from its manifest alone: at the start of a server, and when a catalog is rebuilt. Pure.

import { Fault } from '../kernel/fault.ts'
import { decodeDumpHeader, DUMP_HEADER_BYTES, type DumpFileHeader } from '../wire/amanda/dump-header.ts'
import type { ManifestFacts } from '../wire/vault/manifest.ts'
import type { DumpRecord } from './contract.ts'
import { dumpId, runId } from './ids.ts'

/** What a row takes from a manifest, and its name. */
type VaultedDump = Pick<ManifestFacts, 'host' | 'disk' | 'run' | 'level' | 'baseRun' | 'header' | 'startedMs' | 'endedMs' | 'nativeCrc' | 'addedBytes'> & { readonly manifest: string }

/** Throws `wire-malformed` or `header-mismatch` when its header cannot be read. */
export function recordOfVaultDump(dump: VaultedDump): DumpRecord {
  const header = headerOfVaultDump(dump.header)
  const run = runId(dump.run)
  const nativeCrc = header.nativeCrc ?? dump.nativeCrc
  return {
    id: dumpId(run, dump.host, dump.disk, dump.level),
    run,
    ...(dump.baseRun === undefined ? {} : { baseRun: runId(dump.baseRun) }),
    host: dump.host,
    disk: dump.disk,
    level: dump.level,
    status: 'complete',
    outcome: 'good',
    startedMs: dump.startedMs,
    endedMs: dump.endedMs,
    nativeBytes: Number(nativeCrc.slice(nativeCrc.indexOf(':') + 1)),
    storedBytes: dump.addedBytes,
    nativeCrc,
    ...(header.clientCrc === undefined ? {} : { clientCrc: header.clientCrc }),
    serverCrc: dump.nativeCrc,
    manifest: dump.manifest,
    attempts: 1,
  }
}

/** The header as its text was stored, without the padding that it has on a volume. Throws `wire-malformed`. */
export function headerOfVaultDump(text: string): DumpFileHeader {
  const bytes = Buffer.alloc(DUMP_HEADER_BYTES)
  const whole = Buffer.from(text, 'utf8')
  if (whole.length > DUMP_HEADER_BYTES) throw new Fault('header-mismatch', `a dump header of ${whole.length} bytes`)
  whole.copy(bytes)
  const header = decodeDumpHeader(bytes)
  if (header.kind === 'file' || header.kind === 'split-file' || header.kind === 'cont-file') return header
  throw new Fault('header-mismatch', `a ${header.kind} header where that of a dump should be`)
}
