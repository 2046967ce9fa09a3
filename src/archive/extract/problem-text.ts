// A problem of an extraction as one line for people.

import type { ExtractProblem } from './contract.ts'

/** Bytes that would spoil a line or a terminal; 0x80 to 0x9f only where they are not part of UTF-8, so they are left to whoever prints. */
const CONTROL = /[\0-\x1f\x7f]/g
const PATH_CHARACTERS_MAX = 4096

export function problemText({ path, reason }: ExtractProblem): string {
  if (path === '') return reason
  const shown = Buffer.from(path, 'latin1').toString('utf8').replaceAll(CONTROL, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return `./${shown.slice(0, PATH_CHARACTERS_MAX)}: ${reason}`
}
