// A small vault, made of constant bytes by the codecs alone: two dumps that share segments, compressed and raw blocks, two packs, every kind of recipe operation, both kinds of key slots. What is
// committed as testdata/vault/golden was made by it.

import { createCipheriv, createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { crc32c } from '@node-rs/crc32'
import { seededRandom, type Random } from '../src/kernel/random.ts'
import { sealKeySlot } from '../src/stream/vault/key-slots.ts'
import { createVaultKeys, sealVaultConfig } from '../src/stream/vault/keys.ts'
import { sealTrailer } from '../src/stream/vault/trailer-seal.ts'
import { emptyFacts, PaxWriter, type MemberFacts } from '../src/wire/tar/pax-writer.ts'
import { blockAad, blockNonce } from '../src/wire/vault/block-seal.ts'
import { encodeKeySlot } from '../src/wire/vault/key-slot.ts'
import { encodeLedgerEntry, ledgerName, type LedgerAction, type LedgerObject, type LedgerPack } from '../src/wire/vault/ledger.ts'
import { encodeManifest } from '../src/wire/vault/manifest.ts'
import type { TrailerBlock } from '../src/wire/vault/pack-trailer.ts'
import { encodePackFooter, encodePackHeader, PACK_HEADER_BYTES, packPath } from '../src/wire/vault/pack.ts'
import { RecipeWriter } from '../src/wire/vault/recipe-writer.ts'
import { UP_ALL, type HeaderParts } from '../src/wire/vault/recipe.ts'
import type { BlockKind, RecipeEntry } from '../src/wire/vault/uplink.ts'

const DOMAIN = 'laptop'
const MADE_MS = Date.UTC(2026, 10, 27)
export const GOLDEN_MASTER = seededRandom(1).bytes(32)
export const GOLDEN_KEY_FILE = seededRandom(2).bytes(32)
export const GOLDEN_PASSPHRASE = 'pass phrase \u00e9'
const CHEAP = { n: 1024, r: 8, p: 1 }

export interface GoldenVault {
  /** By path below the vault's directory. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Bytes of the dumps by manifest. */
  readonly dumps: ReadonlyMap<string, Uint8Array>
}

/** `idOf`: BLAKE3 with a key. */
export async function goldenVault(idOf: (idKey: Uint8Array, bytes: Uint8Array) => Uint8Array): Promise<GoldenVault> {
  const random = seededRandom(3)
  const vaultId = random.bytes(16)
  const keys = createVaultKeys(GOLDEN_MASTER, vaultId, random)
  const files = new Map<string, Uint8Array>()
  const text = (path: string, contents: string): void => void files.set(path, Buffer.from(contents))
  text('config', sealVaultConfig(GOLDEN_MASTER, { id: hex(vaultId), createdMs: MADE_MS, hash: 'blake3', cipher: 'aes-256-gcm', domain: 'host' }))
  const slot = { label: 'desk', createdMs: MADE_MS, cost: CHEAP }
  text('keys/file', encodeKeySlot(await sealKeySlot(GOLDEN_MASTER, { vaultId, name: 'file' }, { kind: 'file', bytes: GOLDEN_KEY_FILE }, slot, random)))
  text('keys/words', encodeKeySlot(await sealKeySlot(GOLDEN_MASTER, { vaultId, name: 'words' }, { kind: 'passphrase', text: GOLDEN_PASSPHRASE }, slot, random)))

  const id = (bytes: Uint8Array): Uint8Array => idOf(keys.idKey(DOMAIN), bytes)
  const contents = [random.bytes(3000), Buffer.from('a line of a text that repeats itself\n'.repeat(200)), random.bytes(1), Buffer.alloc(1025, 'x')]
  // The first piece of the second dump is that of the first in another directory.
  const recipes = [[['./', [0, 1]], ['./a/', [2, 1, 3]]], [[`./${'long/'.repeat(20)}`, [0, 1]], ['./', [3]]]].map((dump) => (dump as [string, number[]][]).map(([directory, members]) => recipeOf(Buffer.from(directory), members.map((member) => contents[member] ?? Buffer.alloc(0)), id)))
  const packs = [
    sealPack([{ kind: 'data', segments: contents.slice(0, 2) }, { kind: 'data', segments: contents.slice(2) }], random),
    sealPack([{ kind: 'recipe', segments: unique(recipes.flat().map(({ recipe }) => recipe)) }], random),
  ]
  function sealPack(blocks: readonly { readonly kind: BlockKind; readonly segments: readonly Uint8Array[] }[], from: Random): LedgerPack {
    const [packId, salt] = [from.bytes(16), from.bytes(32)]
    const key = keys.packKey(packId, salt)
    const pieces: Uint8Array[] = [encodePackHeader({ vaultId, packId, salt })]
    const listed: TrailerBlock[] = []
    let offset = PACK_HEADER_BYTES
    for (const [number, { kind, segments }] of blocks.entries()) {
      const plain = Buffer.concat(segments)
      const zstd = zstdCompressSync(plain)
      const facts = { packId, number: number * 2, kind, compression: zstd.length < plain.length ? 'zstd' : 'none', plainBytes: plain.length } as const
      const cipher = createCipheriv('aes-256-gcm', key, blockNonce(facts.number)).setAAD(blockAad(vaultId, facts))
      const sealed = Buffer.concat([cipher.update(facts.compression === 'zstd' ? zstd : plain), cipher.final(), cipher.getAuthTag()])
      listed.push({ ...facts, offset, sealedBytes: sealed.length, ids: Buffer.concat(segments.map(id)), lengths: Uint32Array.from(segments, ({ length }) => length) })
      pieces.push(sealed)
      offset += sealed.length
    }
    const trailer = sealTrailer({ key, vaultId, packId }, { domain: DOMAIN, blocks: listed })
    const end = Buffer.concat([trailer.sealed, encodePackFooter({ trailerOffset: offset, sealedBytes: trailer.sealed.length, plainBytes: trailer.plainBytes })])
    const file = Buffer.concat([...pieces, end])
    files.set(packPath(packId), file)
    const all = blocks.flatMap(({ segments }) => segments)
    return { id: hex(packId), bytes: file.length, sha256: sha256(end), domain: DOMAIN, segments: all.length, plainBytes: all.reduce((sum, { length }) => sum + length, 0), createdMs: MADE_MS }
  }

  const dumps = new Map<string, Uint8Array>()
  const steps: LedgerAction[] = [{ kind: 'packs', packs, indexes: [] }]
  for (const [index, parts] of recipes.entries()) {
    const native = Buffer.concat(parts.map((part) => part.native))
    const entries: RecipeEntry[] = parts.map((part) => ({ id: id(part.recipe), recipeBytes: part.recipe.length, nativeBytes: part.native.length, crc: crc32c(part.native), directory: part.directory }))
    const run = `2026112${6 + index}033000`
    const nativeCrc = `${crc32c(native).toString(16).padStart(8, '0')}:${native.length}`
    const facts = { ledgerSeq: 1 + index, host: DOMAIN, disk: '/home', run, level: 0, baseRun: undefined, domain: DOMAIN, maker: 'archive', header: 'AMANDA: FILE', startedMs: MADE_MS, endedMs: MADE_MS, nativeBytes: native.length, nativeCrc, members: 2, addedBytes: 100, recipeBytes: parts.reduce((sum, { recipe }) => sum + recipe.length, 0) } as const
    const manifest = `${run}.${hex(random.bytes(4))}`
    steps.push({ kind: 'commit', manifest: put('manifests', manifest, keys.seal('manifest', manifest, encodeManifest({ facts, entries }))) })
    dumps.set(manifest, native)
  }
  function put(directory: string, name: string, sealed: Uint8Array): LedgerObject {
    files.set(`${directory}/${name}`, sealed)
    return { name, bytes: sealed.length, sha256: sha256(sealed) }
  }
  let previous = '0'.repeat(64)
  for (const [index, action] of steps.entries()) {
    const name = ledgerName(index + 1)
    previous = put('ledger', name, keys.seal('ledger', name, encodeLedgerEntry({ seq: index + 1, previous, atMs: MADE_MS, action }))).sha256
  }
  return { files, dumps }
}

/** Where parts of a header lie that stands for a file, before zeros at their ends are cut. */
const PARTS = { fields: [[100, 148], [156, 157]], rest: [[257, 345]], list: [[257, 512]] } as const

/** The parts of header blocks, of which the last is the member's own, with the name in its directory. */
function partsOf(blocks: Uint8Array, name: string, isList: boolean): HeaderParts {
  const own = blocks.subarray(-512)
  const cut = (places: readonly (readonly [number, number])[]): Uint8Array => Buffer.concat(places.map(([start, end]) => own.subarray(start, end)))
  const short = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)
  const records = Buffer.from(blocks.subarray(512, -512)).toString('latin1').replace(/^\d+ path=[^\n]*\n/, '').replace(/\0+$/, '')
  return { name: Buffer.from(name), fields: cut(PARTS.fields), link: new Uint8Array(0), rest: short(cut(isList ? PARTS.list : PARTS.rest)), records: Buffer.from(records, 'latin1') }
}

/** A piece in `directory`: members below it, of a directory and of files with these contents, in every form that a header has; the last one as it is. */
function recipeOf(directory: Uint8Array, contents: readonly Uint8Array[], id: (bytes: Uint8Array) => Uint8Array): { readonly directory: Uint8Array; readonly recipe: Uint8Array; readonly native: Buffer } {
  const writer = new RecipeWriter()
  const native: Uint8Array[] = []
  const headers = new PaxWriter()
  const header = (name: string, inside: string, change: Partial<MemberFacts>): void => {
    const path = Buffer.concat([directory, Buffer.from(inside + name)])
    const blocks = Uint8Array.from(headers.header({ ...emptyFacts(), path, pathBytes: path.length, mode: 0o640, uid: 1000, gid: 100, mtimeSeconds: 1_795_000_000, userName: Buffer.from('anna'), ...change }))
    writer.member()
    writer.header(partsOf(blocks, name, change.type === 'dump-directory'))
    native.push(blocks)
  }
  writer.directory(0, Buffer.from('sub/deep/'))
  header('', 'sub/deep/', { type: 'dump-directory', mtimeRest: 5 })
  writer.directory(1, Buffer.from('a/'))
  for (const [index, bytes] of contents.entries()) {
    header(['plain', 'gr\u00fc\u00df', 'n'.repeat(90)][index] ?? '', 'sub/a/', { dataBytes: bytes.length, mtimeRest: index, records: index === 2 ? [['SCHILY.xattr.user.a', Buffer.from('b')]] : [] })
    writer.segment(id(bytes), 0, bytes.length, crc32c(bytes))
    const zeros = 512 - (bytes.length % 512)
    writer.zeros(zeros)
    native.push(bytes, Buffer.alloc(zeros))
  }
  writer.directory(UP_ALL, Buffer.from('./'))
  header('last', '', { path: Buffer.from('./last'), pathBytes: 6, type: 'fifo' })
  writer.literal(Buffer.alloc(512, 'as it is '))
  native.push(Buffer.alloc(512, 'as it is '))
  return { directory, recipe: Uint8Array.from(writer.bytes()), native: Buffer.concat(native) }
}

function unique(all: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...new Map(all.map((bytes) => [hex(bytes), bytes])).values()]
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
