// "Did you mean …?": the known word nearest to one that is not known.

/** Words further apart than this share of their length are not a typing error. */
const DISTANCE_SHARE_MAX = 0.4
/** Nobody mistypes a word longer than this; comparing it would cost its square. */
const WORD_LENGTH_MAX = 64

/** Letters put in, left out, replaced, or swapped with their neighbour. */
function distance(a: string, b: string): number {
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_unused, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = isSwap ? (older[column - 2] ?? 0) + 1 : replaced
      current.push(Math.min(replaced, swapped, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    older = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/** Case, blanks, `-` and `_` are what people confuse most; they do not count. */
function folded(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, '')
}

/** The nearest of `known`, or undefined when none is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  if (word.length > WORD_LENGTH_MAX) return undefined
  const wanted = folded(word)
  const ranked = known
    .filter((candidate) => candidate.length <= WORD_LENGTH_MAX)
    .map((candidate) => ({ candidate, apart: distance(wanted, folded(candidate)) }))
    .toSorted((a, b) => a.apart - b.apart)
  const best = ranked[0]
  if (best === undefined || best.apart > Math.max(1, Math.floor(wanted.length * DISTANCE_SHARE_MAX))) return undefined
  return best.candidate
}
