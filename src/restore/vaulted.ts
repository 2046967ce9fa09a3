// Dumps that lie in a vault. Their bytes are authenticated block by block as they are read (storage/vault), and come with the checksum that the vault recorded
// for the whole; the header is the one that a volume would have.

import type { DumpRecord } from '../catalog/contract.ts'
import { dumpId, runId } from '../catalog/ids.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { VaultDump, VaultDumpReader } from '../storage/vault/contract.ts'
import { decodeDumpHeader, DUMP_HEADER_BYTES, type DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { headerMismatch } from './header-mismatch.ts'

/** A vault as readers see it. */
export interface VaultStore {
  /** Undefined when there is none of that name. The caller disposes of it; until then it stays. */
  openDump(manifest: string): Promise<VaultDumpReader | undefined>
}

export interface VaultedDump {
  readonly reader: VaultDumpReader
  readonly header: DumpFileHeader
}

/** Rejects with `dump-missing`, `header-mismatch`, and with what opening a vault rejects with. */
export async function openVaulted(vault: VaultStore | undefined, record: DumpRecord, manifest: string): Promise<VaultedDump> {
  if (vault === undefined) throw new Fault('vault-missing', `the dump of ${record.host} ${record.disk} of ${record.run} is in a vault, and the configuration names none`)
  const reader = await vault.openDump(manifest)
  if (reader === undefined) throw new Fault('dump-missing', `the vault has no manifest ${manifest}, which the dump of ${record.host} ${record.disk} of ${record.run} has in the catalog`)
  try {
    const header = headerOfVaultDump(reader.dump.header)
    const mismatch = headerMismatch(record, header)
    if (mismatch !== undefined) throw new Fault('header-mismatch', `manifest ${manifest}: ${mismatch}`)
    return { reader, header }
  } catch (error) {
    await reader[Symbol.asyncDispose]()
    throw faultOf(error)
  }
}

/** The row of a dump, from the vault alone. Throws `wire-malformed` or `header-mismatch` when its header cannot be read. */
export function recordOfVaultDump(dump: VaultDump): DumpRecord {
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
