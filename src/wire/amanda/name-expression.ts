// Expressions by which Amanda's command lines name hosts and disks: words with a separator between them, `.` in hosts and `/` in disks. An expression matches any
// run of whole words unless `^` or `$` anchors it; `*` and `?` stay within a word, `**` does not; brackets are those of POSIX, with `!` for "none of". `=NAME` is the
// name itself. A disk of Windows is matched with `/` for each of its backslashes, of which an expression has two.

type Matcher = (name: string) => boolean

/** An expression that means nothing, in the words of stock Amanda. */
export class MatchExpressionError extends Error {}

const UNCLOSED = 'Unmatched [, [^, [:, [., or [='

/** A glob on its way to a regular expression: what stock Amanda shows of it when it is wrong, and ours. */
interface Translated {
  readonly shown: string
  readonly body: string
  readonly wrong: string | undefined
}

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z', digit: '0-9', alnum: 'A-Za-z0-9', upper: 'A-Z', lower: 'a-z', space: String.raw`\s`, blank: String.raw` \t`, xdigit: '0-9A-Fa-f', cntrl: String.raw`\x00-\x1f\x7f`, print: String.raw`\x20-\x7e`, graph: String.raw`\x21-\x7e`,
  punct: String.raw`!-\/:-@\[-\x60{-~`,
}

function escaped(character: string): string {
  return /[.\\+^$(){}|[\]*?/-]/.test(character) ? `\\${character}` : character
}

/** The bracket at `from`: where it ends and what it is. */
function readBracket(glob: string, from: number): { readonly end: number; readonly body: string } | string {
  let at = from + 1
  const isNot = glob[at] === '!' || glob[at] === '^'
  if (isNot) at++
  let body = ''
  for (const first = at; ; ) {
    const character = glob[at]
    if (character === undefined) return UNCLOSED
    if (character === ']' && at > first) return { end: at, body: `[${isNot ? '^' : ''}${body}]` }
    if (glob.startsWith('[:', at)) {
      const end = glob.indexOf(':]', at + 2)
      if (end < 0) return UNCLOSED
      const characters = CLASSES[glob.slice(at + 2, end)]
      if (characters === undefined) return 'Invalid character class name'
      body += characters
      at = end + 2
    } else if (glob[at + 1] === '-' && glob[at + 2] !== ']') {
      const last = glob[at + 2]
      if (last === undefined || last < character) return 'Invalid range end'
      body += `${escaped(character)}-${escaped(last)}`
      at += 3
    } else {
      body += escaped(character)
      at++
    }
  }
}

function translate(glob: string, separator: string): Translated {
  const within = `[^${separator}]`
  let [shown, body] = ['', '']
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at)
    const bracket = character === '[' ? readBracket(glob, at) : undefined
    if (typeof bracket === 'string') {
      return { shown: `${shown}[${glob.slice(at + 1).replace(/^!/, '^')}`, body, wrong: bracket }
    } else if (bracket !== undefined) {
      shown += `[${glob.slice(at + 1, bracket.end + 1).replace(/^!/, '^')}`
      body += bracket.body
      at = bracket.end
    } else if (glob.startsWith('**', at)) {
      shown += '.*'
      body += '.*'
      at++
    } else if (character === '*' || character === '?') {
      shown += within + (character === '*' ? '*' : '')
      body += within + (character === '*' ? '*' : '')
    } else if (character === '\\') {
      if (at + 1 >= glob.length) return { shown: `${shown}\\`, body, wrong: 'Trailing backslash' }
      shown += glob.slice(at, at + 2)
      const next = glob.charAt(++at)
      // As the C library has it, these are classes here as well.
      body += /[sSwWbB]/.test(next) ? `\\${next}` : escaped(next)
    } else {
      shown += /[.+^$(){|]/.test(character) ? `\\${character}` : character
      body += escaped(character)
    }
  }
  return { shown, body, wrong: undefined }
}

function wordMatcher(expression: string, separator: string, isCaseLess: boolean): Matcher {
  const isHeld = { start: expression.startsWith('^'), end: expression.endsWith('$') }
  const glob = expression.slice(isHeld.start ? 1 : 0, isHeld.end ? -1 : undefined)
  if (glob === separator) return (name) => name === separator
  const edge = `\\${separator}`
  const head = isHeld.start ? '^' : glob.startsWith(separator) ? '' : edge
  const tail = isHeld.end ? '$' : glob.endsWith(separator) ? '' : edge
  const { shown, body, wrong } = translate(glob, separator)
  if (wrong !== undefined) throw new MatchExpressionError(`regex "${head}${shown}${shown.endsWith('\\') ? '' : tail}": ${wrong}`)
  const regexp = new RegExp(`${head}${body}${tail}`, isCaseLess ? 'is' : 's')
  return (name) => {
    if (name === separator) return regexp.test(separator + separator)
    const led = isHeld.start || name.startsWith(separator) ? name : separator + name
    return regexp.test(isHeld.end || led.endsWith(separator) ? led : led + separator)
  }
}

/** Hosts are compared without regard to case, unless the name itself is given. Throws MatchExpressionError. */
export function hostMatcher(expression: string): Matcher {
  return expression.startsWith('=') ? (name) => name === expression.slice(1) : wordMatcher(expression, '.', true)
}

/** Throws MatchExpressionError. */
export function diskMatcher(expression: string): Matcher {
  if (expression.startsWith('=')) return (name) => name === expression.slice(1)
  const isMatch = wordMatcher(expression, '/', false)
  const isWindowsMatch = wordMatcher(expression.replaceAll('\\\\', '/'), '/', false)
  return (name) => (name.startsWith('\\\\') && !name.includes('/') ? isWindowsMatch(name.replaceAll('\\', '/')) : isMatch(name))
}
