// What the vault's parts cost: MB of content in a second of processor time, each against what it replaces, in turns on the same bytes (programs, libraries and texts of this
// machine, and random bytes). One thread, sizes as a first backup has them.

import { createCipheriv, randomBytes, createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { constants, zstdCompressSync } from 'node:zlib'
import { BlockOpener } from '../../src/stream/vault/block-opener.ts'
import { BlockSealer } from '../../src/stream/vault/block-seal.ts'
import { combineCrc32c } from '../../src/stream/vault/crc-combine.ts'
import { openSegmentHash } from '../../src/stream/vault/segment-hash.ts'
import { openSegmenter, SEGMENT_SIZES, type Segmenter } from '../../src/stream/vault/segmenter.ts'
import { median, type BenchCase, type BenchContext } from '../case.ts'

const MIB = 1024 * 1024
const SAMPLE_BYTES = 64 * MIB
const RUNS = 5

function systemFiles(): Buffer {
  const sample = Buffer.alloc(SAMPLE_BYTES)
  let filled = 0
  for (const file of globSync(['/usr/bin/*', '/usr/lib/python3*/**/*.py', '/usr/share/doc/**/*', '/usr/include/**/*.h'])) {
    if (filled === sample.length) break
    try {
      filled += readFileSync(file).copy(sample, filled)
    } catch {
      // A directory, or not ours to read.
    }
  }
  return sample.subarray(0, filled)
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

interface Way {
  readonly name: string
  /** Returns the bytes that it worked on. */
  readonly work: () => number
}

/** Rates of both, measured in turns. */
function compare(context: BenchContext, name: string, on: string, ours: Way, peer: Way): void {
  const rates: [number[], number[]] = [[], []]
  for (let run = 0; run < RUNS; run++) {
    for (const [index, { work }] of [ours, peer].entries()) {
      const before = cpuSeconds()
      const bytes = work()
      rates[index]?.push(bytes / 1e6 / (cpuSeconds() - before))
    }
  }
  const [our, their] = rates.map((each) => median(each))
  context.emit({ bench: `vault-primitives/${name}`, ours: our ?? 0, peer: their ?? 0, peerName: peer.name, unit: 'MB per CPU second', ratio: (our ?? 0) / (their ?? 1), on })
}

function segmentAll(segmenter: Segmenter, bytes: number): number {
  for (let at = 0; at < bytes; ) at += segmenter.next(SEGMENT_SIZES, at, bytes, true)
  return bytes
}

/** Calls `each` with all pieces of `size` bytes. */
function inPieces(sample: Uint8Array, size: number, each: (piece: Uint8Array, number: number) => void): number {
  const count = Math.floor(sample.length / size)
  for (let index = 0; index < count; index++) each(sample.subarray(index * size, (index + 1) * size), index)
  return count * size
}

async function run(context: BenchContext): Promise<void> {
  const key = randomBytes(32)
  const hash = await openSegmentHash(key)
  const portable = await openSegmentHash(key, 'portable')
  const ids = Buffer.alloc(32)
  const vector = openSegmenter(key, SAMPLE_BYTES)
  const scalar = openSegmenter(key, SAMPLE_BYTES, 'scalar')
  const facts = { vaultId: randomBytes(16), key, packId: randomBytes(16), kind: 'data' } as const
  for (const [on, sample] of [['system files', systemFiles()], ['random bytes', randomBytes(SAMPLE_BYTES)]] as const) {
    vector.slot.set(sample)
    scalar.slot.set(sample)
    compare(context, 'segmenter', on, { name: 'vectors', work: () => segmentAll(vector, sample.length) }, { name: 'plain code', work: () => segmentAll(scalar, sample.length) })
    for (const size of [4096, 65_536, 300_000]) {
      const few = sample.subarray(0, size * 1000)
      const ours: Way = { name: 'native', work: () => inPieces(few, size, (piece) => hash.idInto(piece, ids, 0)) }
      compare(context, `hash of ${size}`, on, ours, { name: 'portable BLAKE3', work: () => inPieces(few, size, (piece) => portable.idInto(piece, ids, 0)) })
      compare(context, `hash of ${size}`, on, ours, { name: 'SHA-256', work: () => inPieces(few, size, (piece) => createHash('sha256').update(piece).digest()) })
    }
    const sealer = new BlockSealer(1)
    const target = new Uint8Array(2 * MIB)
    const seal = (piece: Uint8Array, number: number, into?: Uint8Array) => sealer.seal({ ...facts, number, ids: hash.id(piece), lengths: Uint32Array.of(piece.length) }, piece, into)
    compare(context, 'block, made', on, { name: 'kept context', work: () => inPieces(sample, MIB, (piece, number) => void seal(piece, number, target)) }, {
      name: 'hash, zstdCompressSync, cipher',
      work: () =>
        inPieces(sample, MIB, (piece, number) => {
          hash.id(piece)
          const nonce = Buffer.alloc(12)
          nonce.writeUInt32LE(number, 8)
          const cipher = createCipheriv('aes-256-gcm', key, nonce)
          Buffer.concat([cipher.update(zstdCompressSync(piece, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })), cipher.final(), cipher.getAuthTag()])
        }),
    })
    const blocks = Array.from({ length: Math.floor(sample.length / MIB) }, (_, number) => seal(sample.subarray(number * MIB, (number + 1) * MIB), number))
    const opener = new BlockOpener()
    const opened = (each: (index: number) => void): number => {
      for (const index of blocks.keys()) each(index)
      return blocks.length * MIB
    }
    const keyed = blocks.map((block) => ({ vaultId: facts.vaultId, key, block }))
    compare(context, 'block, checked', on, { name: 'open and ids', work: () => opened((index) => keyed[index] !== undefined && opener.check(keyed[index], hash)) }, { name: 'open alone, fresh memory', work: () => opened((index) => keyed[index] !== undefined && opener.openFresh(keyed[index])) })
    opener.close()
    sealer.close()
  }
  let crc = 1
  const started = cpuSeconds()
  for (let index = 0; index < 1_000_000; index++) crc = combineCrc32c(crc, index, 300_000)
  context.note(`one combination of checksums takes ${((cpuSeconds() - started) * 1000).toFixed(0)} ns (${crc >>> 31})`)
}

export const benchCase: BenchCase = { name: 'vault-primitives', summary: 'segmenter, hash and blocks of the vault, against what they replace; one thread', run }
