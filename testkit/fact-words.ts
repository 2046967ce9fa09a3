// Facts of a file as the words of statx, made of values, for tests of what compares them.

export interface FactValues {
  readonly kind?: number
  readonly inode?: bigint
  readonly dev?: bigint
  readonly size?: number
  /** Seconds and nanoseconds. */
  readonly mtime?: readonly [number, number]
  readonly ctime?: readonly [number, number]
}

function put(words: Int32Array, at: number, value: bigint): void {
  words[at] = Number(BigInt.asIntN(32, value))
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n))
}

export function factWords({ kind = 8, inode = 1n, dev = 1n, size = 0, mtime = [0, 0], ctime = [0, 0] }: FactValues): { readonly words: Int32Array } {
  const words = new Int32Array(64)
  words[7] = (kind << 12) | 0o644
  put(words, 8, inode)
  put(words, 10, BigInt(size))
  put(words, 24, BigInt(ctime[0]))
  words[26] = ctime[1]
  put(words, 28, BigInt(mtime[0]))
  words[30] = mtime[1]
  words[34] = Number(BigInt.asIntN(32, dev >> 32n))
  words[35] = Number(BigInt.asIntN(32, dev))
  return { words }
}
