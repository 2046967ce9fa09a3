// Writes the ledger: one entry at a time, each the commit point of what it names. When an entry may or may not have become durable, nothing is written before that
// is known. Every so often a checkpoint says the whole state, and older entries go.

import type { Clock } from '../../../kernel/clock.ts'
import { Turns } from '../../../kernel/turns.ts'
import type { VaultKeys } from '../../../stream/vault/contract.ts'
import { encodeLedgerEntry, ledgerName, type LedgerAction } from '../../../wire/vault/ledger.ts'
import type { VaultDirectory } from '../vault-directory.ts'
import { sha256Of, type LedgerChain, type LedgerHead } from './ledger-chain.ts'
import { VaultState } from './ledger-state.ts'

/** A checkpoint is due when the entries since the last are longer than it, so that all checkpoints together cost no more than all entries. */
const CHECKPOINT_BYTES_MIN = 256 * 1024

export interface LedgerParts {
  readonly directory: VaultDirectory
  readonly keys: VaultKeys
  readonly clock: Clock
  /** Rejects when this process does not own the vault any more. */
  readonly stillOwned: () => Promise<void>
  /** Told of each new head, once it is durable. */
  readonly onHead: (head: LedgerHead) => Promise<void>
  readonly checkpointBytesMin?: number
}

interface WrittenEntry {
  readonly head: LedgerHead
  readonly bytes: number
  readonly action: LedgerAction
  readonly applied: () => void
}

export class Ledger {
  readonly state: VaultState
  readonly #parts: LedgerParts
  readonly #turns = new Turns()
  #head: LedgerHead
  #bytesSince: number
  #checkpointBytes: number
  #stale: readonly string[]
  /** Its file was named, and then the disk failed: it counts if it is there. */
  #unsettled: WrittenEntry | undefined

  constructor(parts: LedgerParts, chain: Pick<LedgerChain, 'head' | 'state' | 'bytesSince' | 'checkpointBytes' | 'stale'>) {
    this.#parts = parts
    this.state = chain.state
    this.#head = chain.head
    this.#bytesSince = chain.bytesSince
    this.#checkpointBytes = chain.checkpointBytes
    this.#stale = chain.stale
  }

  get head(): LedgerHead {
    return this.#head
  }

  /**
   * Writes an entry. `prepare` runs when it is its turn, with the number of the newest entry, and says the action; `applied` runs as soon as the entry is durable,
   * before any other is begun. When it rejects, the entry is not there, or `settle` will find out that it is.
   */
  append(prepare: (seq: number) => Promise<LedgerAction>, applied: () => void): Promise<void> {
    return this.#turns.take(async () => {
      await this.#settle()
      const action = await prepare(this.#head.seq)
      await this.#write(action, applied)
      // The entry counts; a checkpoint that fails is tried again behind the next.
      if (this.#bytesSince > Math.max(this.#checkpointBytes, this.#parts.checkpointBytesMin ?? CHECKPOINT_BYTES_MIN)) await this.#checkpoint().catch(() => undefined)
    })
  }

  /** Resolves when all is known that was written before. */
  settle(): Promise<void> {
    return this.#turns.take(() => this.#settle())
  }

  /** Runs `work` while no entry is written and the fate of all is known: what the ledger does not name then is named by nobody who waits for it. */
  exclusive(work: () => Promise<void>): Promise<void> {
    return this.#turns.take(async () => {
      await this.#settle()
      await work()
    })
  }

  /** Removes entries that a checkpoint has made needless. */
  async removeStale(): Promise<void> {
    const stale = this.#stale
    this.#stale = []
    for (const name of stale) await this.#parts.directory.remove(`ledger/${name}`)
  }

  async #write(action: LedgerAction, applied: () => void): Promise<void> {
    const { directory, keys, clock, stillOwned } = this.#parts
    this.state.check(action)
    const seq = this.#head.seq + 1
    const name = ledgerName(seq)
    const sealed = keys.seal('ledger', name, encodeLedgerEntry({ seq, previous: this.#head.sha256, atMs: Math.max(0, Math.floor(clock.wallMs())), action }))
    const written: WrittenEntry = { head: { seq, sha256: sha256Of(sealed) }, bytes: sealed.length, action, applied }
    await stillOwned()
    const draft = await directory.draft(`ledger/${name}`)
    try {
      await draft.append([sealed])
      await draft.commit()
    } catch (error) {
      if (draft.isNamed) this.#unsettled = written
      else await draft.drop().catch(() => undefined)
      throw error
    }
    await this.#took(written)
  }

  async #took(written: WrittenEntry): Promise<void> {
    this.#unsettled = undefined
    this.#head = written.head
    this.state.apply(written.action)
    if (written.action.kind === 'checkpoint') {
      this.#checkpointBytes = written.bytes
      this.#bytesSince = 0
    } else this.#bytesSince += written.bytes
    written.applied()
    await this.#parts.onHead(written.head)
  }

  async #settle(): Promise<void> {
    const unsettled = this.#unsettled
    if (unsettled === undefined) return
    const { directory } = this.#parts
    const name = `ledger/${ledgerName(unsettled.head.seq)}`
    if ((await directory.disk.stat(directory.path(name))) === undefined) this.#unsettled = undefined
    else {
      await directory.syncDir('ledger')
      await this.#took(unsettled)
    }
  }

  async #checkpoint(): Promise<void> {
    const first = this.#head.seq
    const since = await this.#parts.directory.list('ledger')
    await this.#write({ kind: 'checkpoint', state: this.state.snapshot() }, () => undefined)
    this.#stale = since.filter((name) => /^[0-9a-f]{16}$/.test(name) && Number.parseInt(name, 16) <= first)
    // Whoever dies here leaves entries that the next who opens the vault removes.
    await this.removeStale()
  }
}

/** The first entry of a new vault. */
export async function beginLedger(directory: VaultDirectory, keys: VaultKeys, atMs: number): Promise<void> {
  const name = ledgerName(1)
  await directory.write(`ledger/${name}`, [keys.seal('ledger', name, encodeLedgerEntry({ seq: 1, previous: '0'.repeat(64), atMs, action: { kind: 'checkpoint', state: new VaultState().snapshot() } }))])
}
