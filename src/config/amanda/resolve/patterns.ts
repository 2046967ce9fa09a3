// `exclude` and `include` of a dumptype: patterns, and lists of them on the client.

import type { AmandaValue } from '../values.ts'
import { isOtherBytes, utf8Of } from './amanda-text.ts'
import type { SettingsReader } from './ledger.ts'

interface Patterns {
  readonly files: readonly string[]
  readonly lists: readonly string[]
  readonly isOptional: boolean
}

/** Programs that see names which begin with `./`, so that a pattern from `/` on leaves nothing out. */
const TAR_PROGRAMS = new Set(['gnutar', 'amgtar'])

export function patternsOf(dumptype: SettingsReader, keyword: 'EXCLUDE' | 'INCLUDE', application: string): Patterns {
  const value: AmandaValue = dumptype.value(keyword)
  if (value.kind !== 'patterns') return { files: [], lists: [], isOptional: false }
  const usable = (given: readonly string[]): string[] =>
    given.flatMap((bytes) => {
      const pattern = utf8Of(bytes)
      const isLine = pattern !== '' && !/[\n\0]/.test(pattern)
      if (!isLine) dumptype.remark(keyword, 'changed', 'a pattern that is empty or goes over lines is left out')
      else if (isOtherBytes(bytes)) dumptype.remark(keyword, 'changed', `the pattern \`${pattern}\` is not UTF-8 and is sent as UTF-8`)
      if (isLine && keyword === 'EXCLUDE' && pattern.startsWith('/') && TAR_PROGRAMS.has(application)) {
        dumptype.remark(keyword, 'unneeded', `\`${pattern}\` leaves nothing out, here as in Amanda: the names that tar sees begin with \`./\``)
      }
      return isLine ? [pattern] : []
    })
  return { files: usable(value.files), lists: usable(value.lists), isOptional: value.isOptional }
}
