// The plain bytes of a manifest: u32 and JSON of what is said of the dump, then an entry for each segment of its recipe (recipe-entries.ts). Tags, pins and dates of
// verification change later and stand in marks.

import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import { canonicalJson, JsonReader, type JsonFields } from './json-fields.ts'
import { MANIFEST_BYTES_MAX } from './limits.ts'
import { decodeRecipeEntries, encodeRecipeEntries } from './recipe-entries.ts'
import type { RecipeEntry } from './uplink.ts'
import { VaultReader, VaultWriter } from './vault-bytes.ts'

const VERSION = 1
const JSON_BYTES_MAX = 1024 * 1024
const HEADER_TEXT_BYTES_MAX = 256 * 1024

export interface ManifestFacts {
  /** Of the newest entry of the ledger when it was written: a ledger that ends before it was rolled back. */
  readonly ledgerSeq: number
  readonly host: string
  readonly disk: string
  /** `YYYYMMDDhhmmss`. */
  readonly run: string
  readonly level: number
  /** Of the dump a level above 0 builds on; a dump by our own archiver is always whole. */
  readonly baseRun: string | undefined
  readonly domain: string
  /** Who cut it: `archive` (our agent, at the source) or `server` (a stream of a stock client or another application). A base serves the same maker only. */
  readonly maker: 'archive' | 'server'
  /** Amanda's dump header, as a volume would have it (wire/amanda/dump-header.ts). */
  readonly header: string
  readonly startedMs: number
  readonly endedMs: number
  readonly nativeBytes: number
  /** `%08x:%d`, CRC-32C and bytes. */
  readonly nativeCrc: string
  readonly members: number
  /** Bytes that this dump added to the vault. */
  readonly addedBytes: number
  readonly recipeBytes: number
}

export interface Manifest {
  readonly facts: ManifestFacts
  readonly entries: readonly RecipeEntry[]
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const fields: JsonFields = { ...manifest.facts, version: VERSION }
  const writer = new VaultWriter(1024).text32(canonicalJson(fields)).put(encodeRecipeEntries(manifest.entries))
  assert(writer.length <= MANIFEST_BYTES_MAX, 'a manifest is at most MANIFEST_BYTES_MAX long')
  return writer.bytes()
}

/** Ids are views of `bytes`. Bytes of the dump and of the recipe are what the entries sum up to. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const reader = new VaultReader(bytes)
  const facts = readFacts(reader.text32(JSON_BYTES_MAX, 'the manifest'))
  const entries = decodeRecipeEntries(reader.take(reader.remaining, 'entries'))
  let nativeBytes = 0
  let recipeBytes = 0
  for (const entry of entries) {
    nativeBytes += entry.nativeBytes
    recipeBytes += entry.recipeBytes
  }
  if (nativeBytes !== facts.nativeBytes || recipeBytes !== facts.recipeBytes) throw new Fault('vault-damaged', `the manifest says ${facts.nativeBytes} bytes and its entries ${nativeBytes}`)
  return { facts, entries }
}

function readFacts(text: string): ManifestFacts {
  const json = JsonReader.of(text, 'the manifest')
  const version = json.count('version')
  if (version > VERSION) throw new Fault('vault-newer', `a manifest has version ${version} of the format, and this program knows version ${VERSION}`)
  const run = json.text('run')
  const nativeCrc = json.text('nativeCrc')
  if (!/^\d{14}$/.test(run)) throw json.fault('run')
  if (!/^[0-9a-f]{8}:\d{1,16}$/.test(nativeCrc)) throw json.fault('nativeCrc')
  return {
    ledgerSeq: json.count('ledgerSeq'),
    host: json.text('host'),
    disk: json.text('disk'),
    run,
    level: json.count('level'),
    baseRun: json.optionalText('baseRun'),
    domain: json.text('domain'),
    maker: json.oneOf('maker', ['archive', 'server'] as const),
    header: json.text('header', HEADER_TEXT_BYTES_MAX),
    startedMs: json.count('startedMs'),
    endedMs: json.count('endedMs'),
    nativeBytes: json.count('nativeBytes'),
    nativeCrc,
    members: json.count('members'),
    addedBytes: json.count('addedBytes'),
    recipeBytes: json.count('recipeBytes'),
  }
}
