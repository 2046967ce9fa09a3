// Sizes in the unit that the parameter displayunit chooses.

export type DisplayUnit = 'K' | 'M' | 'G' | 'T'

const KIB: Readonly<Record<DisplayUnit, number>> = { K: 1, M: 1024, G: 1024 ** 2, T: 1024 ** 3 }

export function inUnit(kib: number, unit: DisplayUnit): number {
  return kib / KIB[unit]
}

/** The unit that a configuration names, kilobytes for anything else. */
export function displayUnitOf(word: string): DisplayUnit {
  const upper = word.toUpperCase()
  return upper === 'M' || upper === 'G' || upper === 'T' ? upper : 'K'
}
