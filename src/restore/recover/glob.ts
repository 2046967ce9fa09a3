// Globs over names of bytes (latin1 strings): `*` and `?` stay within a name, `[a-z]` and `[!a-z]` are one character, `**` as a whole part of a path is any
// number of directories, `\` takes the meaning from the next character. `*` also matches names that begin with a dot: a backup has no hidden files.
// A match takes time in proportion to pattern times name, whatever both are.

type Token =
  | { readonly kind: 'run' }
  | { readonly kind: 'any' }
  | { readonly kind: 'character'; readonly code: number }
  | { readonly kind: 'set'; readonly isNegated: boolean; readonly ranges: readonly (readonly [number, number])[] }

/** A name as characters: those of UTF-8 where its bytes are, each other byte as a code that no character has. */
function charactersOf(name: string): readonly number[] {
  const bytes = Buffer.from(name, 'latin1')
  const codes: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0
    const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
    const text = length < 2 ? '' : bytes.subarray(at, at + length).toString('utf8')
    const isCharacter = length > 1 && text.length > 0 && Buffer.byteLength(text) === length && !text.includes('�')
    codes.push(length === 1 ? first : isCharacter ? (text.codePointAt(0) ?? 0) : ODD_BYTES + first)
    at += isCharacter ? length : 1
  }
  return codes
}

/** Above all code points. */
const ODD_BYTES = 0x200000
const [STAR, QUESTION, OPEN, CLOSE, ESCAPE, DASH, BANG, CARET] = [0x2a, 0x3f, 0x5b, 0x5d, 0x5c, 0x2d, 0x21, 0x5e]

/** A set that begins at `codes[at]`, behind its bracket; undefined when it has no end: then the bracket is a character. */
function parseSet(codes: readonly number[], at: number): { readonly token: Token; readonly next: number } | undefined {
  const isNegated = codes[at] === BANG || codes[at] === CARET
  const ranges: (readonly [number, number])[] = []
  let index = isNegated ? at + 1 : at
  for (const start = index; index < codes.length; ) {
    if (codes[index] === CLOSE && index > start) return { token: { kind: 'set', isNegated, ranges }, next: index + 1 }
    if (codes[index] === ESCAPE && index + 1 < codes.length) index++
    const from = codes[index] ?? 0
    index++
    if (codes[index] !== DASH || index + 1 >= codes.length || codes[index + 1] === CLOSE) {
      ranges.push([from, from])
      continue
    }
    index++
    if (codes[index] === ESCAPE && index + 1 < codes.length) index++
    ranges.push([from, codes[index] ?? 0])
    index++
  }
  return undefined
}

function tokensOf(pattern: string): readonly Token[] {
  const codes = charactersOf(pattern)
  const tokens: Token[] = []
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0
    if (code === STAR) {
      if (tokens.at(-1)?.kind !== 'run') tokens.push({ kind: 'run' })
    } else if (code === QUESTION) tokens.push({ kind: 'any' })
    else if (code === ESCAPE && index + 1 < codes.length) tokens.push({ kind: 'character', code: codes[++index] ?? 0 })
    else {
      const set = code === OPEN ? parseSet(codes, index + 1) : undefined
      tokens.push(set?.token ?? { kind: 'character', code })
      if (set !== undefined) index = set.next - 1
    }
  }
  return tokens
}

function takes(token: Token, code: number): boolean {
  switch (token.kind) {
    case 'run':
      return false
    case 'any':
      return true
    case 'character':
      return token.code === code
    case 'set':
      return token.ranges.some(([from, to]) => code >= from && code <= to) !== token.isNegated
    default:
      return token satisfies never
  }
}

/** Whether `items` are what `pattern` says, where the parts for which `isRun` is true stand for any number of items. Goes back only to the last of them. */
function matchRuns<P, T>(pattern: readonly P[], items: readonly T[], isRun: (part: P) => boolean, fits: (part: P, item: T) => boolean): boolean {
  let part = 0
  let item = 0
  let lastRun = -1
  let taken = 0
  while (item < items.length) {
    const current = pattern[part]
    if (current !== undefined && isRun(current)) {
      lastRun = part++
      taken = item
    } else if (current !== undefined && fits(current, items[item] as T)) {
      part++
      item++
    } else if (lastRun < 0) return false
    else {
      part = lastRun + 1
      item = ++taken
    }
  }
  return pattern.slice(part).every(isRun)
}

/** Whether a pattern has anything that is not itself. */
export function hasGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern.replaceAll(/\\[^]/g, ''))
}

/** `text` as a pattern that matches only it. */
export function literalGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)
}

/** What a pattern without a glob stands for. */
export function unquoteGlob(pattern: string): string {
  return pattern.replaceAll(/\\([^])/g, '$1')
}

export type NameMatcher = (name: string) => boolean

/** For one name without slashes. */
export function nameGlob(pattern: string): NameMatcher {
  const tokens = tokensOf(pattern)
  return (name) => matchRuns(tokens, charactersOf(name), (token) => token.kind === 'run', takes)
}

/** Part of a glob of paths. */
export type PathGlobPart = { readonly kind: 'directories' } | { readonly kind: 'literal'; readonly name: string } | { readonly kind: 'names'; readonly matches: NameMatcher }

/** The parts of `/a/*` or `a/*`; empty parts and `.` do not count. */
export function pathGlobParts(pattern: string): readonly PathGlobPart[] {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.')
  return parts.map((part) => (part === '**' ? { kind: 'directories' } : hasGlob(part) ? { kind: 'names', matches: nameGlob(part) } : { kind: 'literal', name: unquoteGlob(part) }))
}

/** For whole paths (`/a/b`) from the top. */
export function pathGlob(pattern: string): NameMatcher {
  const parts = pathGlobParts(pattern)
  const fits = (part: PathGlobPart, name: string): boolean => (part.kind === 'literal' ? part.name === name : part.kind === 'names' && part.matches(name))
  return (path) => matchRuns(parts, path.split('/').filter((part) => part !== ''), (part) => part.kind === 'directories', fits)
}

/**
 * What `--exclude` and `-name` mean: without a slash the last part of a path, with one at its start the path from the top, with one elsewhere the end of a path.
 */
export function wishGlob(pattern: string): NameMatcher {
  if (pattern.includes('/')) return pathGlob(pattern.startsWith('/') ? pattern : `/**/${pattern}`)
  const matches = nameGlob(pattern)
  return (path) => matches(path.slice(path.lastIndexOf('/') + 1))
}
