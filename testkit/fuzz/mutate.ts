// Changes good inputs into bad ones: bits, lengths, pieces, words of the format. Everything comes from the generator it is given, so a
// seed gives the same input again.

import type { Random } from '../../src/kernel/random.ts'

export interface MutationMaterial {
  readonly corpus: readonly Buffer[]
  readonly words: readonly Buffer[]
  readonly bytesMax: number
}

const INTERESTING_BYTES = [0x00, 0x01, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2f, 0x3a, 0x5c, 0x7f, 0x80, 0xff] as const
const INTERESTING_NUMBERS = ['0', '-1', '1', '255', '256', '65535', '65536', '2147483647', '4294967296', '9007199254740991', '9007199254740993', '99999999999999999999', '1e9', '0x10', 'NaN'] as const
const MUTATIONS_MAX = 6
const REPEATS_MAX = 400

type Mutation = (bytes: Buffer, random: Random, material: MutationMaterial) => Buffer

export function pick<T>(items: readonly T[], random: Random): T {
  const item = items[random.int(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function replaceRange(bytes: Buffer, start: number, end: number, piece: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(end)])
}

/** A range, short as a rule. */
function range(bytes: Buffer, random: Random): { readonly start: number; readonly end: number } {
  const start = random.int(bytes.length + 1)
  const length = random.int(4) === 0 ? random.int(bytes.length - start + 1) : random.int(Math.min(32, bytes.length - start) + 1)
  return { start, end: start + length }
}

function tweakInteger(bytes: Buffer, random: Random): Buffer {
  const width = pick([1, 2, 3, 4, 6] as const, random)
  if (bytes.length < width) return bytes
  const at = random.int(bytes.length - width + 1)
  const limit = 2 ** (8 * width)
  const old = bytes.readUIntBE(at, width)
  const value = pick([old + 1, old - 1, old * 2, old >>> 1, 0, 1, limit - 1, limit / 2, random.int(256)], random)
  const out = Buffer.from(bytes)
  out.writeUIntBE(((value % limit) + limit) % limit, at, width)
  return out
}

/** Replaces a number in the text. */
function tweakDigits(bytes: Buffer, random: Random): Buffer {
  const matches = [...bytes.toString('latin1').matchAll(/\d+/g)]
  if (matches.length === 0) return bytes
  const match = pick(matches, random)
  const old = match[0]
  const text = pick([String(Number(old) + 1), String(Number(old) - 1), old + old, '', old.padStart(old.length + 20, '0'), pick(INTERESTING_NUMBERS, random)], random)
  return replaceRange(bytes, match.index, match.index + old.length, Buffer.from(text, 'latin1'))
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    if (bytes.length === 0) return bytes
    const out = Buffer.from(bytes)
    const at = random.int(out.length)
    out[at] = (out[at] ?? 0) ^ (1 << random.int(8))
    return out
  },
  (bytes, random) => {
    if (bytes.length === 0) return bytes
    const out = Buffer.from(bytes)
    out[random.int(out.length)] = random.int(2) === 0 ? random.int(256) : pick(INTERESTING_BYTES, random)
    return out
  },
  (bytes, random) => bytes.subarray(0, random.int(bytes.length + 1)),
  (bytes, random) => {
    const { start, end } = range(bytes, random)
    return replaceRange(bytes, start, end, Buffer.alloc(0))
  },
  (bytes, random) => {
    const { start, end } = range(bytes, random)
    return replaceRange(bytes, end, end, bytes.subarray(start, end))
  },
  (bytes, random) => {
    const at = random.int(bytes.length + 1)
    return replaceRange(bytes, at, at, random.bytes(1 + random.int(16)))
  },
  (bytes, random, { words }) => {
    if (words.length === 0) return bytes
    const { start, end } = random.int(2) === 0 ? range(bytes, random) : { start: random.int(bytes.length + 1), end: -1 }
    return replaceRange(bytes, start, Math.max(start, end), pick(words, random))
  },
  (bytes, random, { corpus }) => {
    const other = pick(corpus, random)
    const from = range(other, random)
    const to = range(bytes, random)
    return replaceRange(bytes, to.start, random.int(2) === 0 ? bytes.length : to.end, other.subarray(from.start, random.int(2) === 0 ? other.length : from.end))
  },
  tweakInteger,
  tweakDigits,
  (bytes, random) => {
    const first = range(bytes, random)
    const second = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, first.start), bytes.subarray(second.start, second.end), bytes.subarray(first.start)])
  },
  (bytes, random, { words, bytesMax }) => {
    const { start, end } = range(bytes, random)
    const piece = words.length > 0 && random.int(2) === 0 ? pick(words, random) : bytes.subarray(start, end)
    if (piece.length === 0) return bytes
    const times = Math.min(1 + random.int(random.int(4) === 0 ? 8 * REPEATS_MAX : REPEATS_MAX), Math.ceil(bytesMax / piece.length))
    return replaceRange(bytes, end, end, Buffer.concat(Array.from({ length: times }, () => piece)))
  },
]

/** One input: a member of the corpus, changed one to six times. At most `bytesMax` long. */
export function mutate(from: Buffer, random: Random, material: MutationMaterial): Buffer {
  let bytes = from
  const count = 1 + random.int(MUTATIONS_MAX)
  for (let done = 0; done < count; done++) bytes = pick(MUTATIONS, random)(bytes, random, material).subarray(0, material.bytesMax)
  return Buffer.from(bytes)
}
