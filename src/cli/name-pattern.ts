// Globs over names of files: `*` any characters (also slashes), `?` one, everything else itself. Linear in the length of the name.

/** Whether a path (`/a/b`, directories with a slash at the end) is like `pattern`. */
export function namePattern(pattern: string): (path: string) => boolean {
  const isWhole = pattern.includes('/')
  return (path) => {
    const bare = path.endsWith('/') ? path.slice(0, -1) : path
    return globMatches(pattern, isWhole ? bare : bare.slice(bare.lastIndexOf('/') + 1))
  }
}

/** The usual two-pointer match: on a mismatch the last star takes one character more. */
function globMatches(pattern: string, text: string): boolean {
  let at = 0
  let position = 0
  let star = -1
  let starAt = 0
  while (position < text.length) {
    const wanted = pattern[at]
    if (wanted === '*') {
      star = at++
      starAt = position
    } else if (wanted === '?' || wanted === text[position]) {
      at++
      position++
    } else if (star >= 0) {
      at = star + 1
      position = ++starAt
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
