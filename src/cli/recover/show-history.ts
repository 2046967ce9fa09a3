// `versions` and `diff` of recovery.

import type { RunId } from '../../catalog/contract.ts'
import { formatSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import { diffTrees, type ChangedField, type TreeChange } from '../../restore/recover/diff-trees.ts'
import { bytesOfIndexPath, indexPathOf } from '../../restore/recover/tree-path.ts'
import { versionsOf, type Version } from '../../restore/recover/versions.ts'
import type { TreeEntry } from '../../restore/tree-at.ts'
import { formatRun } from '../run-text.ts'
import { shownName } from '../shown-name.ts'
import { formatTable } from '../text-table.ts'
import { entryJson, formatMode, formatMtime, shellName } from './entry-text.ts'
import { missing, type PathWord } from './path-words.ts'
import type { Work } from './work.ts'

const VERSION_COLUMNS = [{ title: 'DATE' }, { title: 'L' }, { title: 'SIZE', align: 'right' }, { title: 'MODIFIED' }, { title: '' }] as const

/** Prints every version of a name. Rejects with `file-missing` when no dump has it. */
export async function showVersions(work: Work, host: string, disk: string, word: PathWord): Promise<void> {
  await work.source.needDisk(host, disk)
  const chains = await work.source.chains(host, disk)
  let found: Version[] = []
  for (const reading of word.readings) {
    found = []
    for await (const version of versionsOf(chains, indexPathOf(reading), (chain) => work.source.openTree(chain))) {
      if (work.signal.aborted) throw new Fault('cancelled', 'the command was stopped')
      found.push(version)
    }
    if (found.length > 0) break
  }
  if (found.length === 0) throw missing(word)
  if (work.isJson) {
    const rows = found.map(({ dump, entry, isChanged }) => ({ run: dump.run, level: dump.level, isChanged, entry: entry === undefined ? null : entryJson(entry) }))
    await work.printer.print(`${JSON.stringify(rows, undefined, 2)}\n`)
    return
  }
  await work.printer.print(formatTable(VERSION_COLUMNS, found.map(versionCells)))
}

function versionCells({ dump, entry, isChanged }: Version): string[] {
  const head = [formatRun(dump.run), String(dump.level)]
  if (entry === undefined) return [...head, '', '', 'gone']
  const words = entry.kind === 'file' || entry.kind === 'hard-link' ? (isChanged ? '' : 'unchanged') : `${entry.kind}${isChanged ? '' : ', unchanged'}`
  if (entry.attributes === undefined) return [...head, '?', '?', words]
  return [...head, entry.kind === 'directory' ? '' : String(entry.attributes.size), formatMtime(entry.attributes.mtimeNs), words]
}

export interface DiffCounts {
  readonly added: number
  readonly removed: number
  readonly changed: number
}

/** Prints what changed at and below `path` between two dates, a line each. Rejects with `file-missing` when neither has it. */
export async function showDiff(work: Work, host: string, disk: string, before: RunId | undefined, after: RunId | undefined, word: PathWord): Promise<DiffCounts> {
  const old = await work.source.placeAt(host, disk, before)
  const now = await work.source.placeAt(host, disk, after)
  const counts = { added: 0, removed: 0, changed: 0 }
  let isThere = false
  for (const reading of word.readings) {
    const directory = indexPathOf(reading)
    isThere = (await old.tree.stat(directory)) !== undefined || (await now.tree.stat(directory)) !== undefined
    if (!isThere) continue
    for await (const change of diffTrees(old.tree, now.tree, directory)) {
      if (work.signal.aborted) throw new Fault('cancelled', 'the command was stopped')
      counts[change.kind]++
      await work.printer.print(`${work.isJson ? JSON.stringify(changeJson(change)) : changeLine(change)}\n`)
    }
    break
  }
  if (!isThere) throw missing(word)
  return counts
}

function changeJson(change: TreeChange): unknown {
  const path = shownName(change.path)
  switch (change.kind) {
    case 'added':
      return { change: 'added', path, after: entryJson(change.after) }
    case 'removed':
      return { change: 'removed', path, before: entryJson(change.before) }
    case 'changed':
      return { change: 'changed', path, fields: change.fields, before: entryJson(change.before), after: entryJson(change.after) }
    default:
      return change satisfies never
  }
}

function changeLine(change: TreeChange): string {
  const path = bytesOfIndexPath(change.path)
  switch (change.kind) {
    case 'added':
      return `+ ${shellName(path, change.after.kind)}`
    case 'removed':
      return `- ${shellName(path, change.before.kind)}`
    case 'changed':
      return `~ ${shellName(path, change.after.kind)}  ${change.fields.map((field) => fieldText(field, change.before, change.after)).join(', ')}`
    default:
      return change satisfies never
  }
}

function fieldText(field: ChangedField, { kind: oldKind, attributes: old }: TreeEntry, { kind, attributes: now }: TreeEntry): string {
  if (field === 'kind') return `${oldKind} → ${kind}`
  if (old === undefined || now === undefined) return 'dumped again'
  switch (field) {
    case 'size':
      return `${formatSize(old.size)} → ${formatSize(now.size)}`
    case 'mtime':
      return `modified ${formatMtime(old.mtimeNs)} → ${formatMtime(now.mtimeNs)}`
    case 'mode':
      return `${formatMode(kind, old.mode)} → ${formatMode(kind, now.mode)}`
    case 'owner':
      return `owner ${old.uid}:${old.gid} → ${now.uid}:${now.gid}`
    case 'target':
      return `target ${shellName(bytesOfIndexPath(old.target ?? ''), 'symlink')} → ${shellName(bytesOfIndexPath(now.target ?? ''), 'symlink')}`
    case 'content':
      return 'dumped again'
    default:
      return field satisfies never
  }
}
