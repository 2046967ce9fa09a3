// placeholder
export function compileExcludes(_patterns: readonly string[]): (path: string, isDirectory: boolean) => boolean {
  return () => false
}
export function isWithinLeftOut(path: string, leavesOut: (path: string, isDirectory: boolean) => boolean): boolean {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) if (leavesOut(path.slice(0, slash), true)) return true
  return leavesOut(path, true)
}
