// The patterns of an exclude list, with the meaning that GNU tar gives them: a pattern matches from the beginning of a path (`./a/b`; the top is `.`) or from behind
// any slash, to its end. Whoever walks asks for a directory before what is in it, so a directory that is left out takes along all below it. Paths are bytes as
// latin1 strings without `./`.

import { Fault } from '../../kernel/fault.ts'
import { Glob, isGlob, unescapePattern } from './glob.ts'

const PATTERNS_MAX = 100_000
/** Longer than any path that the system takes at once. */
const PATTERN_LENGTH_MAX = 16_384

interface GlobPattern {
  readonly glob: Glob
  /** Matches from the beginning only, and only below this (`` for anything): the plain text behind `./` that the pattern begins with. */
  readonly prefix: string | undefined
  readonly isFromStartOnly: boolean
}

export class PatternSet {
  /** Plain names, anywhere. */
  readonly #names = new Set<string>()
  /** Plain paths from the top, and the directories that they lie in. */
  readonly #paths = new Set<string>()
  readonly #parents = new Set<string>()
  /** Plain text with a slash in it, anywhere, with a slash before it. */
  readonly #tails: string[] = []
  /** Plain text after one star. */
  readonly #endings: string[] = []
  readonly #globs: GlobPattern[] = []
  #isTopOut = false

  constructor(patterns: readonly string[]) {
    if (patterns.length > PATTERNS_MAX) throw new Fault('wire-malformed', `${patterns.length} patterns are too many`)
    for (const pattern of patterns) {
      if (pattern.length > PATTERN_LENGTH_MAX) throw new Fault('wire-malformed', `the pattern ${JSON.stringify(pattern.slice(0, 100))}… is too long`)
      if (isGlob(pattern)) this.#addGlob(pattern)
      else if (pattern !== '') this.#addPlain(unescapePattern(pattern))
    }
  }

  /** Whether the path itself matches. */
  matches(path: string): boolean {
    if (path === '.') return this.#isTopOut
    if (this.#names.size > 0 && this.#names.has(path.slice(path.lastIndexOf('/') + 1))) return true
    if (this.#paths.size > 0 && this.#paths.has(path)) return true
    for (const tail of this.#tails) if (path.endsWith(tail) || path === tail.slice(1)) return true
    for (const ending of this.#endings) if (path.endsWith(ending) || (ending.length > path.length && `./${path}`.endsWith(ending))) return true
    return this.#globs.length > 0 && this.#matchesGlob(path, this.#globs)
  }

  /** The test for names directly in `directory`, or undefined when nothing in it can match: then there is nothing to ask. */
  inDirectory(directory: string): ((name: string) => boolean) | undefined {
    const prefix = directory === '.' ? '' : `${directory}/`
    const canMatch =
      this.#names.size > 0 ||
      this.#tails.length > 0 ||
      this.#endings.length > 0 ||
      this.#parents.has(directory) ||
      this.#globs.some((glob) => glob.prefix === undefined || glob.prefix.startsWith(prefix) || prefix.startsWith(glob.prefix))
    return canMatch ? (name) => this.matches(prefix + name) : undefined
  }

  #addPlain(text: string): void {
    if (text === '.') this.#isTopOut = true
    else if (text.startsWith('./')) {
      const path = text.slice(2)
      this.#paths.add(path)
      this.#parents.add(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')
    } else if (text.includes('/')) this.#tails.push(`/${text}`)
    else this.#names.add(text)
  }

  #addGlob(pattern: string): void {
    const glob = new Glob(pattern)
    this.#isTopOut ||= glob.matches('.', 0)
    const ending = pattern.startsWith('*') && !isGlob(pattern.slice(1)) ? unescapePattern(pattern.slice(1)) : undefined
    if (ending !== undefined && !pattern.endsWith('\\')) {
      this.#endings.push(ending)
      return
    }
    const prefix = pattern.startsWith('./') ? (/^[^*?[\\]*/.exec(pattern.slice(2))?.[0] ?? '') : undefined
    this.#globs.push({ glob, prefix, isFromStartOnly: prefix !== undefined || pattern.startsWith('*') })
  }

  #matchesGlob(path: string, globs: readonly GlobPattern[]): boolean {
    const whole = `./${path}`
    for (const { glob, prefix, isFromStartOnly } of globs) {
      if (prefix !== undefined && !path.startsWith(prefix)) continue
      if (glob.matches(whole, 0)) return true
      if (isFromStartOnly) continue
      for (let slash = 1; slash > 0; slash = whole.indexOf('/', slash + 1)) if (glob.matches(whole, slash + 1)) return true
    }
    return false
  }
}

/** The patterns of a list file: one a line, blanks at its end left off, empty lines left out. */
export function parsePatternList(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/[ \t\v\f\r]+$/, ''))
    .filter((line) => line !== '')
}
