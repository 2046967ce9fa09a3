// Paths below the top of a tree, as strings of bytes (latin1): the top is empty, all others have no slash at either end.

export function childPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '' || path === ancestor || (path.startsWith(ancestor) && path[ancestor.length] === '/')
}
