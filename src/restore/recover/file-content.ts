// What is in one file of a dump, read from where it lies; where the index tells only names, all of its dump is read for it.

import type { DumpRecord } from '../../catalog/contract.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { TarMemberReader, type TarMember } from '../../wire/tar/member-reader.ts'
import { nativeSource, openDump, type DumpStores } from '../fetch.ts'
import { openMembers } from '../members.ts'
import type { TreeAt, TreeEntry } from '../tree-at.ts'
import { bytesOfIndexPath } from './tree-path.ts'

const ZEROS = Buffer.alloc(64 * 1024)
/** Links to links are none of ours. */
const LINKS_MAX = 8

export interface ContentTools {
  readonly stores: DumpStores
  readonly processes: ProcessRunner
  /** The tree of one dump alone. */
  readonly openOne: (dump: DumpRecord) => Promise<TreeAt>
}

/** The bytes of `entry`, holes as zeros; each piece is the caller's. Rejects with `restore-target` when it is no file, and with what reading dumps rejects with. */
export async function* fileContent(tools: ContentTools, entry: TreeEntry): AsyncGenerator<Uint8Array> {
  if (entry.kind !== 'file' && entry.kind !== 'hard-link') throw new Fault('restore-target', `${entry.path} is not a file but a ${entry.kind}`, { next: 'Name a file.' })
  const { attributes } = entry.kind === 'hard-link' ? await firstName(tools, entry) : entry
  if (attributes?.offset !== undefined) {
    const place = { offset: attributes.offset, spanBytes: attributes.spanBytes }
    const source = await openMembers(tools.stores, entry.dump, once(place), tools.processes)
    const isFound = yield* contentIn(source, (member) => member.kind === 'file')
    if (isFound.kind !== 'content') throw new Fault('index-damaged', `${entry.path} is not where the index says`)
    return
  }
  let name = bytesOfIndexPath(entry.memberPath)
  for (let links = 0; links < LINKS_MAX; links++) {
    const source = await nativeSource(await openDump(tools.stores, entry.dump), tools.processes)
    const found = yield* contentIn(source, (member) => slashed(member.name) === name)
    if (found.kind === 'content') return
    if (found.kind === 'nothing') throw new Fault('index-damaged', `${entry.path} is not in the dump whose index names it`)
    name = slashed(found.target)
  }
  throw new Fault('index-damaged', `${entry.path} is a link without an end`)
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value
}

/** `./a/b` → `/a/b`. */
function slashed(name: string): string {
  return `/${name.split('/').filter((part) => part !== '' && part !== '.').join('/')}`
}

async function firstName({ openOne }: ContentTools, entry: TreeEntry): Promise<TreeEntry> {
  if (entry.attributes?.target === undefined) return entry
  await using own = await openOne(entry.dump)
  const first = await own.stat(entry.attributes.target)
  if (first?.kind !== 'file') throw new Fault('index-damaged', `${entry.path} is a hard link to ${entry.attributes.target}, which its dump does not have`)
  return first
}

type Found = { readonly kind: 'content' } | { readonly kind: 'link'; readonly target: string } | { readonly kind: 'nothing' }

/** Gives the content of the first member that is `wanted` and reads no further. */
async function* contentIn(source: ByteSource, wanted: (member: TarMember) => boolean): AsyncGenerator<Uint8Array, Found> {
  const pieces: { readonly bytes: Buffer; readonly position: number }[] = []
  let member: TarMember | undefined
  let isTaking = false
  let isDone = false
  const reader = new TarMemberReader(
    (each) => {
      if (member === undefined && wanted(each)) {
        member = each
        isTaking = true
      }
    },
    {
      data: (bytes, position) => void (isTaking && pieces.push({ bytes: Buffer.from(bytes), position })),
      end: () => {
        isDone ||= isTaking
        isTaking = false
      },
    },
  )
  let given = 0
  try {
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      reader.push(piece)
      for (const { bytes, position } of pieces.splice(0)) {
        yield* zeros(position - given)
        yield bytes
        given = position + bytes.length
      }
      const found: TarMember | undefined = member
      if (found !== undefined && found.kind === 'hard-link') return { kind: 'link', target: found.linkName }
      if (isDone) break
    }
  } finally {
    source.cancel(new Fault('cancelled', 'the rest is not wanted'))
  }
  const found: TarMember | undefined = member
  if (found === undefined) return { kind: 'nothing' }
  if (found.extras?.isUnreadable === true) throw new Fault('restore-target', `${JSON.stringify(found.name)} is stored in a form that cannot be read here`)
  if (!isDone && found.dataBytes > 0) throw new Fault('wire-malformed', `the dump ends inside ${JSON.stringify(found.name)}`)
  yield* zeros(found.size - given)
  return { kind: 'content' }
}

function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= ZEROS.length) yield left >= ZEROS.length ? ZEROS : ZEROS.subarray(0, left)
}
