// CRC-32C of bytes that are put together from parts whose CRCs are known. A CRC is the remainder of a polynomial over GF(2), so appending n bytes is a multiplication by
// x^(8n): the factors for each byte of n lie in tables. Bits are reversed as in the CRC itself: the lowest power is the highest bit.

const POLYNOMIAL = 0x82f6_3b78
const ONE = 0x8000_0000
/** Bytes of the largest length, 2^53 - 1. */
const DIGITS = 7
const DIGIT_VALUES = 256

/** a · b mod the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0
  let factor = b
  for (let rest = a | 0; rest !== 0; rest <<= 1) {
    product ^= factor & (rest >> 31)
    factor = (factor >>> 1) ^ (-(factor & 1) & POLYNOMIAL)
  }
  return product >>> 0
}

/** At [256 · digit + value]: x^(8 · value · 256^digit). */
const FACTORS = new Uint32Array(DIGITS * DIGIT_VALUES)
{
  // x^8.
  let step = ONE >>> 8
  for (let digit = 0; digit < DIGITS; digit++) {
    let factor = ONE
    for (let value = 0; value < DIGIT_VALUES; value++) {
      FACTORS[digit * DIGIT_VALUES + value] = factor
      factor = multiply(factor, step)
    }
    step = factor
  }
}

/** `crc` times x^(8 · bytes). */
function shifted(crc: number, bytes: number): number {
  let result = crc
  let rest = bytes
  for (let row = 0; rest > 0; row += DIGIT_VALUES) {
    const value = rest % DIGIT_VALUES
    if (value !== 0) result = multiply(result, FACTORS[row + value] ?? 0)
    rest = (rest - value) / DIGIT_VALUES
  }
  return result
}

/** CRC-32C of what has CRC `first` followed by `secondBytes` bytes that have CRC `second`. */
export function combineCrc32c(first: number, second: number, secondBytes: number): number {
  return (shifted(first, secondBytes) ^ second) >>> 0
}

/** CRC-32C of `bytes` zeros. */
export function crc32cOfZeros(bytes: number): number {
  return ~shifted(0xffff_ffff, bytes) >>> 0
}
