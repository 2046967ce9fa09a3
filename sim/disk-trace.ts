// Records what a real run does to a real disk, and makes a simulated disk of any beginning of it: so a run that happened once can lose its power at each of its steps. Steps are noted when
// they are done, as the simulated disk carries them out; a sync promises what was written before it was called.

import type { Disk, DiskFile } from '../src/kernel/disk.ts'
import { DiskImage, Inode } from './disk-image.ts'
import { parentOf } from '../src/kernel/disk.ts'

type TraceStep =
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'write'; readonly file: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly bytes: number }
  /** The first `changes` changes of the file are durable. */
  | { readonly kind: 'sync'; readonly file: number; readonly changes: number }
  | { readonly kind: 'make-dir' | 'remove' | 'sync-dir'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }

export class DiskTrace {
  readonly #steps: TraceStep[] = []
  readonly #root: string
  readonly #files = new Map<string, number>()
  readonly #changes: number[] = []

  /** Of what happens below `root`, whose paths begin with `/` in the trace. */
  constructor(root: string) {
    this.#root = root
  }

  get length(): number {
    return this.#steps.length
  }

  /** `disk` with everything noted that is done to it. */
  record(disk: Disk): Disk {
    const noted = async (work: Promise<void>, step: TraceStep): Promise<void> => {
      await work
      this.#steps.push(step)
    }
    return {
      ...disk,
      open: async (path, mode, permissions) => {
        const name = this.#name(path)
        const isNew = mode === 'create-new' || (mode === 'create' && !this.#files.has(name))
        const file = await disk.open(path, mode, permissions)
        if (isNew) {
          this.#files.set(name, this.#changes.length)
          this.#steps.push({ kind: 'create', path: name, file: this.#changes.length })
          this.#changes.push(0)
        }
        const number = this.#files.get(name)
        if (number === undefined) throw new Error(`${path} was there before the trace began`)
        if (mode === 'create' && !isNew) this.#change({ kind: 'truncate', file: number, bytes: 0 })
        return this.#file(file, number)
      },
      makeDir: (path, permissions) => noted(disk.makeDir(path, permissions), { kind: 'make-dir', path: this.#name(path) }),
      rename: async (from, to) => {
        const [path, target] = [this.#name(from), this.#name(to)]
        await noted(disk.rename(from, to), { kind: 'rename', path, to: target })
        const file = this.#files.get(path)
        this.#files.delete(path)
        if (file !== undefined) this.#files.set(target, file)
      },
      remove: async (path) => {
        await noted(disk.remove(path), { kind: 'remove', path: this.#name(path) })
        this.#files.delete(this.#name(path))
      },
      removeDir: (path) => noted(disk.removeDir(path), { kind: 'remove', path: this.#name(path) }),
      syncDir: (path) => noted(disk.syncDir(path), { kind: 'sync-dir', path: this.#name(path) }),
      symlink: () => Promise.reject(new Error('links are not traced')),
    }
  }

  /** A disk after the first `count` steps, with what was not durable then still not durable. */
  after(count: number): DiskImage {
    const image = new DiskImage()
    const files: Inode[] = []
    const file = (number: number): Inode => files[number] ?? missing(`file ${number}`)
    for (const step of this.#steps.slice(0, count)) {
      switch (step.kind) {
        case 'create':
          files[step.file] = new Inode('file', 0o600, 0)
          put(image, step.path, files[step.file])
          break
        case 'write':
          file(step.file).write(step.at, step.bytes)
          break
        case 'truncate':
          file(step.file).truncate(step.bytes)
          break
        case 'sync':
          file(step.file).sync(step.changes)
          break
        case 'make-dir':
          makeDirs(image, step.path)
          break
        case 'remove':
          if (image.find(step.path) !== undefined) put(image, step.path, undefined)
          break
        case 'rename':
          rename(image, step.path, step.to)
          break
        case 'sync-dir':
          image.syncDir(image.find(step.path) ?? missing(step.path))
      }
    }
    return image
  }

  /** For people: what step `count` was. */
  describe(count: number): string {
    const step = this.#steps[count - 1]
    if (step === undefined) return 'the beginning'
    return `${step.kind} ${'path' in step ? step.path : `of file ${step.file}`}`
  }

  #file(file: DiskFile, number: number): DiskFile {
    return {
      read: (target, position) => file.read(target, position),
      size: () => file.size(),
      close: () => file.close(),
      [Symbol.asyncDispose]: () => file.close(),
      write: async (pieces, position) => {
        // What is written is the writer's again when it is done.
        const bytes = Uint8Array.from(Buffer.concat(pieces))
        await file.write(pieces, position)
        if (bytes.length > 0) this.#change({ kind: 'write', file: number, at: position, bytes })
      },
      truncate: async (bytes) => {
        await file.truncate(bytes)
        this.#change({ kind: 'truncate', file: number, bytes })
      },
      sync: async () => {
        const changes = this.#changes[number] ?? 0
        await file.sync()
        this.#steps.push({ kind: 'sync', file: number, changes })
      },
    }
  }

  #change(step: Extract<TraceStep, { readonly kind: 'write' | 'truncate' }>): void {
    this.#steps.push(step)
    this.#changes[step.file] = (this.#changes[step.file] ?? 0) + 1
  }

  #name(path: string): string {
    return path.slice(this.#root.length) || '/'
  }
}

function missing(what: string): never {
  throw new Error(`the trace has no ${what}`)
}

function place(image: DiskImage, path: string): { readonly dir: Inode; readonly name: string } {
  return { dir: image.find(parentOf(path)) ?? missing(parentOf(path)), name: path.slice(path.lastIndexOf('/') + 1) }
}

function put(image: DiskImage, path: string, inode: Inode | undefined): void {
  image.change([{ ...place(image, path), inode }])
}

function rename(image: DiskImage, from: string, to: string): void {
  const inode = image.find(from) ?? missing(from)
  image.change([{ ...place(image, from), inode: undefined }, { ...place(image, to), inode }])
}

function makeDirs(image: DiskImage, path: string): void {
  const names = path.split('/').filter((name) => name !== '')
  for (let count = 1; count <= names.length; count++) {
    const part = `/${names.slice(0, count).join('/')}`
    if (image.find(part) === undefined) put(image, part, new Inode('directory', 0o700, 0))
  }
}
