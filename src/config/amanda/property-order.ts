// The order in which stock Amanda prints properties: that of GLib's hash table, in which it keeps them. Names are put into a table of a power of two places, at their
// hash modulo a prime, and further on when the place is taken; the table grows when it is nearly full.

const LEAST_SHIFT = 3
/** The largest prime below each power of two, as GLib has them. */
const PRIMES = [1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16_381, 32_749, 65_521, 131_071]

function hashOf(name: string): number {
  let hash = 0
  for (const character of Buffer.from(name, 'latin1')) hash = (Math.imul(hash, 31) + ((character << 24) >> 24)) >>> 0
  return hash < 2 ? 2 : hash
}

function place(table: (string | undefined)[], prime: number, name: string): void {
  let at = Math.imul(hashOf(name), 11) >>> 0
  at %= prime
  for (let step = 1; table[at] !== undefined; step++) at = (at + step) & (table.length - 1)
  table[at] = name
}

function shiftFor(count: number): number {
  return Math.max(LEAST_SHIFT, 32 - Math.clz32(count))
}

/** `names` (all different) in the order of the table they were put into one after the other. */
export function hashTableOrder(names: readonly string[]): string[] {
  let shift = LEAST_SHIFT
  let table = Array.from<string | undefined>({ length: 2 ** shift })
  for (const [index, name] of names.entries()) {
    place(table, PRIMES[shift] ?? 1, name)
    const count = index + 1
    if (table.length > count + Math.floor(count / 16)) continue
    shift = shiftFor(Math.floor(count * 1.333))
    const old = table
    table = Array.from<string | undefined>({ length: 2 ** shift })
    for (const one of old) if (one !== undefined) place(table, PRIMES[shift] ?? 1, one)
  }
  return table.filter((name) => name !== undefined)
}
