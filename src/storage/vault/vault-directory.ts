// The objects of a vault as files below its directory. An object comes into being whole: written as NAME.tmp, synced, renamed, its directory synced. It is never
// written again, and no name is used twice. What lies below must never be asked for by a name that came from a peer.

import { createHash, type Hash } from 'node:crypto'
import { assert } from '../../kernel/assert.ts'
import { parentOf, readFile, type Disk, type DiskFile } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'

export const UNFINISHED = '.tmp'

/** An object on its way in. */
export interface ObjectDraft {
  readonly bytes: number
  /** It may stand under its name. */
  readonly isNamed: boolean
  /** Hexadecimal; empty unless it was asked for. */
  sha256(): string
  append(pieces: readonly Uint8Array[]): Promise<void>
  read(target: Uint8Array, position: number): Promise<number>
  /** What lies behind is written again. */
  truncate(bytes: number): Promise<void>
  /** Durable under its name when it resolves. */
  commit(): Promise<void>
  /** Nothing of it stays. Also after a failed `commit`. */
  drop(): Promise<void>
}

export class VaultDirectory {
  readonly disk: Disk
  readonly root: string
  readonly #madeDirs = new Set<string>()

  constructor(disk: Disk, root: string) {
    this.disk = disk
    this.root = root
  }

  path(name: string): string {
    return `${this.root}/${name}`
  }

  /** `isHashed`: `sha256` says the hash of all that was appended, which then comes in order. */
  async draft(name: string, isHashed = false): Promise<ObjectDraft> {
    const path = this.path(name)
    await this.#makeDir(parentOf(name))
    const file = await this.disk.open(path + UNFINISHED, 'create')
    return new FileDraft(this.disk, path, file, isHashed)
  }

  async write(name: string, pieces: readonly Uint8Array[]): Promise<void> {
    const draft = await this.draft(name)
    try {
      await draft.append(pieces)
      await draft.commit()
    } catch (error) {
      await draft.drop().catch(() => undefined)
      throw error
    }
  }

  /** Rejects with `vault-damaged` when it is missing or larger than `limitBytes`. */
  async read(name: string, limitBytes: number): Promise<Buffer> {
    const stat = await this.disk.stat(this.path(name))
    if (stat?.kind !== 'file') throw missing(name)
    if (stat.bytes > limitBytes) throw new Fault('vault-damaged', `${name} has ${stat.bytes} bytes`, { context: { object: name } })
    try {
      return await readFile(this.disk, this.path(name), limitBytes)
    } catch (error) {
      throw systemErrorCode(error) === 'ENOENT' ? missing(name) : error
    }
  }

  /** Rejects with `vault-damaged` when it is missing. */
  async open(name: string): Promise<{ readonly file: DiskFile; readonly bytes: number }> {
    try {
      const file = await this.disk.open(this.path(name), 'read')
      return { file, bytes: await file.size() }
    } catch (error) {
      throw systemErrorCode(error) === 'ENOENT' ? missing(name) : error
    }
  }

  /** Names in a directory of the vault, with the bytes and age of each file; none when there is no such directory. */
  async list(dir: string): Promise<readonly string[]> {
    try {
      return (await this.disk.list(this.path(dir))).map(({ name }) => name)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return []
      throw error
    }
  }

  async remove(name: string): Promise<void> {
    await this.disk.remove(this.path(name))
  }

  async syncDir(dir: string): Promise<void> {
    await this.disk.syncDir(this.path(dir))
  }

  /** A directory that is new is durable before anything in it is. */
  async #makeDir(dir: string): Promise<void> {
    if (this.#madeDirs.has(dir)) return
    if (dir.includes('/')) await this.#makeDir(parentOf(dir))
    const path = this.path(dir)
    if ((await this.disk.stat(path)) === undefined) await this.disk.makeDir(path)
    // Somebody may have made it and died before it was durable.
    await this.disk.syncDir(parentOf(path))
    this.#madeDirs.add(dir)
  }
}

class FileDraft implements ObjectDraft {
  readonly #disk: Disk
  readonly #path: string
  readonly #file: DiskFile
  #bytes = 0
  #isOpen = true
  isNamed = false
  readonly #hash: Hash | undefined

  constructor(disk: Disk, path: string, file: DiskFile, isHashed: boolean) {
    this.#hash = isHashed ? createHash('sha256') : undefined
    this.#disk = disk
    this.#path = path
    this.#file = file
  }

  get bytes(): number {
    return this.#bytes
  }

  async append(pieces: readonly Uint8Array[]): Promise<void> {
    assert(this.#isOpen, 'an object is written after its end')
    const at = this.#bytes
    for (const piece of pieces) {
      this.#bytes += piece.length
      this.#hash?.update(piece)
    }
    await this.#file.write(pieces, at)
  }

  sha256(): string {
    return this.#hash?.digest('hex') ?? ''
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#file.read(target, position)
  }

  async truncate(bytes: number): Promise<void> {
    await this.#file.truncate(bytes)
    this.#bytes = bytes
  }

  async commit(): Promise<void> {
    assert(this.#isOpen, 'an object ends twice')
    await this.#file.sync()
    this.#isOpen = false
    await this.#file.close()
    this.isNamed = true
    await this.#disk.rename(this.#path + UNFINISHED, this.#path)
    await this.#disk.syncDir(parentOf(this.#path))
  }

  async drop(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false
      await this.#file.close()
    }
    await this.#disk.remove(this.#path + UNFINISHED)
  }
}

/** Reads exactly `count` bytes at `position`; rejects with `vault-damaged` where the file ends before. */
export async function readExactly(file: DiskFile, name: string, position: number, count: number): Promise<Buffer> {
  const target = Buffer.allocUnsafeSlow(count)
  let filled = 0
  while (filled < count) {
    const got = await file.read(target.subarray(filled), position + filled)
    if (got === 0) throw new Fault('vault-damaged', `${name} ends at ${position + filled}, before ${position + count}`, { context: { object: name } })
    filled += got
  }
  return target
}

function missing(name: string): Fault {
  return new Fault('vault-damaged', `${name} is missing`, { context: { object: name } })
}

/** Runs `work` and names the object in what it throws about bytes. */
export function naming<Result>(name: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof Fault && error.context['object'] === undefined) throw new Fault(error.code === 'wire-malformed' ? 'vault-damaged' : error.code, `${name}: ${error.message}`, { cause: error, context: { object: name } })
    throw error
  }
}
