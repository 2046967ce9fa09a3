// The plain text of an object of the ledger: one step of the vault's life, chained to the one before it by the SHA-256 of its sealed bytes. What the ledger names is the vault; what it
// does not name is garbage. Docs: docs/formats/vault.md.

import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import { canonicalJson, JsonReader, type JsonFields } from './json-fields.ts'
import { LEDGER_BYTES_MAX, PACK_ID_BYTES } from './limits.ts'

const VERSION = 1
const SHA_BYTES = 32

/** 64 hexadecimal digits. Of the whole sealed object, or, for a pack, of its sealed trailer and footer. */
type Sha256 = string

export interface LedgerPack {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly bytes: number
  readonly sha256: Sha256
  /** Dedup domain. */
  readonly domain: string
  readonly segments: number
  readonly plainBytes: number
  readonly createdMs: number
}

/** An index segment, a manifest or a mark. */
export interface LedgerObject {
  readonly name: string
  readonly bytes: number
  readonly sha256: Sha256
}

export interface LedgerState {
  readonly packs: readonly LedgerPack[]
  readonly indexes: readonly LedgerObject[]
  readonly manifests: readonly LedgerObject[]
  readonly marks: readonly LedgerObject[]
}

export type LedgerAction =
  /** Packs became durable, and index segments that say what is in them. */
  | { readonly kind: 'packs'; readonly packs: readonly LedgerPack[]; readonly indexes: readonly LedgerObject[] }
  /** A dump is listed from here on. */
  | { readonly kind: 'commit'; readonly manifest: LedgerObject }
  /** A mark of a dump; those that it replaces go. */
  | { readonly kind: 'mark'; readonly mark: LedgerObject; readonly replaced: readonly string[] }
  /** Dumps are listed no more. Their marks go with them. */
  | { readonly kind: 'remove'; readonly manifests: readonly { readonly name: string; readonly why: string }[]; readonly marks: readonly string[] }
  /** Packs and index segments take the place of others, which may be deleted. */
  | { readonly kind: 'sweep'; readonly packs: readonly LedgerPack[]; readonly indexes: readonly LedgerObject[]; readonly removedPacks: readonly string[]; readonly removedIndexes: readonly string[] }
  /** All that there is. Older entries may be deleted. */
  | { readonly kind: 'checkpoint'; readonly state: LedgerState }

export interface LedgerEntry {
  /** From 1, without gaps. */
  readonly seq: number
  /** Of the sealed entry before; 64 zeros for the first. */
  readonly previous: Sha256
  readonly atMs: number
  readonly action: LedgerAction
}

/** Name of the entry's file below `ledger/`: the number as 16 hexadecimal digits. */
export function ledgerName(seq: number): string {
  return seq.toString(16).padStart(16, '0')
}

export function encodeLedgerEntry(entry: LedgerEntry): Uint8Array {
  const action: JsonFields = { ...entry.action } as JsonFields
  const bytes = Buffer.from(canonicalJson({ version: VERSION, seq: entry.seq, previous: entry.previous, atMs: entry.atMs, action }), 'utf8')
  assert(bytes.length <= LEDGER_BYTES_MAX, 'an entry of the ledger is at most LEDGER_BYTES_MAX long')
  return bytes
}

export function decodeLedgerEntry(bytes: Uint8Array): LedgerEntry {
  const json = JsonReader.of(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), 'an entry of the ledger')
  const version = json.count('version')
  if (version > VERSION) throw new Fault('vault-newer', `the ledger has version ${version} of the format, and this program knows version ${VERSION}`)
  return { seq: json.count('seq'), previous: json.hex('previous', SHA_BYTES), atMs: json.count('atMs'), action: readAction(json.object('action')) }
}

const KINDS = ['packs', 'commit', 'mark', 'remove', 'sweep', 'checkpoint'] as const

function readAction(json: JsonReader): LedgerAction {
  const kind = json.oneOf('kind', KINDS)
  switch (kind) {
    case 'packs':
      return { kind, packs: readPacks(json), indexes: readObjects(json, 'indexes') }
    case 'commit':
      return { kind, manifest: readObject(json.object('manifest')) }
    case 'mark':
      return { kind, mark: readObject(json.object('mark')), replaced: json.texts('replaced') }
    case 'remove':
      return { kind, manifests: json.objects('manifests').map((each) => ({ name: each.objectName('name'), why: each.text('why') })), marks: json.texts('marks') }
    case 'sweep':
      return { kind, packs: readPacks(json), indexes: readObjects(json, 'indexes'), removedPacks: json.texts('removedPacks'), removedIndexes: json.texts('removedIndexes') }
    case 'checkpoint': {
      const state = json.object('state')
      return { kind, state: { packs: readPacks(state), indexes: readObjects(state, 'indexes'), manifests: readObjects(state, 'manifests'), marks: readObjects(state, 'marks') } }
    }
  }
}

function readPacks(json: JsonReader): readonly LedgerPack[] {
  return json.objects('packs').map((each) => ({ id: each.hex('id', PACK_ID_BYTES), bytes: each.count('bytes'), sha256: each.hex('sha256', SHA_BYTES), domain: each.text('domain'), segments: each.count('segments'), plainBytes: each.count('plainBytes'), createdMs: each.count('createdMs') }))
}

function readObjects(json: JsonReader, name: string): readonly LedgerObject[] {
  return json.objects(name).map(readObject)
}

function readObject(json: JsonReader): LedgerObject {
  return { name: json.objectName('name'), bytes: json.count('bytes'), sha256: json.hex('sha256', SHA_BYTES) }
}
