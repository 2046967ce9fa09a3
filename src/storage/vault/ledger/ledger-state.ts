// What the ledger says the vault is: packs, index segments, manifests and marks by name. Pure: an action changes the state or is refused, since an entry that
// removes what is not there belongs to another history.

import { Fault } from '../../../kernel/fault.ts'
import type { LedgerAction, LedgerObject, LedgerPack, LedgerState } from '../../../wire/vault/ledger.ts'

export class VaultState {
  readonly packs = new Map<string, LedgerPack>()
  readonly indexes = new Map<string, LedgerObject>()
  readonly manifests = new Map<string, LedgerObject>()
  readonly marks = new Map<string, LedgerObject>()

  apply(action: LedgerAction): void {
    switch (action.kind) {
      case 'packs':
        put(this.packs, action.packs, ({ id }) => id)
        put(this.indexes, action.indexes, ({ name }) => name)
        return
      case 'commit':
        put(this.manifests, [action.manifest], ({ name }) => name)
        return
      case 'mark':
        take(this.marks, action.replaced)
        put(this.marks, [action.mark], ({ name }) => name)
        return
      case 'remove':
        take(this.manifests, action.manifests.map(({ name }) => name))
        take(this.marks, action.marks)
        return
      case 'sweep':
        take(this.packs, action.removedPacks)
        take(this.indexes, action.removedIndexes)
        put(this.packs, action.packs, ({ id }) => id)
        put(this.indexes, action.indexes, ({ name }) => name)
        return
      case 'checkpoint':
        this.#become(action.state)
    }
  }

  snapshot(): LedgerState {
    return { packs: [...this.packs.values()], indexes: [...this.indexes.values()], manifests: [...this.manifests.values()], marks: [...this.marks.values()] }
  }

  #become(state: LedgerState): void {
    for (const map of [this.packs, this.indexes, this.manifests, this.marks]) map.clear()
    put(this.packs, state.packs, ({ id }) => id)
    put(this.indexes, state.indexes, ({ name }) => name)
    put(this.manifests, state.manifests, ({ name }) => name)
    put(this.marks, state.marks, ({ name }) => name)
  }
}

function put<Item>(map: Map<string, Item>, items: readonly Item[], nameOf: (item: Item) => string): void {
  for (const item of items) {
    const name = nameOf(item)
    if (map.has(name)) throw new Fault('vault-damaged', `the ledger adds ${name} twice`)
    map.set(name, item)
  }
}

function take(map: Map<string, unknown>, names: readonly string[]): void {
  for (const name of names) if (!map.delete(name)) throw new Fault('vault-damaged', `the ledger removes ${name}, which is not there`)
}
