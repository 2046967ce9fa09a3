// Which members belong to wanted paths: the paths themselves and all that is below them.

import { partsOf } from '../../wire/tar/member-place.ts'

/** `wanted`: paths below the top in any spelling, as text. Told paths as bytes (latin1), as `ExtractOptions.select` is. */
export function pathSelection(wanted: readonly string[]): (path: string) => boolean {
  const paths = new Set(wanted.map((path) => partsOf(Buffer.from(path, 'utf8').toString('latin1')).join('/')))
  if (paths.has('')) return () => true
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) if (paths.has(path.slice(0, end))) return true
    return false
  }
}
