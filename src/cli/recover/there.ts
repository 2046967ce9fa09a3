// What is at the place of an entry already, looked at before anything is read for it: so a restore that goes on reads only what is not there. The extraction
// looks again, by itself, at every name that it is given.

import type { ExistingPolicy } from '../../archive/extract/contract.ts'
import type { Disk, FileStat } from '../../kernel/disk.ts'
import type { TreeEntry } from '../../restore/tree-at.ts'

export interface ThereOptions {
  readonly disk: Disk
  /** Undefined: it is on another machine, where nobody looks. */
  readonly target: string | undefined
  readonly existing: ExistingPolicy
  readonly isResumed: boolean
}

const NS_PER_MS = 1_000_000n

/** What is there; undefined: nothing, or a name that no text says. */
async function foundAt({ disk, target }: ThereOptions, path: string): Promise<FileStat | undefined> {
  const bytes = Buffer.from(path, 'latin1')
  const text = bytes.toString('utf8')
  if (target === undefined || !Buffer.from(text, 'utf8').equals(bytes)) return undefined
  // A name that cannot be looked at is told by the extraction.
  return await disk.stat(`${target}${text}`).catch(() => undefined)
}

/** Whether a file need not be read, because it would be skipped. */
export async function isLeftAlone(options: ThereOptions, path: string, entry: TreeEntry): Promise<boolean> {
  const { existing, isResumed } = options
  if (!isResumed && existing !== 'keep' && existing !== 'newer') return false
  const found = await foundAt(options, path)
  if (found === undefined) return false
  if (isResumed && isSame(found, entry)) return true
  return existing === 'keep' || (existing === 'newer' && !isOlder(found, entry))
}

export type Fate = 'restore' | 'replace' | 'refuse' | 'beside' | 'skip' | 'merge'

/** What would become of an entry that is not left alone. */
export async function fateOf(options: ThereOptions, path: string, entry: TreeEntry): Promise<Fate> {
  const found = await foundAt(options, path)
  if (found === undefined) return 'restore'
  if (entry.kind === 'directory' && found.kind === 'directory') return 'merge'
  switch (options.existing) {
    case 'refuse':
    case 'replace':
    case 'beside':
      return options.existing
    case 'keep':
      return 'skip'
    case 'newer':
      return isOlder(found, entry) ? 'replace' : 'skip'
    default:
      return options.existing satisfies never
  }
}

function isSame(found: FileStat, { attributes }: TreeEntry): boolean {
  return found.kind === 'file' && attributes !== undefined && found.bytes === attributes.size && BigInt(Math.floor(found.modifiedMs)) === msOf(attributes.mtimeNs)
}

function isOlder(found: FileStat, { attributes }: TreeEntry): boolean {
  return attributes === undefined || BigInt(Math.floor(found.modifiedMs)) < msOf(attributes.mtimeNs)
}

function msOf(ns: bigint): bigint {
  return ns >= 0n || ns % NS_PER_MS === 0n ? ns / NS_PER_MS : ns / NS_PER_MS - 1n
}
