// Whether what is in a file of the disk is what a dump holds of it. Files that were changed since the dump are not read. Reads only.

import { dataRuns } from '../posix/holes.ts'
import { openLiveFile, type LiveFile } from '../posix/live-file.ts'
import { ContentSum } from '../stream/content-sum.ts'
import type { SumLine } from '../wire/compare/compare-lines.ts'
import type { EntryVerdict } from './compare-entry.ts'

const PIECE_BYTES = 256 * 1024

async function sumOf(file: LiveFile, bytes: number): Promise<string> {
  const sum = new ContentSum()
  const piece = Buffer.alloc(Math.min(PIECE_BYTES, Math.max(bytes, 1)))
  for (const run of dataRuns(file.fd, bytes)) {
    for (let at = run.offset, left = run.bytes; left > 0; ) {
      const bytesRead = await file.read(piece.subarray(0, Math.min(piece.length, left)), at)
      if (bytesRead === 0) return 'shorter than it was'
      sum.update(piece.subarray(0, bytesRead), at)
      at += bytesRead
      left -= bytesRead
    }
  }
  return sum.digest()
}

/** 'same', a difference, or undefined when there is nothing to compare: the comparison of the tree tells why. Rejects with the system's error for what cannot be opened. */
export async function compareContent(path: Uint8Array, wanted: SumLine, sinceNs: bigint): Promise<EntryVerdict | 'same' | undefined> {
  await using file = await openLiveFile(path)
  if (file === undefined) return undefined
  const before = await file.look()
  if (!before.isFile || before.size !== BigInt(wanted.size) || before.ctimeNs >= sinceNs) return undefined
  if ((await sumOf(file, wanted.size)) === wanted.sum) return 'same'
  const { ctimeNs } = await file.look()
  return ctimeNs === before.ctimeNs ? { kind: 'damaged', detail: 'its content differs' } : { kind: 'changed', detail: 'written while it was compared' }
}
