// The simulated disk of one machine behind the Disk contract: a disk image with latency, faults and a hook at every boundary. Each process
// sees it through its life: what a dead process still waits for never comes, and what it had in flight is done in part or not at all.

import type { Disk, DiskFile, OpenMode } from '../src/kernel/disk.ts'
import { DiskImage, Inode, type Survival } from './disk-image.ts'
import { Life, Scheduler } from './scheduler.ts'

export type DiskOpKind = 'create' | 'write' | 'truncate' | 'sync' | 'sync-dir' | 'rename' | 'remove' | 'make-dir' | 'symlink' | 'read' | 'look'

/** The operations that change what a power cut would leave. */
export const CHANGING: ReadonlySet<DiskOpKind> = new Set<DiskOpKind>(['create', 'write', 'truncate', 'sync', 'sync-dir', 'rename', 'remove', 'make-dir', 'symlink'])

export interface DiskOp {
  readonly kind: DiskOpKind
  readonly path: string
  readonly bytes: number
}

/** What a hook makes of an operation. `short`: a write stops in the middle with ENOSPC. */
export type DiskVerdict = 'EIO' | 'ENOSPC' | 'short' | undefined

const TOTAL_BYTES = 1 << 30

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code })
}

export class SimDisk {
  image = new DiskImage()
  capacityBytes = TOTAL_BYTES
  /** Slower by this factor. */
  slowness = 1
  /** Asked before each operation takes effect. May end the life that asked: then nothing of it happens. */
  hook: (op: DiskOp, life: Life) => DiskVerdict = () => undefined
  /** Takes no time: for looking at an image while the world stands still. */
  isInstant = false
  readonly #scheduler: Scheduler
  #usedBytes = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** Something made it smaller than it should be. */
  get isFull(): boolean {
    return this.capacityBytes < TOTAL_BYTES
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  powerCut(survival: Survival): void {
    this.image.powerCut(survival, this.#scheduler.random)
    this.#usedBytes = this.image.usedBytes()
  }

  /** Another state takes the place of this one, while nobody has a file open. */
  putBack(image: DiskImage): void {
    this.image = image
    this.#usedBytes = image.usedBytes()
  }

  /** Flips one bit of a file, on the medium and in the cache. Returns its offset; undefined when the file is empty. */
  flipBit(path: string): number | undefined {
    const inode = this.image.find(path)
    if (inode === undefined || inode.cache.length === 0) return undefined
    const { random } = this.#scheduler
    const at = random.int(inode.cache.length)
    const mask = 1 << random.int(8)
    inode.cache.bytes[at] = (inode.cache.bytes[at] ?? 0) ^ mask
    inode.durableVersion += 1
    if (at < inode.durable.length) inode.durable.bytes[at] = (inode.durable.bytes[at] ?? 0) ^ mask
    return at
  }

  /** Waits the time of `op`, then lets the hook judge it and applies it. */
  run<T>(life: Life, op: DiskOp, apply: (verdict: DiskVerdict) => T): Promise<T> {
    if (this.isInstant) return new Promise((resolve) => resolve(apply(undefined)))
    const { random } = this.#scheduler
    const base = op.kind === 'sync' || op.kind === 'sync-dir' ? 1 + random.int(8) : op.kind === 'look' ? 0 : 0.02 + op.bytes / 400_000
    return new Promise((resolve, reject) => {
      life.later(base * this.slowness, () => {
        const verdict = this.hook(op, life)
        if (!life.isAlive) return
        if (verdict === 'EIO' || verdict === 'ENOSPC') return reject(systemError(verdict, op.path))
        try {
          resolve(apply(verdict))
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
    })
  }

  /** Writes as far as there is room; throws ENOSPC behind it. */
  write(inode: Inode, path: string, pieces: readonly Uint8Array[], position: number, isShort: boolean): void {
    let at = position
    let limit = isShort ? position + this.#scheduler.random.int(1 + pieces.reduce((sum, piece) => sum + piece.length, 0)) : Number.POSITIVE_INFINITY
    limit = Math.min(limit, inode.cache.length + Math.max(0, this.capacityBytes - this.#usedBytes))
    for (const piece of pieces) {
      const part = piece.subarray(0, Math.max(0, limit - at))
      const before = inode.cache.length
      if (part.length > 0) inode.write(at, part)
      this.#usedBytes += inode.cache.length - before
      if (part.length < piece.length) throw systemError('ENOSPC', path)
      at += piece.length
    }
  }

  forget(inode: Inode | undefined): void {
    if (inode?.kind === 'file') this.#usedBytes -= inode.cache.length
  }

  resize(inode: Inode, bytes: number): void {
    this.#usedBytes += bytes - inode.cache.length
    inode.truncate(bytes)
  }

  /** The directory that holds `path`, and its name there. Throws ENOENT or ENOTDIR. */
  place(path: string): { readonly dir: Inode; readonly name: string } {
    const slash = path.lastIndexOf('/')
    const dir = this.image.find(path.slice(0, Math.max(0, slash)))
    if (dir === undefined) throw systemError('ENOENT', path)
    if (dir.kind !== 'directory') throw systemError('ENOTDIR', path)
    return { dir, name: path.slice(slash + 1) }
  }

  /** The disk as the process `life` sees it. */
  mount(life: Life): Disk {
    return mountDisk(this, life)
  }
}

/** `image` as a disk that answers at once. */
export function instantDisk(image: DiskImage): Disk {
  const scheduler = new Scheduler(0)
  const disk = new SimDisk(scheduler)
  disk.image = image
  disk.isInstant = true
  return disk.mount(new Life(scheduler, 'observer'))
}

class SimFile implements DiskFile {
  readonly #disk: SimDisk
  readonly #life: Life
  readonly #inode: Inode
  readonly #path: string
  #isOpen = true

  constructor(disk: SimDisk, life: Life, inode: Inode, path: string) {
    this.#disk = disk
    this.#life = life
    this.#inode = inode
    this.#path = path
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#run('read', target.length, () => {
      const { bytes, length } = this.#inode.cache
      const count = Math.max(0, Math.min(target.length, length - position))
      target.set(bytes.subarray(position, position + count))
      return count
    })
  }

  write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    return this.#run('write', bytes, (verdict) => {
      this.#inode.modifiedMs = this.#life.clock.wallMs()
      this.#disk.write(this.#inode, this.#path, pieces, position, verdict === 'short')
    })
  }

  truncate(bytes: number): Promise<void> {
    return this.#run('truncate', 0, () => this.#disk.resize(this.#inode, bytes))
  }

  sync(): Promise<void> {
    // Only what was written before the call is promised.
    const count = this.#inode.changeCount
    return this.#run('sync', 0, () => this.#inode.sync(count))
  }

  size(): Promise<number> {
    return this.#run('look', 0, () => this.#inode.cache.length)
  }

  /** Closing twice is no error, as with a file handle of Node. */
  close(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve()
    return this.#run('look', 0, () => void (this.#isOpen = false))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #run<T>(kind: DiskOpKind, bytes: number, apply: (verdict: DiskVerdict) => T): Promise<T> {
    if (!this.#isOpen) return Promise.reject(systemError('EBADF', this.#path))
    return this.#disk.run(this.#life, { kind, path: this.#path, bytes }, apply)
  }
}

function mountDisk(disk: SimDisk, life: Life): Disk {
  const run = <T>(kind: DiskOpKind, path: string, apply: () => T): Promise<T> => disk.run(life, { kind, path, bytes: 0 }, apply)
  const existing = (path: string): Inode => {
    const inode = disk.image.find(path)
    if (inode === undefined) throw systemError('ENOENT', path)
    return inode
  }
  const unlink = (path: string, isDir: boolean): void => {
    const { dir, name } = disk.place(path)
    const inode = dir.entries.get(name)
    if (inode === undefined) return
    if (isDir && inode.entries.size > 0) throw systemError('ENOTEMPTY', path)
    if (isDir !== (inode.kind === 'directory')) throw systemError(isDir ? 'ENOTDIR' : 'EISDIR', path)
    disk.forget(inode)
    disk.image.change([{ dir, name, inode: undefined }])
  }
  const create = (path: string, made: Inode): void => {
    const { dir, name } = disk.place(path)
    if (dir.entries.has(name)) throw systemError('EEXIST', path)
    disk.image.change([{ dir, name, inode: made }])
  }
  const openFile = (path: string, mode: OpenMode, permissions: number): DiskFile => {
    let inode = disk.image.find(path)
    if (inode !== undefined && mode === 'create-new') throw systemError('EEXIST', path)
    if (inode === undefined) {
      if (mode === 'read' || mode === 'update') throw systemError('ENOENT', path)
      inode = new Inode('file', permissions, life.clock.wallMs())
      create(path, inode)
    } else if (inode.kind !== 'file') throw systemError(inode.kind === 'directory' ? 'EISDIR' : 'ELOOP', path)
    else if (mode === 'create') disk.resize(inode, 0)
    return new SimFile(disk, life, inode, path)
  }
  return {
    open: (path, mode, permissions = 0o600) => run(mode === 'read' || mode === 'update' ? 'look' : 'create', path, () => openFile(path, mode, permissions)),
    makeDir: (path, permissions = 0o700) =>
      run('make-dir', path, () => {
        const names = path.split('/').filter((name) => name !== '')
        for (let count = 1; count <= names.length; count++) {
          const part = `/${names.slice(0, count).join('/')}`
          if (disk.image.find(part) === undefined) create(part, new Inode('directory', permissions, life.clock.wallMs()))
        }
      }),
    list: (path) =>
      run('look', path, () => {
        const inode = existing(path)
        if (inode.kind !== 'directory') throw systemError('ENOTDIR', path)
        return [...inode.entries].map(([name, entry]) => ({ name, kind: entry.kind })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
      }),
    stat: (path) =>
      run('look', path, () => {
        const inode = disk.image.find(path)
        return inode === undefined ? undefined : { kind: inode.kind, bytes: inode.cache.length, modifiedMs: inode.modifiedMs, mode: inode.mode }
      }),
    rename: (from, to) =>
      run('rename', from, () => {
        const inode = existing(from)
        const [source, target] = [disk.place(from), disk.place(to)]
        const replaced = target.dir.entries.get(target.name)
        if (replaced === inode) return
        if (replaced?.kind === 'directory') throw systemError('EISDIR', to)
        disk.forget(replaced)
        disk.image.change([{ ...source, inode: undefined }, { ...target, inode }])
      }),
    remove: (path) => run('remove', path, () => unlink(path, false)),
    removeDir: (path) => run('remove', path, () => unlink(path, true)),
    symlink: (target, path) => run('symlink', path, () => create(path, new Inode('symlink', 0o777, life.clock.wallMs(), target))),
    readLink: (path) => run('look', path, () => existing(path).target),
    syncDir: (path) => run('sync-dir', path, () => disk.image.syncDir(existing(path))),
    space: () => run('look', '/', () => ({ totalBytes: disk.capacityBytes, freeBytes: Math.max(0, disk.capacityBytes - disk.usedBytes) })),
  }
}
