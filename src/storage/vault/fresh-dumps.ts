// Dumps of a vault that another process owns meanwhile: garbage collection there may move what a dump needs into other packs, and new dumps come. What cannot be read is
// therefore read once more from the vault as it is now, from the byte on that was not given yet; only what fails twice at one place is damaged.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import type { RecipeStep, Vault, VaultDumpReader } from './contract.ts'

type Dumps = Pick<Vault, 'openDump'> & AsyncDisposable

export class FreshDumps implements AsyncDisposable {
  readonly #open: () => Promise<Dumps>
  #now: Promise<Dumps>
  /** Readers may still use them. */
  readonly #before: Promise<Dumps>[] = []

  /** `open` opens the vault as it is at that time. */
  constructor(first: Dumps, open: () => Promise<Dumps>) {
    this.#now = Promise.resolve(first)
    this.#open = open
  }

  /** As `Vault.openDump`. */
  async openDump(manifest: string): Promise<VaultDumpReader | undefined> {
    const vault = this.#now
    const reader = await (await vault).openDump(manifest).catch((error: unknown) => {
      if (!mayHaveMoved(error)) throw error
      return undefined
    })
    if (reader !== undefined) return new FreshReader(reader, () => this.#again(vault, manifest))
    // Made since, or written again since.
    return await this.#reopened(vault, manifest)
  }

  async #again(before: Promise<Dumps>, manifest: string): Promise<VaultDumpReader> {
    const reader = await this.#reopened(before, manifest)
    if (reader === undefined) throw new Fault('dump-missing', `the vault has no manifest ${manifest} any more`)
    return reader
  }

  async #reopened(before: Promise<Dumps>, manifest: string): Promise<VaultDumpReader | undefined> {
    if (this.#now === before) {
      this.#before.push(before)
      this.#now = this.#open()
    }
    return await (await this.#now).openDump(manifest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of [...this.#before, this.#now]) {
      // One that could not be opened was told of.
      const vault = await opening.catch(() => undefined)
      await vault?.[Symbol.asyncDispose]()
    }
  }
}

function mayHaveMoved(error: unknown): boolean {
  return systemErrorCode(error) === 'ENOENT' || (error instanceof Fault && (error.code === 'vault-damaged' || error.code === 'file-missing'))
}

class FreshReader implements VaultDumpReader {
  readonly #open: () => Promise<VaultDumpReader>
  readonly #readers: VaultDumpReader[]
  #reader: VaultDumpReader

  constructor(first: VaultDumpReader, open: () => Promise<VaultDumpReader>) {
    this.#reader = first
    this.#readers = [first]
    this.#open = open
  }

  get dump(): VaultDumpReader['dump'] {
    return this.#reader.dump
  }

  get bytes(): number {
    return this.#reader.bytes
  }

  get bytesRead(): number {
    return this.#readers.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
  }

  read(offset: number, length: number): ByteSource {
    const end = Math.min(this.bytes, offset + length)
    let position = offset
    let failedAt = -1
    let source = this.#reader.read(offset, length)
    let ended: Fault | undefined
    return {
      read: async () => {
        for (;;) {
          const from = this.#reader
          try {
            const piece = await source.read()
            position += piece?.length ?? 0
            return piece
          } catch (error) {
            if (ended !== undefined) throw ended
            if (failedAt === position || !mayHaveMoved(error)) throw error
            failedAt = position
            await this.#renew(from)
            source = this.#reader.read(position, end - position)
          }
        }
      },
      cancel: (reason) => {
        ended ??= reason
        source.cancel(reason)
      },
    }
  }

  async *recipe(): AsyncGenerator<RecipeStep> {
    let given = 0
    for (let failedAt = -1; ; ) {
      const from = this.#reader
      let count = 0
      try {
        for await (const step of from.recipe()) {
          if (count++ < given) continue
          given++
          yield step
        }
        return
      } catch (error) {
        if (failedAt === given || !mayHaveMoved(error)) throw error
        failedAt = given
        await this.#renew(from)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) await reader[Symbol.asyncDispose]()
  }

  /** Of several that fail at once only one opens it again. */
  async #renew(from: VaultDumpReader): Promise<void> {
    if (this.#reader !== from) return
    const reader = await this.#open()
    this.#readers.push(reader)
    this.#reader = reader
  }
}
