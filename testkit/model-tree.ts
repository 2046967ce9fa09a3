// A tree of directories and files in memory with inodes, for tests of what follows directories as they move: edited at random, and looked at as a dump would.

import { DirectoryEncoder } from '../src/archive/snapshot/directory-encoder.ts'
import { SnapshotReader } from '../src/archive/snapshot/snapshot-reader.ts'
import { SnapshotWriter } from '../src/archive/snapshot/snapshot-writer.ts'
import { compareTreePaths } from '../src/archive/snapshot/compare-tree-paths.ts'
import type { DirectoryProbe } from '../src/archive/snapshot/contract.ts'
import { factWords } from './fact-words.ts'
import { MemoryFile } from './memory-file.ts'

export interface ModelNode {
  readonly inode: number
  /** What a directory has; undefined for a file. */
  readonly children: Map<string, ModelNode> | undefined
  /** Seconds of the last change. */
  changed: number
}

const KIND_FILE = 8
const KIND_DIRECTORY = 4

export class ModelTree {
  top: ModelNode = { inode: 1, children: new Map(), changed: 1 }
  #nextInode = 2
  #now = 1

  node(path: string): ModelNode | undefined {
    let node: ModelNode | undefined = this.top
    for (const part of path === '.' ? [] : path.split('/')) node = node?.children?.get(part)
    return node
  }

  /** Paths of all directories but the top, or of all files, in tree order. */
  paths(what: 'directories' | 'files'): string[] {
    const found: string[] = []
    const walk = (node: ModelNode, prefix: string): void => {
      for (const [name, child] of node.children ?? []) {
        if ((child.children !== undefined) === (what === 'directories')) found.push(prefix + name)
        walk(child, `${prefix}${name}/`)
      }
    }
    walk(this.top, '')
    return found.toSorted(compareTreePaths)
  }

  make(path: string, isDirectory: boolean): boolean {
    const [parent, name] = this.#parentOf(path)
    if (parent?.children === undefined || parent.children.has(name)) return false
    parent.children.set(name, { inode: this.#nextInode++, children: isDirectory ? new Map() : undefined, changed: ++this.#now })
    parent.changed = this.#now
    return true
  }

  remove(path: string): boolean {
    const [parent, name] = this.#parentOf(path)
    if (parent?.children?.delete(name) !== true) return false
    parent.changed = ++this.#now
    return true
  }

  /** As rename(2) would, but never over something. */
  move(from: string, to: string): boolean {
    const [source, name] = this.#parentOf(from)
    const node = source?.children?.get(name)
    const [target, newName] = this.#parentOf(to)
    if (source?.children === undefined || node === undefined || target?.children === undefined || target.children.has(newName) || to === from || to.startsWith(`${from}/`)) return false
    source.children.delete(name)
    target.children.set(newName, node)
    node.changed = ++this.#now
    source.changed = this.#now
    target.changed = this.#now
    return true
  }

  copy(): ModelTree {
    const copied = new ModelTree()
    const copyNode = (node: ModelNode): ModelNode => ({ ...node, children: node.children === undefined ? undefined : new Map([...node.children].map(([name, child]) => [name, copyNode(child)])) })
    copied.top = copyNode(this.top)
    copied.#nextInode = this.#nextInode
    copied.#now = this.#now
    return copied
  }

  snapshot(): SnapshotReader {
    const file = new MemoryFile()
    const writer = new SnapshotWriter(file, () => new MemoryFile(), { level: 0, run: '20261127000000' })
    const encoder = new DirectoryEncoder()
    for (const path of ['.', ...this.paths('directories')]) {
      const node = this.node(path)
      if (node === undefined) continue
      encoder.begin(path, facts(node), 1_000_000)
      for (const [name, child] of [...(node.children ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))) encoder.add(Buffer.from(name), 0, name.length, facts(child))
      writer.addDirectory(encoder.finish())
    }
    writer.finish()
    return SnapshotReader.open(file)
  }

  /** Every file has more names than one. */
  probe(): DirectoryProbe {
    return {
      directory: (path) => {
        const node = this.node(path)
        return node?.children === undefined ? undefined : facts(node)
      },
      subdirectories: (path) => [...(this.node(path)?.children ?? [])].flatMap(([name, child]) => (child.children === undefined ? [] : [name])),
      linkedFiles: (path, take) => {
        for (const child of this.node(path)?.children?.values() ?? []) if (child.children === undefined) take(BigInt(child.inode))
      },
    }
  }

  #parentOf(path: string): [ModelNode | undefined, string] {
    const slash = path.lastIndexOf('/')
    return [this.node(slash < 0 ? '.' : path.slice(0, slash)), path.slice(slash + 1)]
  }
}

function facts(node: ModelNode): { readonly words: Int32Array } {
  return factWords({ kind: node.children === undefined ? KIND_FILE : KIND_DIRECTORY, inode: BigInt(node.inode), dev: 7n, ctime: [node.changed, 0], mtime: [node.changed, 0] })
}
