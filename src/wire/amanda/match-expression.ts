// Amanda's match expressions for hosts, disks, datestamps and levels of a dump. Hosts and disks match by words between dots or slashes, each word a glob;
// `^` and `$` anchor, `=` in front takes the rest as it stands. Format: docs/formats/match-expressions.md.

import { Fault } from '../../kernel/fault.ts'

/** Longer ones are no expression that anybody typed, and would only keep the matcher busy. */
const EXPRESSION_CHARACTERS_MAX = 1024

function wrong(message: string): Fault {
  return new Fault('usage-wrong', message, { next: 'Mend the expression; a `=` in front of it takes it literally.' })
}

/** The words of the C library about brackets that have no end. */
const UNMATCHED = 'Unmatched [, [^, [:, [., or [='

/** `expression[from]` is the first character behind `[`; the offset behind the closing bracket, or −1. */
function endOfClass(expression: string, from: number): number {
  const first = /^[!^]/.test(expression.slice(from)) ? from + 1 : from
  // A bracket that stands first is one of the characters.
  const end = expression.indexOf(']', expression[first] === ']' ? first + 1 : first)
  return end < 0 ? -1 : end + 1
}

function hasOpenClass(glob: string): boolean {
  for (let index = 0; index < glob.length; ) {
    if (glob.charAt(index) !== '[') index += glob.charAt(index) === '\\' ? 2 : 1
    else if ((index = endOfClass(glob, index + 1)) < 0) return true
  }
  return false
}

/** The body of a glob as a regular expression, as Amanda's programs print it; with `forUs` as ours understands it. */
function globBody(glob: string, separator: string, forUs: boolean): string {
  const other = separator === '/' ? '[^/]' : '[^.]'
  let out = ''
  for (let index = 0; index < glob.length; ) {
    const character = glob.charAt(index)
    if (glob.startsWith('**', index)) {
      out += '.*'
      index += 2
    } else if (character === '*' || character === '?') {
      out += character === '*' ? `${other}*` : other
      index++
    } else if (character === '[') {
      const end = endOfClass(glob, index + 1)
      const words = end < 0 ? glob.slice(index) : glob.slice(index, end)
      const isNot = /^\[[!^]/.test(words)
      const inside = words.slice(isNot ? 2 : 1, end < 0 ? undefined : -1)
      out += `[${isNot ? '^' : ''}${forUs ? inside.replace(/[\\\]^[]/g, String.raw`\$&`) : inside}${end < 0 ? '' : ']'}`
      index = end < 0 ? glob.length : end
    } else if (character === '\\' && index + 1 < glob.length) {
      const next = glob.charAt(index + 1)
      // A letter behind a backslash is itself, but for the classes that the C library knows.
      out += forUs && /[a-z0-9]/i.test(next) && !/[swb]/i.test(next) ? next : `\\${next}`
      index += 2
    } else {
      out += /[.+(){}|^$\\]/.test(character) ? `\\${character}` : character
      index++
    }
  }
  return out
}

function compile(expression: string, separator: string, flags: string): { readonly pattern: RegExp; readonly isLeftOpen: boolean; readonly isRightOpen: boolean } {
  if (expression.length > EXPRESSION_CHARACTERS_MAX) throw wrong(`an expression of ${expression.length} characters is longer than ${EXPRESSION_CHARACTERS_MAX}`)
  const isLeft = expression.startsWith('^')
  const isRight = expression.length > (isLeft ? 1 : 0) && expression.endsWith('$')
  const glob = expression.slice(isLeft ? 1 : 0, isRight ? -1 : undefined)
  // A separator that stands there already is not asked for twice.
  const mark = `\\${separator}`
  const left = isLeft ? '^' : glob !== '' && glob.startsWith(separator) ? '' : mark
  const right = isRight ? '$' : glob !== '' && glob.endsWith(separator) && glob !== separator ? '' : mark
  const build = (forUs: boolean): string => `${left}${globBody(glob, separator, forUs)}${right}`
  if (hasOpenClass(glob)) throw wrong(`regex "${build(false)}": ${UNMATCHED}`)
  try {
    return { pattern: new RegExp(build(true), flags), isLeftOpen: !isLeft, isRightOpen: !isRight }
  } catch {
    throw wrong(`regex "${build(false)}": Invalid range end`)
  }
}

function matchWords(expression: string, name: string, separator: '.' | '/', flags: string): boolean {
  if (expression.startsWith('=')) return name === expression.slice(1)
  // The separator alone is the name that is nothing else.
  if (expression.replace(/^\^/, '').replace(/\$$/, '') === separator) return name === separator
  const { pattern, isLeftOpen, isRightOpen } = compile(expression, separator, flags)
  const left = isLeftOpen && (name === separator || !name.startsWith(separator)) ? separator : ''
  let subject = left + name
  if (isRightOpen && !subject.endsWith(separator)) subject += separator
  return pattern.test(subject)
}

/** Throws `usage-wrong` with Amanda's words for an expression that is none, as do all of these. */
export function matchHost(expression: string, host: string): boolean {
  return matchWords(expression, host, '.', 'i')
}

export function matchDisk(expression: string, disk: string): boolean {
  // The share of a Windows host: its words may be given with slashes.
  const isShare = disk.startsWith('\\\\') && !expression.startsWith('=') && !expression.includes('\\')
  return matchWords(expression, isShare ? disk.replaceAll('\\', '/') : disk, '/', '')
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
