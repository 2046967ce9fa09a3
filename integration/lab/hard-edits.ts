// What days do to a tree that incremental dumps find hard: renamed directories (nested, swapped, in circles, onto names that were deleted), names that
// change their kind, changes that only ctime tells of, hard links that come and go. Day 0 makes the tree; each later day is one level.

import { appendFileSync, chmodSync, chownSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { command } from './commands.ts'

/** Days after day 0. */
export const HARD_DAYS = 3

class Edits {
  readonly #root: string
  constructor(root: string) {
    this.#root = root
  }
  at(name: string): string {
    return path.join(this.#root, name)
  }
  dir(...names: string[]): void {
    for (const name of names) mkdirSync(this.at(name), { recursive: true })
  }
  file(name: string, content = `${name}\n`): void {
    mkdirSync(path.dirname(this.at(name)), { recursive: true })
    writeFileSync(this.at(name), content)
  }
  /** A directory with files in it and below. */
  tree(...names: string[]): void {
    for (const name of names) for (const inner of ['one', 'two', 'below/three', 'below/further/four']) this.file(`${name}/${inner}`, `${inner} of ${name}\n`)
  }
  move(from: string, to: string): void {
    renameSync(this.at(from), this.at(to))
  }
  remove(...names: string[]): void {
    for (const name of names) rmSync(this.at(name), { recursive: true })
  }
}

function firstDay(edits: Edits): void {
  edits.tree('renamed/plain', 'renamed/outer/inner', 'renamed/swap-a', 'renamed/swap-b', 'renamed/onto-deleted', 'renamed/deleted', 'renamed/circle-1', 'renamed/circle-2', 'renamed/circle-3', 'renamed/into', 'renamed/moved-into')
  edits.tree('renamed/out-of-deleted/rescued', 'renamed/up/and/down', 'renamed/unlike', 'renamed/back', 'renamed/replaced', 'renamed/turned/inside', 'renamed/tabs\tand\nlines', 'renamed/with-changes', 'renamed/to-file-name')
  edits.file('renamed/to-file', 'its name becomes a directory')
  mkdirSync(Buffer.concat([Buffer.from(`${edits.at('renamed')}/`), Buffer.from([0xff, 0xfe])]))
  writeFileSync(Buffer.concat([Buffer.from(`${edits.at('renamed')}/`), Buffer.from([0xff, 0xfe, 0x2f, 0x66])]), 'in a directory of bytes')
  edits.file('kinds/file-to-dir')
  edits.tree('kinds/dir-to-file', 'kinds/dir-to-link', 'kinds/dir-to-dir')
  symlinkSync('file-to-dir', edits.at('kinds/link-to-dir'))
  symlinkSync('one', edits.at('kinds/link-to-file'))
  edits.file('kinds/file-to-fifo')
  for (const name of ['appended', 'rewritten', 'cut', 'same-size-and-time', 'mode-only', 'owner-only', 'xattr-only', 'time-only', 'renamed-file', 'deleted', 'kept', 'linked-later', 'touched-back']) edits.file(`files/${name}`, `${name} `.repeat(100))
  edits.file('files/linked-1', 'has two names')
  linkSync(edits.at('files/linked-1'), edits.at('files/linked-2'))
  edits.tree('deleted-tree', 'untouched')
  edits.dir('empty', 'emptied')
  edits.file('emptied/only')
}

/** Other content under the same size and time of change: only ctime tells. */
function changeSecretly(file: string): void {
  const { atime, mtime, size } = lstatSync(file)
  writeFileSync(file, 'x'.repeat(size))
  utimesSync(file, atime, mtime)
}

async function secondDay(edits: Edits): Promise<void> {
  edits.move('renamed/plain', 'renamed/plain-now')
  edits.move('renamed/outer/inner', 'renamed/outer/inner-now')
  edits.move('renamed/outer', 'renamed/outer-now')
  edits.move('renamed/swap-a', 'renamed/swap-x')
  edits.move('renamed/swap-b', 'renamed/swap-a')
  edits.move('renamed/swap-x', 'renamed/swap-b')
  edits.remove('renamed/deleted')
  edits.move('renamed/onto-deleted', 'renamed/deleted')
  edits.move('renamed/moved-into', 'renamed/into/moved')
  edits.move('renamed/into', 'renamed/into-now')
  edits.move('renamed/out-of-deleted/rescued', 'renamed/rescued')
  edits.remove('renamed/out-of-deleted')
  edits.move('renamed/tabs\tand\nlines', 'renamed/lines\nand\ttabs')
  renameSync(Buffer.concat([Buffer.from(`${edits.at('renamed')}/`), Buffer.from([0xff, 0xfe])]), Buffer.concat([Buffer.from(`${edits.at('renamed')}/`), Buffer.from([0xfe, 0xff])]))
  edits.move('renamed/with-changes', 'renamed/with-changes-now')
  edits.file('renamed/with-changes-now/one', 'changed after the directory was renamed')
  edits.remove('renamed/with-changes-now/two')
  edits.file('renamed/with-changes-now/new')
  edits.move('renamed/back', 'renamed/forth')
  edits.remove('renamed/to-file')
  edits.move('renamed/to-file-name', 'renamed/to-file')
  edits.remove('kinds/file-to-dir', 'kinds/dir-to-file', 'kinds/dir-to-link', 'kinds/link-to-dir', 'kinds/link-to-file', 'kinds/file-to-fifo')
  edits.tree('kinds/file-to-dir', 'kinds/link-to-dir')
  edits.file('kinds/dir-to-file')
  symlinkSync('../untouched', edits.at('kinds/dir-to-link'))
  edits.file('kinds/link-to-file', 'was a link')
  await command(['mkfifo', edits.at('kinds/file-to-fifo')])
  appendFileSync(edits.at('files/appended'), 'more')
  edits.file('files/rewritten', 'other content')
  truncateSync(edits.at('files/cut'), 7)
  changeSecretly(edits.at('files/same-size-and-time'))
  chmodSync(edits.at('files/mode-only'), 0o4711)
  chownSync(edits.at('files/owner-only'), 77, 88)
  await command(['setfattr', '-n', 'user.later', '-v', 'set on the second day', edits.at('files/xattr-only')])
  utimesSync(edits.at('files/time-only'), 1e9, 1e9)
  edits.move('files/renamed-file', 'files/renamed-file-now')
  linkSync(edits.at('files/linked-later'), edits.at('files/another-name'))
  edits.remove('files/deleted', 'files/linked-1', 'deleted-tree', 'emptied/only')
}

async function thirdDay(edits: Edits): Promise<void> {
  edits.move('renamed/circle-1', 'renamed/circle-x')
  edits.move('renamed/circle-2', 'renamed/circle-1')
  edits.move('renamed/circle-3', 'renamed/circle-2')
  edits.move('renamed/circle-x', 'renamed/circle-3')
  edits.move('renamed/forth', 'renamed/back')
  // Parent and child change places.
  edits.move('renamed/turned/inside', 'renamed/inside')
  edits.move('renamed/turned', 'renamed/inside/turned')
  edits.move('renamed/up/and/down', 'renamed/down')
  edits.remove('renamed/up')
  edits.remove('renamed/replaced')
  edits.file('renamed/replaced/one', 'another directory of that name')
  edits.move('renamed/plain-now', 'renamed/plain')
  edits.tree('renamed/plain-now')
  edits.remove('kinds/dir-to-file', 'kinds/dir-to-link')
  edits.tree('kinds/dir-to-file', 'kinds/dir-to-link')
  edits.remove('kinds/file-to-dir')
  edits.file('kinds/file-to-dir', 'a file again')
  edits.remove('files/another-name', 'files/linked-2')
  await command(['setfattr', '-x', 'user.later', edits.at('files/xattr-only')])
  changeSecretly(edits.at('files/touched-back'))
  edits.tree('deleted-tree')
  edits.file('emptied/other')
}

function fourthDay(edits: Edits): void {
  edits.remove('renamed/swap-a', 'renamed/deleted', 'kinds/dir-to-link', 'emptied')
  edits.move('renamed/swap-b', 'renamed/swap-a')
  edits.move('renamed/inside/below', 'renamed/inside-below')
  edits.move('renamed/inside', 'renamed/unlike/inside')
  edits.move('renamed/circle-1', 'renamed/circle-2/circle-1')
  edits.move('renamed/outer-now/inner-now/below/further', 'top-now')
  edits.move('renamed', 'all-renamed')
  edits.tree('renamed/plain')
  edits.dir('emptied')
}

/** Makes day 0 below `root`, or does day 1, 2 or 3 to it. */
export async function hardDay(root: string, day: number): Promise<void> {
  const edits = new Edits(root)
  if (day === 0) firstDay(edits)
  else if (day === 1) await secondDay(edits)
  else if (day === 2) await thirdDay(edits)
  else fourthDay(edits)
}
