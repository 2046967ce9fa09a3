// Compares two trees: names, kinds, contents, modes, owners, times to the nanosecond, link targets, hard-link groups, holes,
// extended attributes and ACLs. It knows nothing of archives and shares no code with the archiver, so that it can judge it.

import { execFileSync } from 'node:child_process'
import { lstatSync, openSync, closeSync, readSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs'

export interface CompareOptions {
  /** Owners are only restored by root. Default: compared when we are root. */
  readonly owners?: boolean
  /** Times of directories are set last by a restore; compared by default. */
  readonly directoryTimes?: boolean
  readonly extendedAttributes?: boolean
}

export interface Comparison {
  readonly entryCount: number
  readonly bytes: number
  /** One line for each difference, at most DIFFERENCES_MAX. */
  readonly differences: readonly string[]
}

const DIFFERENCES_MAX = 100
const READ_BYTES = 1024 * 1024

interface Entry {
  readonly path: Buffer
  readonly stat: BigIntStats
}

/** Relative path (latin1, so that any bytes are a key) → entry. */
function listTree(root: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  const visit = (dir: Buffer, prefix: string): void => {
    for (const name of readdirSync(dir, { encoding: 'buffer' })) {
      const path = Buffer.concat([dir, Buffer.from('/'), name])
      const key = `${prefix}/${name.toString('latin1')}`
      const stat = lstatSync(path, { bigint: true })
      entries.set(key, { path, stat })
      if (stat.isDirectory()) visit(path, key)
    }
  }
  entries.set('', { path: Buffer.from(root), stat: lstatSync(root, { bigint: true }) })
  visit(Buffer.from(root), '')
  return entries
}

function kindOf(stat: BigIntStats): string {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isSocket()) return 'socket'
  return stat.isCharacterDevice() ? 'character device' : 'block device'
}

function sameContent(a: Buffer, b: Buffer): boolean {
  const [fileA, fileB] = [openSync(a, 'r'), openSync(b, 'r')]
  try {
    const [blockA, blockB] = [Buffer.alloc(READ_BYTES), Buffer.alloc(READ_BYTES)]
    for (;;) {
      const countA = readSync(fileA, blockA, 0, READ_BYTES, null)
      const countB = readSync(fileB, blockB, 0, READ_BYTES, null)
      if (countA !== countB || blockA.compare(blockB, 0, countB, 0, countA) !== 0) return false
      if (countA === 0) return true
    }
  } finally {
    closeSync(fileA)
    closeSync(fileB)
  }
}

/** Names of one hard-link group → the group's smallest name, so that groups can be compared between trees. */
function linkGroups(tree: Map<string, Entry>): Map<string, string> {
  const leaders = new Map<string, string>()
  const groups = new Map<string, string>()
  for (const [key, { stat }] of [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (stat.isDirectory() || stat.nlink === 1n) continue
    const inode = `${stat.dev}:${stat.ino}`
    const leader = leaders.get(inode) ?? key
    leaders.set(inode, leader)
    groups.set(key, leader)
  }
  // A name whose others lie outside of the tree is linked to nothing in it.
  const counts = new Map<string, number>()
  for (const leader of groups.values()) counts.set(leader, (counts.get(leader) ?? 0) + 1)
  for (const [leader, count] of counts) if (count === 1) groups.delete(leader)
  return groups
}

function compareEntry(key: string, a: Entry, b: Entry, options: Required<CompareOptions>): string[] {
  const found: string[] = []
  const name = JSON.stringify(key === '' ? '.' : key)
  const check = (what: string, left: unknown, right: unknown): void => {
    if (left !== right) found.push(`${name}: ${what} ${String(left)} became ${String(right)}`)
  }
  const kind = kindOf(a.stat)
  check('kind', kind, kindOf(b.stat))
  if (found.length > 0) return found
  if (kind !== 'symlink') check('mode', (a.stat.mode & 0o7777n).toString(8), (b.stat.mode & 0o7777n).toString(8))
  if (options.owners) check('owner', `${a.stat.uid}:${a.stat.gid}`, `${b.stat.uid}:${b.stat.gid}`)
  if (kind !== 'directory' || (options.directoryTimes && key !== '')) check('mtime (ns)', a.stat.mtimeNs, b.stat.mtimeNs)
  if (kind === 'symlink') check('target', readlinkSync(a.path, { encoding: 'latin1' }), readlinkSync(b.path, { encoding: 'latin1' }))
  if (kind.endsWith('device')) check('device number', a.stat.rdev, b.stat.rdev)
  if (kind === 'file') {
    check('size', a.stat.size, b.stat.size)
    if (a.stat.size === b.stat.size && !sameContent(a.path, b.path)) found.push(`${name}: content differs`)
    // A hole of a megabyte or more must not have been filled.
    const holeA = a.stat.size - a.stat.blocks * 512n
    const holeB = b.stat.size - b.stat.blocks * 512n
    if (holeA > 1_048_576n && holeB < holeA / 2n) found.push(`${name}: its hole of ${holeA} bytes was filled`)
  }
  return found
}

/** Output of getfattr or getfacl over a whole tree; undefined when the program is missing. */
function attributeDump(program: readonly [string, ...string[]], root: string): string | undefined {
  try {
    const [name, ...args] = program
    return execFileSync(name, [...args, '.'], { cwd: root, maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] }).toString('latin1')
  } catch {
    return undefined
  }
}

function compareAttributes(a: string, b: string, options: Required<CompareOptions>): string[] {
  if (!options.extendedAttributes) return []
  const dumps: readonly [string, readonly [string, ...string[]]][] = [
    ['extended attributes', ['getfattr', '-R', '-P', '-h', '-d', '-m', '-', '--absolute-names']],
    ['ACLs', ['getfacl', '-R', '-P', '-s', '-n', '-p']],
  ]
  return dumps.flatMap(([what, program]) => {
    const [left, right] = [attributeDump(program, a), attributeDump(program, b)]
    if (left === undefined || right === undefined) return []
    const blocks = (text: string): string => text.split('\n\n').toSorted().join('\n\n')
    return blocks(left) === blocks(right) ? [] : [`${what} differ`]
  })
}

/** Compares tree `b` (what was restored) with tree `a` (what should be there). */
export function compareTrees(a: string, b: string, options: CompareOptions = {}): Comparison {
  const full: Required<CompareOptions> = { owners: process.getuid?.() === 0, directoryTimes: true, extendedAttributes: true, ...options }
  const [treeA, treeB] = [listTree(a), listTree(b)]
  const differences: string[] = []
  let bytes = 0
  for (const [key, entry] of treeA) {
    const other = treeB.get(key)
    if (other === undefined) differences.push(`${JSON.stringify(key)}: missing`)
    else differences.push(...compareEntry(key, entry, other, full))
    if (entry.stat.isFile()) bytes += Number(entry.stat.size)
    if (differences.length > DIFFERENCES_MAX) break
  }
  for (const key of treeB.keys()) if (!treeA.has(key)) differences.push(`${JSON.stringify(key)}: should not be there`)
  const [groupsA, groupsB] = [linkGroups(treeA), linkGroups(treeB)]
  for (const [key, leader] of groupsA) if (groupsB.get(key) !== leader) differences.push(`${JSON.stringify(key)}: no longer a hard link to ${JSON.stringify(leader)}`)
  differences.push(...compareAttributes(a, b, full))
  return { entryCount: treeA.size, bytes, differences: differences.slice(0, DIFFERENCES_MAX) }
}
