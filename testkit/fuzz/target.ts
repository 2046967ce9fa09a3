// What a fuzz target is: one reader of bytes or text from outside, inputs that it takes, and the promise it is held to. A target must be
// pure: the same input gives the same outcome, and nothing is left behind.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FaultCode } from '../../src/kernel/fault-codes.ts'
import type { Random } from '../../src/kernel/random.ts'

const TESTDATA = path.resolve(import.meta.dirname, '../../testdata')

export interface FuzzTarget {
  readonly name: string
  readonly summary: string
  /** Codes of the Faults that it may end with. None: it must take every input. */
  readonly codes: readonly FaultCode[]
  /** Inputs that are good, from our own encoders and from real peers. Built once. */
  corpus(): readonly Buffer[]
  /** Words of the format. */
  readonly words: readonly string[]
  /** Default: INPUT_BYTES_MAX. */
  readonly inputBytesMax?: number
  /** An input that is right in its outer form (checksums, lengths), so that what lies behind them is met. Used for half of the inputs. */
  generate?(random: Random, mutate: (bytes: Buffer) => Buffer): Buffer
  /** Reads `input`. Returns, or throws a Fault of one of `codes`; any other error is a failure. Throws an Error when the outcome is wrong. */
  run(input: Buffer): void | Promise<void>
}

export const INPUT_BYTES_MAX = 64 * 1024

export function testdata(...names: readonly string[]): Buffer[] {
  return names.map((name) => readFileSync(path.join(TESTDATA, name)))
}

/** Fails the input. For what must hold of an outcome. */
export function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`what must hold does not: ${what}`)
}

/** Outcome of `decode` as text: its value, or the code of its Fault. For comparing two ways of reading the same bytes. */
export function outcomeOf(decode: () => unknown): string {
  try {
    return JSON.stringify(decode()) ?? 'undefined'
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `fault ${String(error.code)}`
    throw error
  }
}

/** `bytes` cut into pieces at places that depend on nothing but the bytes. */
export function cutUp(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let state = bytes.length
  for (let at = 0; at < bytes.length; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345 + (bytes[at] ?? 0)) >>> 0
    // Mostly a few bytes; every eighth piece up to 4 KiB.
    const count = (state & 0x700) === 0 ? 1 + ((state >>> 12) & 0xfff) : 1 + ((state >>> 12) & 0xf)
    pieces.push(Buffer.from(bytes.subarray(at, at + count)))
    at += count
  }
  return pieces
}
