// Whether what a disk has is what an index line says, and if not, whose doing it is: what was changed after the dump is no fault, what differs although nobody changed it
// is damage of the disk or of the dump. Pure.

import type { IndexAttributes, IndexEntryType } from '../wire/tar/index-entry.ts'
import type { DifferenceKind } from '../wire/compare/compare-lines.ts'
import { unescapeName } from '../wire/tar/index-line.ts'
import type { LiveEntry, LiveKind } from '../posix/live-entry.ts'

export interface EntryVerdict {
  readonly kind: DifferenceKind
  readonly detail: string
}

const LIVE_KINDS: Readonly<Record<Exclude<IndexEntryType, 'w' | 'h'>, LiveKind>> = { f: 'file', d: 'directory', l: 'symlink', c: 'character-device', b: 'block-device', p: 'fifo' }
const SECOND_NS = 1_000_000_000n

/** Archives of old formats know whole seconds. */
function isSameTime(recordedNs: bigint, liveNs: bigint): boolean {
  if (recordedNs === liveNs) return true
  return recordedNs % SECOND_NS === 0n && recordedNs / SECOND_NS === (liveNs < 0n && liveNs % SECOND_NS !== 0n ? liveNs / SECOND_NS - 1n : liveNs / SECOND_NS)
}

/** What of content or kind differs. */
function contentOf(recorded: IndexAttributes, live: LiveEntry, target: string | undefined): string[] {
  if (recorded.type === 'w') return []
  if (recorded.type === 'h') return live.kind === 'directory' ? ['a hard link became a directory'] : []
  const kind = LIVE_KINDS[recorded.type]
  if (live.kind !== kind) return [`${kind} became ${live.kind}`]
  if (kind === 'file' && BigInt(recorded.size) !== live.size) return [`${recorded.size} bytes became ${live.size}`]
  const wanted = recorded.target === undefined ? undefined : unescapeName(recorded.target).toString('latin1')
  return kind === 'symlink' && wanted !== undefined && wanted !== target ? ['its target differs'] : []
}

/** Times of a file: another one means that it was written. */
function metadataOf(recorded: IndexAttributes, live: LiveEntry): string[] {
  const found: string[] = []
  if (!isSameTime(recorded.mtimeNs, live.mtimeNs)) found.push('time of change')
  if (live.kind !== 'symlink' && (recorded.mode & 0o7777) !== live.mode) found.push(`mode ${(recorded.mode & 0o7777).toString(8)} became ${live.mode.toString(8)}`)
  if (recorded.uid !== live.uid || recorded.gid !== live.gid) found.push(`owner ${recorded.uid}:${recorded.gid} became ${live.uid}:${live.gid}`)
  return found
}

/** `target`: that of a link on the disk. `sinceNs`: when the newest dump began. Undefined: they are the same. */
export function compareEntry(recorded: IndexAttributes, live: LiveEntry, target: string | undefined, sinceNs: bigint): EntryVerdict | undefined {
  const content = contentOf(recorded, live, target)
  const metadata = content.length > 0 ? [] : metadataOf(recorded, live)
  const detail = [...content, ...metadata].join(', ')
  if (detail === '') return undefined
  if (live.ctimeNs >= sinceNs) return { kind: 'changed', detail }
  return { kind: content.length > 0 ? 'damaged' : 'metadata', detail }
}
