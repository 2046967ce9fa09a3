// How a cure looks on a terminal, for every command of the doctor: its place, commands that can be copied, sentences. Pure.

import type { Cure } from '../doctor/contract.ts'

/** Whether a cure helps on `platform` (`process.platform`). */
export function isCureFor({ platform: only }: Cure, platform: string): boolean {
  return only === undefined || only === platform
}

export function cureLines(cures: readonly Cure[]): string[] {
  return cures.flatMap(({ on, commands = [], steps }) => [`  Cure, ${on}:`, ...commands.map((line) => `    $ ${line}`), ...steps.map((step) => `    ${step}`)])
}
