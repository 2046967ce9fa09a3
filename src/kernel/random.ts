// Randomness as an argument. Production draws from the system's generator; the simulator from a seed.

export interface Random {
  /** `count` unpredictable bytes (predictable from the seed in the simulator). */
  bytes(count: number): Uint8Array
  /** An integer in [0, limit), limit ≤ 2^31. */
  int(limit: number): number
}

/** Loaded when the first number is drawn: most commands draw none, and Node takes a tenth of their start for it. */
function systemGenerator(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}

export const systemRandom: Random = {
  bytes: (count) => systemGenerator().randomBytes(count),
  int: (limit) => systemGenerator().randomInt(limit),
}

/** A generator that gives the same values for the same seed (mulberry32). For simulation and tests only, never for keys. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    bytes(count) {
      const out = new Uint8Array(count)
      for (let index = 0; index < count; index++) out[index] = next() & 0xff
      return out
    },
    int: (limit) => Math.floor((next() / 0x1_0000_0000) * limit),
  }
}
