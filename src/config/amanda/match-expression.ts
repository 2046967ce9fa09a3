// Expressions by which Amanda's command lines name hosts and disks: words with a separator between them, `.` in hosts and `/` in disks. An expression matches any
// run of whole words unless it is anchored; `*` and `?` stay within a word, `**` does not. `=NAME` is the name itself.

/** What an expression means, or that it is none. */
type Matcher = (name: string) => boolean

const SPECIAL = /[.\\+^$(){}|[\]*?/]/

function escaped(character: string): string {
  return SPECIAL.test(character) ? `\\${character}` : character
}

/** The regular expression of a glob in which `separator` parts words, without anchors; undefined when a bracket is not closed. */
function bodyOf(glob: string, separator: string): string | undefined {
  const within = `[^${escaped(separator)}]`
  let body = ''
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at)
    if (character === '*') {
      const isDeep = glob.charAt(at + 1) === '*'
      if (isDeep) at++
      body += isDeep ? '.*' : `${within}*`
    } else if (character === '?') body += within
    else if (character === '\\' && at + 1 < glob.length) body += escaped(glob.charAt(++at))
    else if (character === '[') {
      const end = glob.indexOf(']', glob.charAt(at + 1) === '!' ? at + 3 : at + 2)
      if (end < 0) return undefined
      const inside = glob.slice(at + 1, end)
      const isNot = inside.startsWith('!')
      body += `[${isNot ? '^' : ''}${(isNot ? inside.slice(1) : inside).replaceAll(/[\\[\]^]/g, String.raw`\$&`)}]`
      at = end
    } else body += escaped(character)
  }
  return body
}

function wordMatcher(expression: string, separator: string, isCaseLess: boolean): Matcher {
  const edge = escaped(separator)
  let glob = expression
  let [head, tail] = [`(?:^|${edge})`, `(?:$|${edge})`]
  if (glob.startsWith('^')) {
    head = '^'
    glob = glob.slice(1)
  } else if (glob.startsWith(separator)) {
    head = `(?:^|${edge})`
    glob = glob.slice(1)
  }
  if (glob.endsWith('$') && !glob.endsWith('\\$')) {
    tail = '$'
    glob = glob.slice(0, -1)
  } else if (glob.endsWith(separator)) glob = glob.slice(0, -1)
  const body = bodyOf(glob, separator)
  if (body === undefined) return () => false
  try {
    const regexp = new RegExp(`${head}(?:${body})${tail}`, isCaseLess ? 'is' : 's')
    return (name) => regexp.test(name)
  } catch {
    return () => false
  }
}

/** Hosts are compared without regard to case. */
export function hostMatcher(expression: string): Matcher {
  if (expression.startsWith('=')) return (name) => name === expression.slice(1)
  return wordMatcher(expression, '.', true)
}

export function diskMatcher(expression: string): Matcher {
  if (expression.startsWith('=')) return (name) => name === expression.slice(1)
  if (expression === '/') return (name) => name === '/'
  const isMatch = wordMatcher(expression, '/', false)
  return (name) => isMatch(name.includes('\\') && !name.includes('/') ? name.replaceAll('\\', '/') : name)
}
