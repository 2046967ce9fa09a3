// Reads the ledger of a vault from its newest checkpoint on and follows the chain of hashes. A gap, a damaged entry, or one that belongs elsewhere is named; nothing
// is guessed.

import { createHash } from 'node:crypto'
import { Fault } from '../../../kernel/fault.ts'
import type { VaultKeys } from '../../../stream/vault/contract.ts'
import { decodeLedgerEntry, ledgerName, type LedgerEntry } from '../../../wire/vault/ledger.ts'
import { LEDGER_BYTES_MAX } from '../../../wire/vault/limits.ts'
import { naming, type VaultDirectory } from '../vault-directory.ts'
import { VaultState } from './ledger-state.ts'

const NAME = /^[0-9a-f]{16}$/
/** A sealed object is a little longer than what is in it. */
const SEAL_BYTES_MAX = 1024
const NO_HASH = '0'.repeat(64)

/** The newest entry. */
export interface LedgerHead {
  readonly seq: number
  /** Hexadecimal; of the sealed entry. */
  readonly sha256: string
}

export interface LedgerChain {
  readonly head: LedgerHead
  readonly state: VaultState
  /** The checkpoint that the state was read from, 1 for none, and the bytes of all entries since. */
  readonly checkpointSeq: number
  readonly bytesSince: number
  readonly checkpointBytes: number
  /** Entries before the checkpoint, which nobody needs, and names that are no entries. */
  readonly stale: readonly string[]
  readonly foreign: readonly string[]
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export async function readLedgerChain(directory: VaultDirectory, keys: VaultKeys): Promise<LedgerChain> {
  const names = await directory.list('ledger')
  const seqs = names.filter((name) => NAME.test(name)).map((name) => Number.parseInt(name, 16)).toSorted((a, b) => a - b)
  const newest = seqs.at(-1)
  if (newest === undefined) throw new Fault('vault-damaged', 'ledger: there is no entry', { context: { object: 'ledger' } })
  const entries: { readonly entry: LedgerEntry; readonly bytes: number; readonly sha256: string }[] = []
  let wanted: string | undefined
  for (let seq = newest; ; seq--) {
    const read = await readEntry(directory, keys, seq)
    if (wanted !== undefined && read.sha256 !== wanted) throw new Fault('vault-damaged', `ledger/${ledgerName(seq)} is not the entry that the next one follows: it was swapped or rolled back`, { context: { object: `ledger/${ledgerName(seq)}` } })
    entries.push(read)
    if (read.entry.action.kind === 'checkpoint') break
    wanted = read.entry.previous
    if (seq === 1) {
      if (wanted !== NO_HASH) throw new Fault('vault-damaged', 'ledger: its first entry follows another', { context: { object: `ledger/${ledgerName(1)}` } })
      break
    }
  }
  const state = new VaultState()
  for (const { entry } of entries.toReversed()) naming(`ledger/${ledgerName(entry.seq)}`, () => state.apply(entry.action))
  const oldest = entries.at(-1)
  const checkpointSeq = oldest?.entry.seq ?? 1
  return {
    head: { seq: newest, sha256: entries[0]?.sha256 ?? NO_HASH },
    state,
    checkpointSeq,
    checkpointBytes: oldest?.bytes ?? 0,
    bytesSince: entries.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0),
    stale: seqs.filter((seq) => seq < checkpointSeq).map(ledgerName),
    foreign: names.filter((name) => !NAME.test(name)),
  }
}

async function readEntry(directory: VaultDirectory, keys: VaultKeys, seq: number): Promise<{ readonly entry: LedgerEntry; readonly bytes: number; readonly sha256: string }> {
  const name = ledgerName(seq)
  const object = `ledger/${name}`
  const sealed = await directory.read(object, LEDGER_BYTES_MAX + SEAL_BYTES_MAX)
  return naming(object, () => {
    const entry = decodeLedgerEntry(keys.open('ledger', name, sealed))
    if (entry.seq !== seq) throw new Fault('vault-damaged', `it says that it is entry ${entry.seq}`)
    return { entry, bytes: sealed.length, sha256: sha256Of(sealed) }
  })
}
