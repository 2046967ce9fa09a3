// What the ledger says the vault is: packs, index segments, manifests and marks by name. Pure: an action changes the state or is refused, since an entry that
// removes what is not there belongs to another history.

import { Fault } from '../../../kernel/fault.ts'
import type { LedgerAction, LedgerObject, LedgerPack, LedgerState } from '../../../wire/vault/ledger.ts'

export class VaultState {
  readonly packs = new Map<string, LedgerPack>()
  readonly indexes = new Map<string, LedgerObject>()
  readonly manifests = new Map<string, LedgerObject>()
  readonly marks = new Map<string, LedgerObject>()

  /** Throws `vault-damaged` when the action does not fit; then nothing has changed. */
  apply(action: LedgerAction): void {
    this.check(action)
    switch (action.kind) {
      case 'packs':
        this.#add(action.packs, action.indexes)
        return
      case 'commit':
        put(this.manifests, [action.manifest])
        return
      case 'mark':
        take(this.marks, action.replaced)
        put(this.marks, [action.mark])
        return
      case 'remove':
        take(this.manifests, action.manifests.map(({ name }) => name))
        take(this.marks, action.marks)
        return
      case 'sweep':
        take(this.packs, action.removedPacks)
        take(this.indexes, action.removedIndexes)
        this.#add(action.packs, action.indexes)
        return
      case 'checkpoint':
        for (const map of [this.packs, this.indexes, this.manifests, this.marks]) map.clear()
        this.#add(action.state.packs, action.state.indexes)
        put(this.manifests, action.state.manifests)
        put(this.marks, action.state.marks)
    }
  }

  /** Throws `vault-damaged` when the action cannot follow. */
  check(action: LedgerAction): void {
    switch (action.kind) {
      case 'packs':
        absent(this.packs, action.packs.map(({ id }) => id))
        return absent(this.indexes, action.indexes.map(({ name }) => name))
      case 'commit':
        return absent(this.manifests, [action.manifest.name])
      case 'mark':
        present(this.marks, action.replaced)
        return absent(this.marks, [action.mark.name])
      case 'remove':
        present(this.manifests, action.manifests.map(({ name }) => name))
        return present(this.marks, action.marks)
      case 'sweep':
        present(this.packs, action.removedPacks)
        present(this.indexes, action.removedIndexes)
        absent(this.packs, action.packs.map(({ id }) => id))
        return absent(this.indexes, action.indexes.map(({ name }) => name))
      case 'checkpoint':
    }
  }

  snapshot(): LedgerState {
    return { packs: [...this.packs.values()], indexes: [...this.indexes.values()], manifests: [...this.manifests.values()], marks: [...this.marks.values()] }
  }

  #add(packs: readonly LedgerPack[], indexes: readonly LedgerObject[]): void {
    for (const pack of packs) this.packs.set(pack.id, pack)
    put(this.indexes, indexes)
  }
}

function put(map: Map<string, LedgerObject>, objects: readonly LedgerObject[]): void {
  for (const object of objects) map.set(object.name, object)
}

function take(map: Map<string, unknown>, names: readonly string[]): void {
  for (const name of names) map.delete(name)
}

function absent(map: ReadonlyMap<string, unknown>, names: readonly string[]): void {
  for (const name of names) if (map.has(name)) throw new Fault('vault-damaged', `the ledger adds ${name}, which is there`)
  if (new Set(names).size !== names.length) throw new Fault('vault-damaged', 'the ledger adds an object twice')
}

function present(map: ReadonlyMap<string, unknown>, names: readonly string[]): void {
  for (const name of names) if (!map.has(name)) throw new Fault('vault-damaged', `the ledger removes ${name}, which is not there`)
}
