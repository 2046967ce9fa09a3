// What of a tree is dumped when only some of it was asked for: each path that was named with all that is below it, and the directories on the way there.

export type Chosen = 'whole' | 'passage' | 'out'

/** `paths` are below the top, strings of bytes; an empty one is the top itself. Undefined: everything is chosen. */
export function chosenPaths(paths: readonly string[]): ((path: string) => Chosen) | undefined {
  if (paths.includes('')) return undefined
  const whole = new Set(paths)
  const passages = new Set<string>([''])
  for (const path of paths) for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) passages.add(path.slice(0, slash))
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) if (whole.has(path.slice(0, end))) return 'whole'
    return passages.has(path) ? 'passage' : 'out'
  }
}
