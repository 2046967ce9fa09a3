// Some members of a dump as a tar stream of their own, read from where they lie instead of reading all of the dump.

import type { DumpRecord } from '../catalog/contract.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { DumpStores } from './fetch.ts'

/** Where a member lies in the dump, filters undone (IndexAttributes). */
export interface MemberPlace {
  readonly offset: number
  readonly spanBytes: number
}

export interface MembersSource extends ByteSource {
  /** Bytes read from the holding disk or volumes so far. */
  readonly bytesRead: number
}

/**
 * The members at `wanted`, whose offsets must rise, and the end of an archive. Rejects as openDump does. A read rejects with `index-damaged` when a place
 * is not where a member of that span lies, or with what reading the dump said.
 */
export declare function openMembers(stores: DumpStores, dump: DumpRecord, wanted: AsyncIterable<MemberPlace>, processes: ProcessRunner): Promise<MembersSource>
