// Tags, pins and dates of verification. A mark is an object that says all of them for one dump; the ledger names it, so that one that is missing or old is noticed.

import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import type { VaultKeys } from '../../stream/vault/contract.ts'
import { MARK_BYTES_MAX } from '../../wire/vault/limits.ts'
import { decodeMark, encodeMark, type DumpMark } from '../../wire/vault/mark.ts'
import { sha256Of } from './ledger/ledger-chain.ts'
import type { Ledger } from './ledger/ledger.ts'
import { hexOf } from './packs/pack-writer.ts'
import { naming, type VaultDirectory } from './vault-directory.ts'

export type MarkChange = Partial<Pick<DumpMark, 'tags' | 'isPinned' | 'verifiedMs'>>

export class MarkStore {
  readonly #directory: VaultDirectory
  readonly #keys: VaultKeys
  readonly #ledger: Ledger
  readonly #random: Random
  readonly #log: Log
  readonly #marks = new Map<string, DumpMark>()
  #isLoaded = false

  constructor(directory: VaultDirectory, keys: VaultKeys, ledger: Ledger, random: Random, log: Log) {
    this.#random = random
    this.#log = log
    this.#directory = directory
    this.#keys = keys
    this.#ledger = ledger
  }

  async of(manifest: string): Promise<DumpMark | undefined> {
    await this.#load()
    return this.#marks.get(manifest)
  }

  /** Durable when it resolves. The dump must be listed. */
  async change(manifest: string, change: MarkChange, atMs: number): Promise<void> {
    await this.#load()
    let mark: DumpMark | undefined
    let replaced: readonly string[] = []
    await this.#ledger.append(
      async () => {
        if (!this.#ledger.state.manifests.has(manifest)) throw new Fault('dump-missing', `the vault lists no dump ${manifest}`)
        const old = this.#marks.get(manifest)
        mark = { manifest, number: (old?.number ?? 0) + 1, tags: old?.tags ?? [], isPinned: old?.isPinned ?? false, verifiedMs: old?.verifiedMs, ...change, atMs }
        replaced = marksOf(this.#ledger.state.marks.keys(), manifest)
        // A mark that was written and did not come into the ledger has used its number: the name must still be new.
        const name = `${manifest}.${mark.number}-${hexOf(this.#random.bytes(4))}`
        const sealed = this.#keys.seal('mark', name, encodeMark(mark))
        await this.#directory.write(`marks/${name}`, [sealed])
        return { kind: 'mark', mark: { name, bytes: sealed.length, sha256: sha256Of(sealed) }, replaced }
      },
      () => {
        if (mark !== undefined) this.#marks.set(manifest, mark)
      },
    )
    for (const name of replaced) await this.#directory.remove(`marks/${name}`)
  }

  /** Names of the marks of a dump, for the ledger. */
  namesOf(manifest: string): readonly string[] {
    return marksOf(this.#ledger.state.marks.keys(), manifest)
  }

  forget(manifest: string): void {
    this.#marks.delete(manifest)
  }

  /** Rejects with `vault-damaged` when it is not the mark that the ledger names. */
  async read(name: string): Promise<DumpMark> {
    const object = `marks/${name}`
    const sealed = await this.#directory.read(object, MARK_BYTES_MAX + 1024)
    return naming(object, () => {
      if (sha256Of(sealed) !== this.#ledger.state.marks.get(name)?.sha256) throw new Fault('vault-damaged', 'it is not the mark that the ledger names')
      return decodeMark(this.#keys.open('mark', name, sealed))
    })
  }

  /** A dump whose mark is damaged may have been pinned: it counts as pinned. */
  async #readOrPin(name: string): Promise<DumpMark> {
    try {
      return await this.read(name)
    } catch (error) {
      const { code, message } = faultOf(error)
      if (code !== 'vault-damaged') throw error
      this.#log.error('a mark cannot be read; its dump counts as pinned', { mark: name, error: message })
      return { manifest: name.slice(0, name.lastIndexOf('.')), number: 0, tags: [], isPinned: true, verifiedMs: undefined, atMs: 0 }
    }
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return
    for (const name of this.#ledger.state.marks.keys()) {
      const mark = await this.#readOrPin(name)
      const other = this.#marks.get(mark.manifest)
      if (other === undefined || other.number < mark.number) this.#marks.set(mark.manifest, mark)
    }
    this.#isLoaded = true
  }
}

function marksOf(names: Iterable<string>, manifest: string): readonly string[] {
  return [...names].filter((name) => name.slice(0, name.lastIndexOf('.')) === manifest)
}
