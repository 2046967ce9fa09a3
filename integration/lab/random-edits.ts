// A day's random edits of the kinds that incremental dumps find hard, from a seed: moves of directories anywhere (into others, onto deleted names, two that change
// places), deletions and the same name again, kinds that change, hard links, modes. The same tree and seed give the same edits.

import { appendFileSync, chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Random } from '../../src/kernel/random.ts'

interface Names {
  readonly files: readonly string[]
  readonly dirs: readonly string[]
}

function listNames(root: string): Names {
  const files: string[] = []
  const dirs: string[] = []
  for (const waiting = ['']; waiting.length > 0; ) {
    const dir = waiting.pop() ?? ''
    for (const entry of readdirSync(path.join(root, dir), { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = path.join(dir, entry.name)
      if (entry.isDirectory()) {
        dirs.push(name)
        waiting.push(name)
      } else files.push(name)
    }
  }
  return { files: files.toSorted(), dirs: dirs.toSorted() }
}

function pick(random: Random, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names[random.int(names.length)]
}

function isBelow(name: string, dir: string): boolean {
  return name === dir || name.startsWith(`${dir}/`)
}

/** One change; false when there was nothing to do it to. `used` are names that something had before: they are taken again. */
type Edit = (root: string, names: Names, random: Random, used: string[]) => boolean

function freshName(random: Random, used: readonly string[], fallback: string): string {
  return (random.int(2) === 0 ? pick(random, used) : undefined) ?? fallback
}

const moveDirectory: Edit = (root, { dirs }, random, used) => {
  const from = pick(random, dirs)
  const into = random.int(3) === 0 ? '' : pick(random, dirs)
  if (from === undefined || into === undefined || isBelow(into, from)) return false
  const to = path.join(into, path.basename(freshName(random, used, `moved-${random.int(1000)}`)))
  if (lstatSync(path.join(root, to), { throwIfNoEntry: false }) !== undefined) return false
  renameSync(path.join(root, from), path.join(root, to))
  used.push(from)
  return true
}

const swapDirectories: Edit = (root, { dirs }, random) => {
  const [a, b] = [pick(random, dirs), pick(random, dirs)]
  if (a === undefined || b === undefined || isBelow(a, b) || isBelow(b, a)) return false
  const aside = path.join(root, '.aside')
  renameSync(path.join(root, a), aside)
  renameSync(path.join(root, b), path.join(root, a))
  renameSync(aside, path.join(root, b))
  return true
}

const remove: Edit = (root, { files, dirs }, random, used) => {
  const name = random.int(3) === 0 ? pick(random, dirs) : pick(random, files)
  if (name === undefined) return false
  rmSync(path.join(root, name), { recursive: true })
  used.push(name)
  return true
}

const changeKind: Edit = (root, { files, dirs }, random) => {
  const name = random.int(2) === 0 ? pick(random, dirs) : pick(random, files)
  if (name === undefined) return false
  const full = path.join(root, name)
  const wasDirectory = lstatSync(full).isDirectory()
  rmSync(full, { recursive: true })
  if (wasDirectory && random.int(2) === 0) symlinkSync('nowhere', full)
  else if (wasDirectory) writeFileSync(full, random.bytes(300))
  else {
    mkdirSync(full)
    writeFileSync(path.join(full, 'inside'), random.bytes(300))
  }
  return true
}

const add: Edit = (root, { dirs }, random, used) => {
  const dir = pick(random, dirs) ?? ''
  const full = path.join(root, dir, path.basename(freshName(random, used, `new-${random.int(1000)}`)))
  if (lstatSync(full, { throwIfNoEntry: false }) !== undefined) return false
  if (random.int(3) > 0) writeFileSync(full, random.bytes(random.int(5000)))
  else {
    mkdirSync(path.join(full, 'deeper'), { recursive: true })
    writeFileSync(path.join(full, 'deeper', 'file'), random.bytes(50))
  }
  return true
}

const change: Edit = (root, { files }, random) => {
  const name = pick(random, files)
  if (name === undefined) return false
  const full = path.join(root, name)
  const stat = lstatSync(full)
  if (stat.isSymbolicLink()) return false
  const kind = random.int(5)
  if (kind === 0) writeFileSync(full, random.bytes(random.int(5000)))
  else if (kind === 1) appendFileSync(full, random.bytes(10))
  else if (kind === 2) chmodSync(full, [0o600, 0o755, 0o4711][random.int(3)] ?? 0o644)
  else if (kind === 3) utimesSync(full, 1e9, 1e9 + random.int(1000))
  else {
    writeFileSync(full, random.bytes(stat.size))
    utimesSync(full, stat.atime, stat.mtime)
  }
  return true
}

const addLink: Edit = (root, { files, dirs }, random) => {
  const name = pick(random, files)
  const to = path.join(root, pick(random, dirs) ?? '', `link-${random.int(1000)}`)
  if (name === undefined || lstatSync(to, { throwIfNoEntry: false }) !== undefined) return false
  linkSync(path.join(root, name), to)
  return true
}

const EDITS: readonly Edit[] = [moveDirectory, moveDirectory, moveDirectory, swapDirectories, remove, changeKind, add, add, change, change]

/** About `count` edits, hard links among them when `hasLinks`. */
export function editAtRandom(root: string, random: Random, count: number, hasLinks: boolean): void {
  const edits = hasLinks ? [...EDITS, addLink] : EDITS
  const used: string[] = []
  for (let done = 0, tried = 0; done < count && tried < count * 4; tried++) {
    const edit = edits[random.int(edits.length)]
    if (edit?.(root, listNames(root), random, used) === true) done++
  }
}
