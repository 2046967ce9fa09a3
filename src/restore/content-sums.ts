// The checksum of every file of a tree at a date, read from its dumps: each dump of the chain once, in the order in which its members lie. Sixteen bytes of memory a
// file (recover/place-list.ts).

import type { DumpRecord } from '../catalog/contract.ts'
import { Fault } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import { ContentSum } from '../stream/content-sum.ts'
import type { SumLine } from '../wire/compare/compare-lines.ts'
import { escapeName } from '../wire/tar/index-line.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'
import type { IndexPlace } from './browse.ts'
import type { DumpStores } from './fetch.ts'
import { openMembers } from './members.ts'
import { DumpShare } from './recover/dump-share.ts'
import { joinedMembers } from './recover/joined-members.ts'
import { bytesOfIndexPath } from './recover/tree-path.ts'
import { openTreeAt, type TreeAt } from './tree-at.ts'

export interface SumTools {
  readonly stores: DumpStores
  readonly processes: ProcessRunner
}

/** Where the files of `tree` lie, by dump. */
async function sharesOf(place: IndexPlace, tree: TreeAt, chain: readonly DumpRecord[]): Promise<DumpShare[]> {
  const shares = new Map<string, DumpShare>(chain.map((dump) => [dump.id, new DumpShare(dump)]))
  for await (const entry of tree.walk('/')) if (entry.kind === 'file' || entry.kind === 'hard-link') shares.get(entry.dump.id)?.add(bytesOfIndexPath(entry.path), entry)
  for (const share of shares.values()) {
    if (!share.hasLinks) continue
    await using own = await openTreeAt(place, [share.dump])
    await share.resolveLinks(own)
  }
  return [...shares.values()]
}

/** Files of which the index does not say where they lie are left out, and empty ones. Rejects with what reading the dumps rejects with. */
export async function* contentSums(tools: SumTools, place: IndexPlace, tree: TreeAt, chain: readonly DumpRecord[]): AsyncGenerator<SumLine> {
  const source = joinedMembers(await sharesOf(place, tree, chain), ({ dump, places }) => openMembers(tools.stores, dump, places.inOrder(), tools.processes))
  const ready: SumLine[] = []
  let current: { readonly member: TarMember; readonly path: string; readonly sum: ContentSum } | undefined
  const reader = new TarMemberReader(
    (member) => {
      const name = member.name.split('/').filter((part) => part !== '' && part !== '.').join('/')
      const isRead = member.kind === 'file' && member.size > 0 && member.extras?.isUnreadable !== true
      current = isRead ? { member, path: `/${source.current?.nameNow(name) ?? name}`, sum: new ContentSum() } : undefined
    },
    {
      data: (piece, position) => current?.sum.update(piece, position),
      end: () => {
        if (current !== undefined) ready.push({ sum: current.sum.digest(), size: current.member.size, path: escapeName(current.path) })
        current = undefined
      },
    },
  )
  try {
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      reader.push(piece)
      yield* ready.splice(0)
    }
    reader.finish()
    yield* ready.splice(0)
  } finally {
    source.cancel(new Fault('cancelled', 'the rest is not wanted'))
  }
}
