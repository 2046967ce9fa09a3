// CRC-32C of bytes put together from pieces whose CRCs are known, without the bytes: a CRC is a remainder of polynomials over GF(2), and appending n bytes multiplies it
// by x^(8 n).

const POLYNOMIAL = 0x82f6_3b78
/** The remainder 1, lowest power first as in the reflected form. */
const ONE = 0x8000_0000
const BYTE_BITS_LOG = 3

function multiply(a: number, b: number): number {
  let product = 0
  let power = b
  for (let mask = ONE; mask !== 0; mask >>>= 1) {
    if ((a & mask) !== 0) product ^= power
    power = (power & 1) === 0 ? power >>> 1 : (power >>> 1) ^ POLYNOMIAL
  }
  return product >>> 0
}

/** x^(2^n) for n = 0 … 63; the powers repeat after 2^31 - 1 only, so that all are made. */
const SQUARES = ((): Uint32Array => {
  const squares = new Uint32Array(64)
  squares[0] = ONE >>> 1
  for (let n = 1; n < squares.length; n++) squares[n] = multiply(squares[n - 1] ?? 0, squares[n - 1] ?? 0)
  return squares
})()

/** x^(8 bytes). */
function shift(bytes: number): number {
  let product = ONE
  for (let rest = bytes, n = BYTE_BITS_LOG; rest > 0; rest = Math.floor(rest / 2), n++) if (rest % 2 === 1) product = multiply(SQUARES[n] ?? 0, product)
  return product
}

/** CRC of the bytes of `first` and behind them `secondBytes` bytes whose CRC is `second`. */
export function combineCrc32c(first: number, second: number, secondBytes: number): number {
  return (multiply(shift(secondBytes), first) ^ second) >>> 0
}

/** CRC of so many zeros. */
export function crc32cOfZeros(count: number): number {
  return (multiply(shift(count), 0xffff_ffff) ^ 0xffff_ffff) >>> 0
}
