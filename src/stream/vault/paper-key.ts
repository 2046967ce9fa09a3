// The master key as text to print and to type: everything can be opened with it. Eight groups of seven symbols of Crockford's base 32 and a check symbol, so that a slip is found in its
// group; behind the key stands a checksum of all of it.

import { createHash } from 'node:crypto'
import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import { KEY_BYTES } from '../../wire/vault/limits.ts'

const VERSION = 1
const CHECK_BYTES = 2
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const GROUPS = 8
/** Of a group, without its check symbol. */
const GROUP_SYMBOLS = 7
const BYTES = 1 + KEY_BYTES + CHECK_BYTES

export function formatPaperKey(master: Uint8Array): string {
  assert(master.length === KEY_BYTES, 'a master key has 32 bytes')
  const bytes = Buffer.concat([Buffer.of(VERSION), master, checksum(master)])
  const digits = BigInt(`0x${bytes.toString('hex')}`).toString(32).padStart(GROUPS * GROUP_SYMBOLS, '0').replaceAll(/./g, (digit) => SYMBOLS.charAt(Number.parseInt(digit, 32)))
  const groups = Array.from({ length: GROUPS }, (_, index) => digits.slice(index * GROUP_SYMBOLS, (index + 1) * GROUP_SYMBOLS))
  return groups.map((group, index) => group + checkSymbol(index, group)).join('-')
}

/** The master key. Case, blanks and dashes do not matter; O is 0, I and L are 1. Throws `vault-key-wrong` and says which group is mistyped. */
export function parsePaperKey(text: string): Uint8Array {
  const clean = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  const size = GROUP_SYMBOLS + 1
  if (clean.length !== GROUPS * size) throw new Fault('vault-key-wrong', `the paper key has ${clean.length} symbols and not ${GROUPS * size}`)
  let value = 0n
  for (let index = 0; index < GROUPS; index++) {
    const group = clean.slice(index * size, (index + 1) * size - 1)
    if (checkSymbol(index, group) !== clean.charAt((index + 1) * size - 1)) throw new Fault('vault-key-wrong', `group ${index + 1} of the paper key is mistyped`)
    for (const symbol of group) {
      const digit = SYMBOLS.indexOf(symbol)
      if (digit < 0) throw new Fault('vault-key-wrong', `group ${index + 1} of the paper key has the symbol ${symbol}`)
      value = value * 32n + BigInt(digit)
    }
  }
  const bytes = Buffer.from(value.toString(16).padStart(BYTES * 2, '0'), 'hex')
  if (bytes[0] !== VERSION) throw new Fault('vault-newer', `the paper key has version ${bytes[0] ?? 0}, and this program knows version ${VERSION}`)
  const master = new Uint8Array(bytes.subarray(1, 1 + KEY_BYTES))
  if (!checksum(master).equals(bytes.subarray(1 + KEY_BYTES))) throw new Fault('vault-key-wrong', 'the paper key is mistyped: its checksum is wrong')
  return master
}

function checksum(master: Uint8Array): Buffer {
  return createHash('sha256').update('holdfast paper key').update(master).digest().subarray(0, CHECK_BYTES)
}

function checkSymbol(index: number, group: string): string {
  const [first = 0] = createHash('sha256').update(`${index}${group}`).digest()
  return SYMBOLS.charAt(first % SYMBOLS.length)
}
