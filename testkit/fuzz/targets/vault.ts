// Everything of the vault that is read: talk frames of both sides, recipes, parts of packs, objects, key texts. Sealed objects are fuzzed behind their seal as well, since a disk
// with the key on it may hold anything.

import { seededRandom } from '../../../src/kernel/random.ts'
import { openObject, sealObject, type ObjectSeal } from '../../../src/stream/vault/sealed-object.ts'
import { formatPaperKey, parsePaperKey } from '../../../src/stream/vault/paper-key.ts'
import { IdFilter } from '../../../src/wire/vault/id-filter.ts'
import { decodeKeySlot, encodeKeySlot } from '../../../src/wire/vault/key-slot.ts'
import { decodeLedgerEntry, encodeLedgerEntry } from '../../../src/wire/vault/ledger.ts'
import { decodeManifest, encodeManifest } from '../../../src/wire/vault/manifest.ts'
import { decodeMark, encodeMark } from '../../../src/wire/vault/mark.ts'
import { decodePackTrailer, encodePackTrailer, type TrailerBlock } from '../../../src/wire/vault/pack-trailer.ts'
import { decodePackFooter, decodePackHeader, encodePackFooter, encodePackHeader, PACK_HEADER_BYTES } from '../../../src/wire/vault/pack.ts'
import { NO_DIRECTORY } from '../../../src/wire/vault/recipe-entries.ts'
import { RecipeReader } from '../../../src/wire/vault/recipe-reader.ts'
import { RecipeWriter } from '../../../src/wire/vault/recipe-writer.ts'
import { createAgentFrameDecoder, createServerFrameDecoder } from '../../../src/wire/vault/talk-decoder.ts'
import { encodeBlockFrame, encodeTalkFrame } from '../../../src/wire/vault/talk-encode.ts'
import type { AgentFrame, ServerFrame } from '../../../src/wire/vault/talk.ts'
import type { SealedBlock } from '../../../src/wire/vault/uplink.ts'
import { decodeVaultConfig, encodeVaultConfig, vaultConfigText } from '../../../src/wire/vault/vault-config.ts'
import { comparable } from '../../comparable.ts'
import { cutUp, must, outcomeOf, type FuzzTarget } from '../target.ts'

const ID = Buffer.alloc(16, 0x44)
const KEY = Buffer.alloc(32, 0x45)
const ENTRY = { id: KEY, recipeBytes: 100, nativeBytes: 5000, crc: 77, directory: Buffer.from('./a/') }
const BLOCK: SealedBlock = { packId: ID, number: 5, kind: 'data', compression: 'zstd', plainBytes: 300, ids: Buffer.alloc(64, 1), lengths: Uint32Array.of(100, 200), sealed: Buffer.alloc(90, 2) }
const AGENT: readonly AgentFrame[] = [{ kind: 'hello', version: 1 }, { kind: 'query', ids: Buffer.alloc(96, 3) }, { kind: 'want-pack' }, { kind: 'block', block: BLOCK }, { kind: 'seal-pack', packId: ID }, { kind: 'want-filter' }, { kind: 'recipe', entries: [ENTRY] }, { kind: 'finish', facts: { nativeBytes: 5000, nativeCrc: 77, members: 3, readBytes: 4000, unchangedBytes: 1000 } }]
const SERVER: readonly ServerFrame[] = [{ kind: 'welcome', version: 1, welcome: { vaultId: ID, idKey: KEY, seed: KEY, compressLevel: 1, base: { manifest: 'm', run: '20261127033000' } } }, { kind: 'answer', known: Buffer.of(5) }, { kind: 'pack', packId: ID, key: KEY }, { kind: 'filter', filter: undefined }, { kind: 'taken', bytes: 90 }, { kind: 'sealed', packId: ID }, { kind: 'refused', code: 'vault-refused', text: 'no' }, { kind: 'done', manifest: 'm' }]

const bytesOf = (frame: AgentFrame | ServerFrame): Uint8Array => (frame.kind === 'block' ? Buffer.concat([encodeBlockFrame(frame.block), frame.block.sealed]) : encodeTalkFrame(frame))

function talk<Frame extends AgentFrame | ServerFrame>(name: string, frames: readonly Frame[], decoder: () => { push(piece: Uint8Array): Frame[] }): FuzzTarget {
  return {
    name,
    summary: `${name.replace('vault-talk-', 'frames of the ')} of a dump into a vault, in pieces (src/wire/vault/talk-decoder.ts)`,
    codes: ['wire-malformed'],
    corpus: () => [Buffer.concat(frames.map(bytesOf)), ...frames.map((frame) => Buffer.from(bytesOf(frame)))],
    words: ['\u0002\u0020\u0000\u0000\u0000', '\u0003', 'D'.repeat(16)],
    run(input) {
      const whole = outcomeOf(() => comparable(decoder().push(input)))
      const inPieces = outcomeOf(() => {
        const one = decoder()
        return comparable(cutUp(input).flatMap((piece) => one.push(piece)))
      })
      must(whole === inPieces, 'pieces give what the whole gives')
      const read = decoder().push(input)
      const again = decoder().push(Buffer.concat(read.map(bytesOf)))
      must(JSON.stringify(comparable(again)) === JSON.stringify(comparable(read)), 'what was read can be written')
    },
  }
}

function goodRecipe(): Buffer {
  const writer = new RecipeWriter()
  writer.member()
  writer.directory(0, Buffer.from('./a/'))
  writer.header({ name: Buffer.from('name'), fields: Buffer.alloc(49, 0x30), link: Buffer.from('link'), rest: Buffer.from('ustar'), records: Buffer.from('12 mtime=1.5\n') })
  writer.literal(Buffer.alloc(512, 0x61))
  writer.segment(KEY, 0, 70_000, 0xdead_beef)
  writer.zeros(2 ** 45)
  return Buffer.from(writer.bytes())
}

const recipe: FuzzTarget = {
  name: 'vault-recipe',
  summary: 'a segment of a recipe (src/wire/vault/recipe-reader.ts)',
  codes: ['vault-damaged'],
  corpus: () => [goodRecipe()],
  words: ['\u0004', '\u0005\u0000\u0002\u0000a/', '\u0001\u0005abcde', '\u0002\u007f'],
  run(input) {
    const [reader, writer] = [new RecipeReader(input, NO_DIRECTORY), new RecipeWriter()]
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (next.kind === 'literal') writer.literal(next.bytes)
      else if (next.kind === 'zeros') writer.zeros(next.count)
      else if (next.kind === 'segment') writer.segment(next.id, 0, next.length, next.crc)
      else if (next.kind === 'directory') writer.directory(next.up, next.path)
      else if (next.kind === 'header') writer.header(next)
      else writer.member()
    }
    must(writer.bytes().equals(input), 'a recipe has one form')
    must(Number.isSafeInteger(reader.nativeBytes), 'bytes are counted')
  },
}

const TRAILER_BLOCK: TrailerBlock = { ...BLOCK, offset: PACK_HEADER_BYTES, sealedBytes: 90 }

const pack: FuzzTarget = {
  name: 'vault-pack',
  summary: 'trailer, header and footer of a pack (src/wire/vault/pack-trailer.ts)',
  codes: ['vault-damaged'],
  corpus: () => [encodePackTrailer({ domain: '', blocks: [TRAILER_BLOCK] }), encodePackHeader({ vaultId: ID, packId: ID, salt: KEY }), encodePackFooter({ trailerOffset: 100, sealedBytes: 876, plainBytes: 900 })].map((bytes) => Buffer.from(bytes)),
  words: ['HFPACK01', 'HFPKEND1'],
  run(input) {
    if (input.length === 24) return void decodePackFooter(input, 1000)
    if (input.subarray(0, 6).toString('latin1') === 'HFPACK') return void decodePackHeader(input)
    const trailer = decodePackTrailer(input, PACK_HEADER_BYTES + 90)
    must(Buffer.from(encodePackTrailer(trailer)).equals(input), 'what was read can be written')
  },
}

const LEDGER_PACK = { id: '44'.repeat(16), bytes: 5, sha256: '0'.repeat(64), domain: '', segments: 3, plainBytes: 900, createdMs: 5 }
const LEDGER_OBJECT = { name: 'a1', bytes: 5, sha256: '0'.repeat(64) }
const FACTS = { ledgerSeq: 4, host: 'laptop', disk: '/home', run: '20261127033000', level: 0, baseRun: undefined, domain: '', maker: 'archive', header: 'AMANDA: FILE', startedMs: 1, endedMs: 2, nativeBytes: 5000, nativeCrc: '0000004d:5000', members: 3, addedBytes: 400, recipeBytes: 100 } as const

/** The first byte says which reader gets the rest. */
const OBJECT_READERS: readonly ((bytes: Buffer) => unknown)[] = [decodeManifest, decodeLedgerEntry, decodeMark, (bytes) => decodeKeySlot(bytes.toString()), (bytes) => decodeVaultConfig(bytes.toString()), (bytes) => IdFilter.decode(bytes), (bytes) => parsePaperKey(bytes.toString())]

const objects: FuzzTarget = {
  name: 'vault-objects',
  summary: 'manifests, ledger, marks, key slots, configuration, filters, paper keys (src/wire/vault)',
  codes: ['vault-damaged', 'vault-newer', 'vault-key-wrong', 'wire-malformed'],
  corpus: () => {
    const ledger = (action: Parameters<typeof encodeLedgerEntry>[0]['action']): Uint8Array => encodeLedgerEntry({ seq: 5, previous: '0'.repeat(64), atMs: 9, action })
    const slot = { salt: KEY, nonce: Buffer.alloc(12), wrapped: Buffer.alloc(48), label: 'desk', createdMs: 3 }
    const config = vaultConfigText({ id: '44'.repeat(16), createdMs: 4, hash: 'blake3', cipher: 'aes-256-gcm', domain: 'vault' })
    const all: readonly (readonly [number, Uint8Array | string])[] = [
      [0, encodeManifest({ facts: FACTS, entries: [ENTRY] })],
      [1, ledger({ kind: 'packs', packs: [LEDGER_PACK], indexes: [LEDGER_OBJECT] })],
      [1, ledger({ kind: 'remove', manifests: [{ name: 'a1', why: 'older than 7 days' }], marks: ['a2'] })],
      [1, ledger({ kind: 'sweep', packs: [LEDGER_PACK], indexes: [LEDGER_OBJECT], removedPacks: ['44'.repeat(16)], removedIndexes: ['a3'] })],
      [1, ledger({ kind: 'checkpoint', state: { packs: [LEDGER_PACK], indexes: [LEDGER_OBJECT], manifests: [LEDGER_OBJECT], marks: [LEDGER_OBJECT] } })],
      [2, encodeMark({ manifest: 'a1', number: 1, tags: ['keep'], isPinned: true, verifiedMs: 5, atMs: 6 })],
      [3, encodeKeySlot({ ...slot, kdf: { kind: 'file' } })],
      [3, encodeKeySlot({ ...slot, kdf: { kind: 'scrypt', cost: { n: 16, r: 8, p: 1 } } })],
      [4, encodeVaultConfig(config, '0'.repeat(64))],
      [5, IdFilter.create(100)?.bytes ?? ''],
      [6, formatPaperKey(KEY)],
    ]
    return all.map(([reader, bytes]) => Buffer.concat([Buffer.of(reader), Buffer.from(bytes)]))
  },
  words: ['"version":2', '"kind":"sweep"', '{}', '[]', '[[]]', 'null', '"n":1048576'],
  run(input) {
    OBJECT_READERS[(input[0] ?? 0) % OBJECT_READERS.length]?.(input.subarray(1))
  },
}

const SEAL: ObjectSeal = { master: KEY, vaultId: ID, kind: 'mark', name: 'a1' }

const sealed: FuzzTarget = {
  name: 'vault-sealed',
  summary: 'a sealed object of the vault (src/stream/vault/sealed-object.ts)',
  codes: ['vault-damaged'],
  corpus: () => [Buffer.from(sealObject(SEAL, Buffer.alloc(500, 5), seededRandom(1))), Buffer.from(sealObject(SEAL, Buffer.alloc(20, 5), seededRandom(2)))],
  words: ['HFSEAL01'],
  run: (input) => void openObject(SEAL, input),
}

export const VAULT_TARGETS: readonly FuzzTarget[] = [talk('vault-talk-agent', AGENT, createAgentFrameDecoder), talk('vault-talk-server', SERVER, createServerFrameDecoder), recipe, pack, objects, sealed]
