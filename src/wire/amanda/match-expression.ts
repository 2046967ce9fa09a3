// Amanda's match expressions for a dump: host and disk (name-expression.ts), datestamp and level. `=` in front takes the rest as it stands.
// Format: docs/formats/match-expressions.md.

import { Fault } from '../../kernel/fault.ts'
import { diskMatcher, hostMatcher, MatchExpressionError } from './name-expression.ts'

/** Longer ones are no expression that anybody typed, and would only keep the matcher busy. */
const EXPRESSION_CHARACTERS_MAX = 1024

function wrong(message: string): Fault {
  return new Fault('usage-wrong', message, { next: 'Mend the expression; a `=` in front of it takes it literally.' })
}

function matches(expression: string, name: string, matcherOf: (expression: string) => (name: string) => boolean): boolean {
  if (expression.length > EXPRESSION_CHARACTERS_MAX) throw wrong(`an expression of ${expression.length} characters is longer than ${EXPRESSION_CHARACTERS_MAX}`)
  try {
    return matcherOf(expression)(name)
  } catch (error) {
    throw error instanceof MatchExpressionError ? wrong(error.message) : error
  }
}

/** Throws `usage-wrong` with Amanda's words for an expression that is none, as do all of these. */
export function matchHost(expression: string, host: string): boolean {
  return matches(expression, host, hostMatcher)
}

export function matchDisk(expression: string, disk: string): boolean {
  return matches(expression, disk, diskMatcher)
}

/** Bytes of both up to `length`, as the C library compares them: a shorter text comes first. */
function compareStart(a: string, b: string, length: number): number {
  const [left, right] = [a.slice(0, length), b.slice(0, length)]
  return left === right ? 0 : left < right ? -1 : 1
}

export function matchDatestamp(expression: string, datestamp: string): boolean {
  if (expression.startsWith('=')) return datestamp === expression.slice(1)
  const illegal = (): Fault => wrong(`Illegal datestamp expression ${expression}`)
  const match = /^\^?(\d+)(?:(\$)|(-)(\d*))?$/.exec(expression)
  if (match === null) throw illegal()
  const [, first = '', end, dash, tail = ''] = match
  if (end !== undefined) return datestamp === first
  if (dash === undefined) return datestamp.startsWith(first)
  if (tail.length > first.length) throw illegal()
  // What the end of the range leaves out it takes from the beginning.
  const last = first.slice(0, first.length - tail.length) + tail
  if (last < first) throw illegal()
  return compareStart(datestamp, first, first.length) >= 0 && compareStart(datestamp, last, last.length) <= 0
}

export function matchLevel(expression: string, level: string): boolean {
  if (expression.startsWith('=')) return level === expression.slice(1)
  const [, from, to] = /^(\d*)-(\d*)$/.exec(expression) ?? []
  if (from !== undefined && to !== undefined) {
    const value = Number.parseInt(level, 10) || 0
    return value >= Number(from) && value <= Number(to)
  }
  const [, digits, end] = /^\^?(\d+)(\$)?$/.exec(expression) ?? []
  if (digits === undefined) throw wrong(`Illegal level expression ${expression}`)
  return end === undefined ? level.startsWith(digits) : level === digits
}
