// Numbers of Amanda with their units. Whole numbers wrap and overflow as the C types do that stock Amanda keeps them in, so that the same text gives the same value.

import type { AmandaLexer } from './lexer.ts'
import type { Report } from './problems.ts'

const KIB = 1024n
export const INT_MAX = 2_147_483_647n
const INT_MIN = -2_147_483_648n
const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n

const UNITS: Readonly<Record<string, bigint>> = Object.fromEntries([
  ...['B', 'BPS', 'BYTE', 'BYTES', 'DAY', 'DAYS', 'TAPE', 'TAPES'].map((unit) => [unit, 1n]),
  ...['WEEK', 'WEEKS'].map((unit) => [unit, 7n]),
  ...['K', 'KB', 'KBPS', 'KBYTE', 'KBYTES', 'KILOBYTE', 'KILOBYTES', 'KPS'].map((unit) => [unit, KIB]),
  ...['M', 'MB', 'MBPS', 'MBYTE', 'MBYTES', 'MEG', 'MEGABYTE', 'MEGABYTES', 'MPS'].map((unit) => [unit, KIB ** 2n]),
  ...['G', 'GB', 'GBPS', 'GBYTE', 'GBYTES', 'GIG', 'GIGABYTE', 'GIGABYTES'].map((unit) => [unit, KIB ** 3n]),
  ...['T', 'TB', 'TBPS', 'TBYTE', 'TBYTES', 'TERA', 'TERABYTE', 'TERABYTES'].map((unit) => [unit, KIB ** 4n]),
])

/** What the unit that follows stands for; undefined when none does. */
function readUnit(lexer: AmandaLexer): bigint | undefined {
  const token = lexer.next()
  const unit = token.kind === 'word' ? token.text.toUpperCase() : ''
  if (Object.hasOwn(UNITS, unit)) return UNITS[unit]
  lexer.unget(token)
  return undefined
}

/** The whole number that follows, `most` for `inf`; undefined after a complaint. */
function readNumber(lexer: AmandaLexer, report: Report, most: bigint): bigint | undefined {
  const token = lexer.next()
  if (token.kind === 'integer') return token.value
  if (token.kind === 'word' && /^inf(?:inity)?$/i.test(token.text)) return most
  lexer.last = 'integer'
  report('error', 'an integer is expected')
  return undefined
}

export function readInteger(lexer: AmandaLexer, report: Report): bigint {
  const value = readNumber(lexer, report, INT_MAX) ?? 0n
  if (value > INT_MAX || value < INT_MIN) {
    report('error', value > 0n ? 'value too large' : 'value too small')
    readUnit(lexer)
    return 0n
  }
  return BigInt.asIntN(32, value * (readUnit(lexer) ?? 1n))
}

/** A size in bytes, or with `isKib` in KiB, as 64 bits. */
function readSize(lexer: AmandaLexer, report: Report, isKib: boolean, most: bigint): bigint {
  const value = readNumber(lexer, report, INT64_MAX) ?? 0n
  if (value > UINT64_MAX || value < -INT64_MAX - 1n) {
    report('error', value > 0n ? 'value too large' : 'value too small')
    readUnit(lexer)
    return 0n
  }
  const unit = readUnit(lexer)
  if (unit === undefined) return value
  if (isKib && unit === 1n) return value / KIB
  const factor = isKib && unit >= KIB ? unit / KIB : unit
  if (value > most / factor || value < -(most / factor)) {
    report('error', value > 0n ? 'value too large' : 'value too small')
    return 0n
  }
  return value * factor
}

export function readKib(lexer: AmandaLexer, report: Report): bigint {
  return BigInt.asIntN(64, readSize(lexer, report, true, INT64_MAX))
}

export function readBlocks(lexer: AmandaLexer, report: Report): bigint {
  return BigInt.asUintN(64, readSize(lexer, report, true, UINT64_MAX))
}

export function readBytes(lexer: AmandaLexer, report: Report): bigint {
  return BigInt.asUintN(64, readSize(lexer, report, false, UINT64_MAX))
}
