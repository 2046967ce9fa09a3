// Manifests: read, written, and what they say of their dumps kept in memory. Only those that the ledger names are dumps of the vault.

import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { VaultKeys } from '../../stream/vault/contract.ts'
import { MANIFEST_BYTES_MAX } from '../../wire/vault/limits.ts'
import type { LedgerObject } from '../../wire/vault/ledger.ts'
import { decodeManifest, encodeManifest, type Manifest, type ManifestFacts } from '../../wire/vault/manifest.ts'
import type { VaultDump } from './contract.ts'
import { sha256Of } from './ledger/ledger-chain.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { MarkStore } from './mark-store.ts'
import { naming, type VaultDirectory } from './vault-directory.ts'

const SEAL_BYTES = 1024

export class ManifestStore {
  readonly #directory: VaultDirectory
  readonly #keys: VaultKeys
  readonly #ledger: Ledger
  readonly #marks: MarkStore
  readonly #log: Log
  readonly #facts = new Map<string, ManifestFacts>()

  constructor(directory: VaultDirectory, keys: VaultKeys, ledger: Ledger, marks: MarkStore, log: Log) {
    this.#log = log
    this.#directory = directory
    this.#keys = keys
    this.#ledger = ledger
    this.#marks = marks
  }

  /** Listed dumps, newest first. One whose manifest is damaged is left out; the check names it, and until it is forgotten no garbage is collected. */
  async dumps(): Promise<readonly VaultDump[]> {
    const dumps: VaultDump[] = []
    for (const name of this.#ledger.state.manifests.keys()) {
      try {
        const dump = await this.dump(name)
        if (dump !== undefined) dumps.push(dump)
      } catch (error) {
        const { code, message } = faultOf(error)
        if (code !== 'vault-damaged') throw error
        this.#log.error('the manifest of a dump cannot be read', { manifest: name, error: message })
      }
    }
    return dumps.toSorted((a, b) => compare(b.run, a.run) || b.endedMs - a.endedMs || compare(b.manifest, a.manifest))
  }

  /** Undefined when no such dump is listed. */
  async dump(name: string): Promise<VaultDump | undefined> {
    if (!this.#ledger.state.manifests.has(name)) return undefined
    const facts = this.#facts.get(name) ?? (await this.read(name)).facts
    this.#facts.set(name, facts)
    const mark = await this.#marks.of(name)
    const { ledgerSeq: _ledgerSeq, ...rest } = facts
    return { ...rest, manifest: name, verifiedMs: mark?.verifiedMs, tags: mark?.tags ?? [], isPinned: mark?.isPinned ?? false }
  }

  /** Rejects with `vault-damaged` when it is not the manifest that the ledger names. */
  async read(name: string): Promise<Manifest> {
    const object = `manifests/${name}`
    const sealed = await this.#directory.read(object, MANIFEST_BYTES_MAX + SEAL_BYTES)
    return naming(object, () => {
      const listed = this.#ledger.state.manifests.get(name)
      if (listed !== undefined && sha256Of(sealed) !== listed.sha256) throw new Fault('vault-damaged', 'it is not the manifest that the ledger names')
      return decodeManifest(this.#keys.open('manifest', name, sealed))
    })
  }

  /** Durable when it resolves, and not yet listed. */
  async write(name: string, manifest: Manifest): Promise<LedgerObject> {
    const sealed = this.#keys.seal('manifest', name, encodeManifest(manifest))
    await this.#directory.write(`manifests/${name}`, [sealed])
    return { name, bytes: sealed.length, sha256: sha256Of(sealed) }
  }

  forget(name: string): void {
    this.#facts.delete(name)
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
