// Makes trees of hard cases and changes them, from a seed. The same seed gives the same names, contents and metadata. What the
// machine cannot make (devices without root, extended attributes on this file system) is left out and named in the result.

import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, closeSync, ftruncateSync, linkSync, lstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { seededRandom, type Random } from '../src/kernel/random.ts'

/** Sizes around the borders of tar blocks, records, frames and chunks. */
const BORDER_SIZES = [0, 1, 511, 512, 513, 4095, 4096, 10_239, 10_240, 32_767, 32_768, 65_536, 131_073, 262_144, 1_048_577]

/** Names that have broken archivers. Bytes, because some are not UTF-8. */
const HARD_NAMES: readonly Buffer[] = [
  Buffer.from('a name with blanks'),
  Buffer.from('new\nline'),
  Buffer.from('tab\tand\x01control\x7f'),
  Buffer.from('quote"and\'back\\slash'),
  Buffer.from('-leading-dash'),
  Buffer.from('*?[glob]{x}$HOME`id`'),
  Buffer.from('ümläut-日本語-🜁'),
  Buffer.from([0x6e, 0x6f, 0x74, 0xff, 0xfe, 0x75, 0x74, 0x66, 0x38]),
  Buffer.from('x'.repeat(255)),
  Buffer.from(' leading and trailing '),
  Buffer.from('.hidden'),
  Buffer.from('...'),
]

export interface MadeTree {
  /** Hard cases that this machine or file system could not make. */
  readonly missing: readonly string[]
}

function join(root: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), name])
}

function tryMake(missing: string[], what: string, make: () => void): void {
  try {
    make()
  } catch {
    missing.push(what)
  }
}

/** The fixed hard cases, one of each. */
export function makeHardCases(root: string): MadeTree {
  const missing: string[] = []
  const random = seededRandom(7)
  mkdirSync(root, { recursive: true })
  for (const size of BORDER_SIZES) writeFileSync(path.join(root, `size-${size}`), random.bytes(size))
  const names = path.join(root, 'names')
  mkdirSync(names)
  for (const name of HARD_NAMES) writeFileSync(join(names, name), name)
  let deep = path.join(root, 'deep')
  for (let level = 0; level < 12; level++) deep = path.join(deep, `${'d'.repeat(60)}${level}`)
  mkdirSync(deep, { recursive: true })
  writeFileSync(path.join(deep, 'bottom'), 'far down')
  mkdirSync(path.join(root, 'empty'))
  makeLinks(root, missing)
  makeModesAndTimes(root, missing)
  const sparse = openSync(path.join(root, 'sparse'), 'w')
  ftruncateSync(sparse, 8 * 1024 * 1024)
  writeSync(sparse, 'island', 5 * 1024 * 1024)
  closeSync(sparse)
  tryMake(missing, 'fifo', () => execFileSync('mkfifo', [path.join(root, 'fifo')]))
  tryMake(missing, 'device', () => execFileSync('mknod', [path.join(root, 'device'), 'c', '1', '3'], { stdio: 'ignore' }))
  tryMake(missing, 'extended attribute', () => {
    writeFileSync(path.join(root, 'xattr'), 'x')
    execFileSync('setfattr', ['-n', 'user.colour', '-v', 'blue', path.join(root, 'xattr')], { stdio: 'ignore' })
  })
  tryMake(missing, 'ACL', () => {
    writeFileSync(path.join(root, 'acl'), 'x')
    execFileSync('setfacl', ['-m', 'u:1:r', path.join(root, 'acl')], { stdio: 'ignore' })
  })
  return { missing }
}

function makeLinks(root: string, missing: string[]): void {
  const links = path.join(root, 'links')
  mkdirSync(path.join(links, 'other'), { recursive: true })
  writeFileSync(path.join(links, 'first'), 'shared content')
  linkSync(path.join(links, 'first'), path.join(links, 'second'))
  linkSync(path.join(links, 'first'), path.join(links, 'other', 'third'))
  symlinkSync('first', path.join(links, 'relative'))
  symlinkSync('/nowhere/at/all', path.join(links, 'dangling'))
  symlinkSync('..', path.join(links, 'up'))
  symlinkSync('l'.repeat(200), path.join(links, 'long target'))
  tryMake(missing, 'link with a target that is not UTF-8', () => symlinkSync(Buffer.from([0xff, 0xfe]), path.join(links, 'bytes')))
}

function makeModesAndTimes(root: string, missing: string[]): void {
  const modes = path.join(root, 'modes')
  mkdirSync(modes)
  // Only root can read a file of mode 0, so nobody else could dump it.
  const isRoot = process.getuid?.() === 0
  if (!isRoot) missing.push('file that nobody may read')
  for (const mode of [...(isRoot ? [0o000] : []), 0o400, 0o644, 0o755, 0o4755, 0o2755, 0o1777]) {
    const file = path.join(modes, mode.toString(8))
    writeFileSync(file, String(mode))
    chmodSync(file, mode)
  }
  const times = path.join(root, 'times')
  mkdirSync(times)
  for (const [name, stamp] of [
    ['before-1970', '1965-03-04 05:06:07.123456789'],
    ['epoch', '1970-01-01 00:00:00.000000001'],
    ['nanoseconds', '2001-02-03 04:05:06.987654321'],
    ['far', '2110-01-02 03:04:05.5'],
  ] as const) {
    writeFileSync(path.join(times, name), name)
    execFileSync('touch', ['-d', `${stamp} UTC`, path.join(times, name)])
  }
}

export interface TreeShape {
  readonly fileCount: number
  readonly dirCount: number
  readonly fileBytesMax: number
}

/** An ordinary random tree: directories, files, links, modes and times. */
export function makeRandomTree(root: string, seed: number, shape: TreeShape): void {
  const random = seededRandom(seed)
  mkdirSync(root, { recursive: true })
  const dirs = [root]
  for (let count = 0; count < shape.dirCount; count++) {
    const dir = path.join(pick(random, dirs), `dir${count}`)
    mkdirSync(dir)
    dirs.push(dir)
  }
  for (let count = 0; count < shape.fileCount; count++) makeRandomEntry(random, dirs, count, shape.fileBytesMax)
}

function makeRandomEntry(random: Random, dirs: readonly string[], count: number, fileBytesMax: number): void {
  const target = path.join(pick(random, dirs), `file${count}`)
  if (random.int(12) === 0) return symlinkSync(`file${random.int(count + 1)}`, target)
  writeFileSync(target, random.bytes(random.int(random.int(10) === 0 ? fileBytesMax : 4096)))
  chmodSync(target, [0o600, 0o644, 0o755, 0o440][random.int(4)] ?? 0o644)
  utimesSync(target, 1e9, 1e9 + random.int(500_000_000))
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random.int(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

export interface EditCounts {
  changed: number
  appended: number
  truncated: number
  deleted: number
  renamed: number
  swapped: number
  added: number
}

/** What a day does to a tree: about `count` edits of all kinds, file ↔ directory changes and renamed directories among them. */
export function editTree(root: string, seed: number, count: number): EditCounts {
  const random = seededRandom(seed)
  const counts: EditCounts = { changed: 0, appended: 0, truncated: 0, deleted: 0, renamed: 0, swapped: 0, added: 0 }
  for (let edit = 0; edit < count; edit++) {
    const { files, dirs } = listPlain(root)
    if (files.length === 0) break
    const file = pick(random, files)
    switch (random.int(8)) {
      case 0:
      case 1:
        writeFileSync(file, random.bytes(random.int(20_000)))
        counts.changed++
        break
      case 2:
        appendFileSync(file, random.bytes(1 + random.int(2000)))
        counts.appended++
        break
      case 3:
        truncateSync(file, lstatSync(file).size >> 1)
        counts.truncated++
        break
      case 4:
        rmSync(file)
        counts.deleted++
        break
      case 5: {
        const from = dirs.length > 0 && random.int(2) === 0 ? pick(random, dirs) : file
        renameSync(from, path.join(path.dirname(from), `renamed-${seed}-${edit}`))
        counts.renamed++
        break
      }
      case 6:
        rmSync(file)
        mkdirSync(file)
        writeFileSync(path.join(file, 'inside'), random.bytes(100))
        counts.swapped++
        break
      default:
        writeFileSync(path.join(path.dirname(file), `added-${seed}-${edit}`), random.bytes(random.int(10_000)))
        counts.added++
    }
  }
  return counts
}

/** Ordinary files with one name and directories with names that are easy to handle. */
function listPlain(root: string): { files: string[]; dirs: string[] } {
  const files: string[] = []
  const dirs: string[] = []
  // By hand: the recursive listing of Node follows links to directories, and one to its own parent has no end.
  for (const waiting = [root]; waiting.length > 0; ) {
    const dir = waiting.pop() ?? ''
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const full = path.join(dir, entry.name)
      if (!/^[\x20-\x7e]*$/.test(full)) continue
      if (entry.isDirectory()) {
        dirs.push(full)
        waiting.push(full)
      } else if (entry.isFile() && lstatSync(full).nlink === 1) files.push(full)
    }
  }
  return { files: files.toSorted(), dirs: dirs.toSorted() }
}
