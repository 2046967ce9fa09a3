// Our archiver without its threads, for tests: one unit after the other in this thread, into memory, over calls that a test may break.

import { BaseTree } from '../src/archive/base-tree.ts'
import { chosenPaths } from '../src/archive/chosen-paths.ts'
import { DirectoryDump } from '../src/archive/directory-dump.ts'
import { DiskProbe } from '../src/archive/directory-probe.ts'
import { HandOut } from '../src/archive/hand-out.ts'
import { IndexWriter } from '../src/archive/index-writer.ts'
import { LinkTable } from '../src/archive/link-table.ts'
import { MemberPath } from '../src/archive/member-path.ts'
import { OwnerNames } from '../src/archive/owner-names.ts'
import { PatternSet } from '../src/archive/patterns/pattern-set.ts'
import type { ArchiveSettings } from '../src/archive/settings.ts'
import { DirectoryEncoder } from '../src/archive/snapshot/directory-encoder.ts'
import { planRenames, RenamePlanView } from '../src/archive/snapshot/rename-plan.ts'
import { SnapshotReader } from '../src/archive/snapshot/snapshot-reader.ts'
import { SnapshotWriter } from '../src/archive/snapshot/snapshot-writer.ts'
import { BLOCK_BYTES, recordsOf, type PendingGroup } from '../src/archive/unit-messages.ts'
import { UnitOutput } from '../src/archive/unit-output.ts'
import { walkUnit, WHOLE_TREE } from '../src/archive/unit-walk.ts'
import type { TreeCalls } from '../src/posix/tree-calls.ts'
import { openTreeCalls } from '../src/posix/tree-calls.ts'
import { TarMemberReader, type TarMember } from '../src/wire/tar/member-reader.ts'
import { MemoryFile } from './memory-file.ts'

export interface InlineArchive {
  readonly archive: Buffer
  /** Lines of the index. */
  readonly index: readonly string[]
  readonly said: readonly string[]
  readonly snapshot: MemoryFile
  readonly estimatedBytes: number
}

export const PLAIN_SETTINGS: Omit<ArchiveSettings, 'top'> = {
  level: 0,
  isEstimate: false,
  index: 'attributes',
  isOneFileSystem: true,
  crossed: [],
  isCacheSkipped: false,
  isNodumpHonoured: false,
  hasSparse: true,
  hasXattrs: true,
  hasAcls: true,
  excludes: [],
  includes: undefined,
  // Nothing in a test is in doubt because it is new.
  startedSeconds: 2 ** 33,
  basePath: undefined,
  hasSnapshot: true,
  passwd: 'root:x:0:0::/root:/bin/sh\n',
  group: 'root:x:0:\n',
}

export interface InlineParts {
  readonly calls?: TreeCalls
  /** Snapshot of the dump that this one builds on. */
  readonly base?: MemoryFile
  /** Entries in one unit. */
  readonly unitEntries?: number
}

export function archiveInline(top: string, changes: Partial<ArchiveSettings> = {}, parts: InlineParts = {}): InlineArchive {
  const settings: ArchiveSettings = { ...PLAIN_SETTINGS, top: Buffer.from(top).toString('latin1'), ...changes }
  const calls = parts.calls ?? openTreeCalls()
  const links = new LinkTable()
  const owners = new OwnerNames(settings.passwd, settings.group)
  const handOut = new HandOut(links, owners, settings.index === 'attributes')
  const index = new IndexWriter(settings.index === 'attributes')
  const snapshot = new MemoryFile()
  const writer = new SnapshotWriter(snapshot, () => new MemoryFile(), { level: settings.level, run: '20260101000000' })
  const pieces: Buffer[] = []
  const lines: Buffer[] = []
  const said: string[] = []
  const block = { number: 0, bytes: new Uint8Array(BLOCK_BYTES) }
  const output = new UnitOutput(
    {
      take: () => block,
      send(message) {
        said.push(...message.said)
        for (const record of recordsOf(message)) writer.addDirectory(record)
        const out = handOut.take({ kind: 'block', unit: 0, ...message }, block.bytes.subarray(0, message.bytes))
        pieces.push(...out.pieces.map((piece) => Buffer.from(piece)))
        lines.push(...out.index.map((piece) => Buffer.from(piece)))
      },
    },
    index,
  )
  const excludes = settings.excludes.length === 0 ? undefined : new PatternSet(settings.excludes)
  let base: BaseTree | undefined
  if (parts.base !== undefined) {
    const reader = SnapshotReader.open(parts.base)
    const probe = new DiskProbe(calls, settings, excludes, () => undefined)
    base = new BaseTree(reader, new RenamePlanView(planRenames(reader, probe)))
    probe.close()
  }
  const tools = {
    calls, settings, owners, output, index, base, excludes, keep: undefined,
    path: new MemberPath(),
    askLink: (key: string, linkCount: number, path: string) => links.see(key, linkCount, path),
    encoding: settings.isEstimate ? undefined : new DirectoryEncoder(),
    chosen: settings.includes === undefined ? undefined : chosenPaths(settings.includes),
  }
  const dump = new DirectoryDump(tools, Buffer.from(`${settings.top}\0`, 'latin1'))
  for (let rest: PendingGroup[] = [WHOLE_TREE]; rest.length > 0; ) {
    rest = walkUnit(rest, dump, { entries: parts.unitEntries ?? 1000, bytes: BLOCK_BYTES }, () => output.bytes)
    output.flush()
  }
  dump.close()
  writer.finish()
  return { archive: Buffer.concat([...pieces, Buffer.alloc(1024)]), index: Buffer.concat(lines).toString('latin1').split('\n').slice(0, -1), said, snapshot, estimatedBytes: output.bytes }
}

/** The members of a whole archive. */
export function membersOf(archive: Uint8Array): TarMember[] {
  const members: TarMember[] = []
  const reader = new TarMemberReader((member) => void members.push(member))
  reader.push(archive)
  reader.finish()
  return members
}
