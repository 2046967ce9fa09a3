// Expressions by which Amanda's command lines name hosts and disks: words with a separator between them, `.` in hosts and `/` in disks. An expression matches any
// run of whole words unless `^` or `$` anchors it; `*` and `?` stay within a word, `**` does not; brackets are those of POSIX, with `!` for "none of". `=NAME` is the
// name itself. A disk of Windows is matched with `/` for each of its backslashes, of which an expression has two.

type Matcher = (name: string) => boolean

/** An expression that means nothing, in the words of stock Amanda. */
export class MatchExpressionError extends Error {}

const UNCLOSED = 'Unmatched [, [^, [:, [., or [='

/** One character that `isOne` holds for, any number of them, or a place between characters. */
type Step = { readonly kind: 'one' | 'many'; readonly isOne: (character: string) => boolean } | { readonly kind: 'edge'; readonly isWanted: boolean }

/** What a glob means, and what stock Amanda shows of it as a regular expression when it is wrong. */
interface Translated {
  readonly shown: string
  readonly steps: readonly Step[]
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

/** A test of one character by what a regular expression calls it. */
function oneOf(source: string, isCaseLess: boolean): (character: string) => boolean {
  const regexp = new RegExp(`^${source}$`, isCaseLess ? 'is' : 's')
  return (character) => regexp.test(character)
}

function translate(glob: string, separator: string, isCaseLess: boolean): Translated {
  const within = `[^${separator}]`
  const steps: Step[] = []
  let shown = ''
  const add = (kind: 'one' | 'many', source: string): void => void steps.push({ kind, isOne: oneOf(source, isCaseLess) })
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at)
    const bracket = character === '[' ? readBracket(glob, at) : undefined
    if (typeof bracket === 'string') {
      return { shown: `${shown}[${glob.slice(at + 1).replace(/^!/, '^')}`, steps, wrong: bracket }
    } else if (bracket !== undefined) {
      shown += `[${glob.slice(at + 1, bracket.end + 1).replace(/^!/, '^')}`
      add('one', bracket.body)
      at = bracket.end
    } else if (glob.startsWith('**', at)) {
      shown += '.*'
      add('many', '.')
      at++
    } else if (character === '*' || character === '?') {
      shown += within + (character === '*' ? '*' : '')
      add(character === '*' ? 'many' : 'one', within)
    } else if (character === '\\') {
      if (at + 1 >= glob.length) return { shown: `${shown}\\`, steps, wrong: 'Trailing backslash' }
      shown += glob.slice(at, at + 2)
      const next = glob.charAt(++at)
      // As the C library has it, these are classes here as well, and edges of words.
      if (/[bB]/.test(next)) steps.push({ kind: 'edge', isWanted: next === 'b' })
      else add('one', /[sSwW]/.test(next) ? `\\${next}` : escaped(next))
    } else {
      shown += /[.+^$(){|]/.test(character) ? `\\${character}` : character
      add('one', escaped(character))
    }
  }
  return { shown, steps, wrong: undefined }
}

function isWordAt(text: string, at: number): boolean {
  return /^\w$/.test(text.charAt(at))
}

/** Whether the steps lead through a piece of `text`, which begins or ends with it where that is asked for. Every character is looked at once for each step: an expression of many stars takes no longer. */
function leadsThrough(steps: readonly Step[], text: string, isAtStart: boolean, isAtEnd: boolean): boolean {
  let open = new Set<number>()
  const enter = (into: Set<number>, from: number, at: number): void => {
    for (let index = from; ; index++) {
      if (into.has(index)) return
      into.add(index)
      const step = steps[index]
      const isPassed = step?.kind === 'many' || (step?.kind === 'edge' && step.isWanted === (isWordAt(text, at - 1) !== isWordAt(text, at)))
      if (!isPassed) return
    }
  }
  for (let at = 0; ; at++) {
    if (at === 0 || !isAtStart) enter(open, 0, at)
    if (open.has(steps.length) && (!isAtEnd || at === text.length)) return true
    if (at === text.length) return false
    const next = new Set<number>()
    for (const index of open) {
      const step = steps[index]
      if (step === undefined || step.kind === 'edge' || !step.isOne(text.charAt(at))) continue
      enter(next, step.kind === 'many' ? index : index + 1, at + 1)
    }
    open = next
  }
}

function wordMatcher(expression: string, separator: string, isCaseLess: boolean): Matcher {
  const isHeld = { start: expression.startsWith('^'), end: expression.endsWith('$') }
  const glob = expression.slice(isHeld.start ? 1 : 0, isHeld.end ? -1 : undefined)
  if (glob === separator) return (name) => name === separator
  const edge = `\\${separator}`
  const [isLed, isClosed] = [!isHeld.start && !glob.startsWith(separator), !isHeld.end && !glob.endsWith(separator)]
  const { shown, steps, wrong } = translate(glob, separator, isCaseLess)
  const head = isHeld.start ? '^' : isLed ? edge : ''
  const tail = isHeld.end ? '$' : isClosed ? edge : ''
  if (wrong !== undefined) throw new MatchExpressionError(`regex "${head}${shown}${shown.endsWith('\\') ? '' : tail}": ${wrong}`)
  const border: Step = { kind: 'one', isOne: (character) => character === separator }
  const all = [...(isLed ? [border] : []), ...steps, ...(isClosed ? [border] : [])]
  return (name) => {
    if (name === separator) return leadsThrough(all, separator + separator, isHeld.start, isHeld.end)
    const led = isHeld.start || name.startsWith(separator) ? name : separator + name
    return leadsThrough(all, isHeld.end || led.endsWith(separator) ? led : led + separator, isHeld.start, isHeld.end)
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
