// What a value must be beside its kind, in Amanda's words. A value that stock Amanda rounds is returned rounded.

import { badColumns } from './columns.ts'
import type { ParameterRow } from './parameters.ts'
import type { Report } from './problems.ts'
import { integer, text, type AmandaValue } from './values.ts'

/** Sizes on holding disks are whole blocks of so many KiB. */
const DISK_BLOCK_KIB = 32n
/** What a chunk size of 0, no limit, is printed as. */
const CHUNK_KIB_MAX = 9_007_199_254_740_896n

/** Why a directory cannot be used, in the words of the system after its name; undefined when it can. */
export type CheckDirectory = (directory: string) => string | undefined

export function validate({ keyword, rule }: ParameterRow, value: AmandaValue, report: Report, checkDirectory: CheckDirectory): AmandaValue {
  const fail = (message: string): AmandaValue => {
    report('error', message)
    return value
  }
  if (value.kind === 'integer') return validateInteger(keyword, rule, value.value, fail) ?? value
  if (value.kind === 'real') return rule === 'multiplier' && value.value < 0.999 ? fail('bumpmult must one or more') : value
  if (value.kind === 'rates') {
    if (value.full < 0) report('error', 'full compression rate must be >= 0')
    return value.incremental < 0 ? fail('incremental compression rate must be >= 0') : value
  }
  if (value.kind === 'hosts') return rule === 'dump-limit' && value.patterns.length > 0 ? fail("dump-limit can't specify hostname") : value
  if (value.kind === 'autolabel' || value.kind === 'labels') return wordless(`${keyword} template`, value.template ?? '', fail) ?? value
  return value.kind === 'text' ? validateText(keyword, rule, value.text, fail, checkDirectory) ?? value : value
}

type Fail = (message: string) => AmandaValue

function wordless(what: string, given: string, fail: Fail): AmandaValue | undefined {
  if (given.includes(' ')) return fail(`${what} must not contains space`)
  return given.includes('"') ? fail(`${what} must not contains double quotes`) : undefined
}

function validateText(keyword: string, rule: ParameterRow['rule'], given: string, fail: Fail, checkDirectory: CheckDirectory): AmandaValue | undefined {
  switch (rule) {
    case 'no-space-or-quote': return wordless(keyword, given, fail)
    case 'unit': return /^[kmgt]$/i.test(given) ? text(given.toUpperCase()) : fail('displayunit must be k,m,g or t.')
    case 'program': return ['DUMP', 'GNUTAR', 'STAR', 'APPLICATION'].includes(given) ? undefined : fail('program must be "DUMP", "GNUTAR", "STAR" or "APPLICATION"')
    case 'columns': {
      const problem = badColumns(given)
      return problem === undefined ? undefined : fail(problem)
    }
    case 'directory': {
      const problem = checkDirectory(given)
      return problem === undefined ? undefined : fail(`invalid ${keyword}: ${problem}.`)
    }
    default: return undefined
  }
}

function validateInteger(keyword: string, rule: ParameterRow['rule'], value: bigint, fail: Fail): AmandaValue | undefined {
  const isWithin = (lowest: bigint, highest: bigint): boolean => value >= lowest && value <= highest
  switch (rule) {
    case 'positive': return value > 0n ? undefined : fail(`${keyword} must be positive`)
    case 'non-negative': return value >= 0n ? undefined : fail(`${keyword} must be nonnegative`)
    case 'non-zero': return value === 0n ? fail(`${keyword} must not be 0`) : undefined
    case 'debug': return isWithin(0n, 9n) ? undefined : fail('Debug must be between 0 and 9')
    case 'reserve': return isWithin(0n, 100n) ? undefined : fail('reserve must be between 0 and 100')
    case 'percent': return isWithin(0n, 100n) ? undefined : fail('bumppercent must be between 0 and 100')
    case 'runs': return value >= -1n ? undefined : fail('runspercycle must be >= -1')
    case 'blocksize': return value >= DISK_BLOCK_KIB ? undefined : fail(`Tape blocksize must be at least ${DISK_BLOCK_KIB} KBytes`)
    case 'disk-blocks': return integer((value / DISK_BLOCK_KIB) * DISK_BLOCK_KIB)
    case 'chunksize': {
      if (value === 0n) return integer(CHUNK_KIB_MAX)
      if (value < 0n) fail(`Negative chunksize (${value}) is no longer supported`)
      return value < 64n ? fail('chunksize must be at least 64kb') : integer((value / DISK_BLOCK_KIB) * DISK_BLOCK_KIB)
    }
    default: return undefined
  }
}
