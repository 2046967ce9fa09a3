// Parameters of the configuration as numbers, and how sizes are shown.

import { integerOf, textOf, type Setting } from '../../../config/amanda/configuration.ts'

export type Settings = ReadonlyMap<string, Setting>

export function numberOf(settings: Settings, keyword: string): number {
  return Number(integerOf(settings, keyword))
}

export function realOf(settings: Settings, keyword: string): number {
  const value = settings.get(keyword)?.value
  return value?.kind === 'real' ? value.value : 0
}

export function wordOf(settings: Settings, keyword: string): string {
  const value = settings.get(keyword)?.value
  return value?.kind === 'choice' ? value.word : ''
}

const UNITS: Readonly<Record<string, number>> = { K: 1, M: 1024, G: 1024 ** 2, T: 1024 ** 3 }

/** The letter of `displayunit`, and how many KiB it is. */
export function displayUnit(settings: Settings): { readonly letter: string; readonly kib: number } {
  const letter = textOf(settings, 'DISPLAYUNIT').charAt(0).toUpperCase()
  return { letter, kib: UNITS[letter] ?? 1 }
}

/** A number as C's `%.<digits>g` prints it. */
export function shortest(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)))
}
