// `columnspec`: the widths of the columns in Amanda's report, as NAME=SPACES[:WIDTH[:DIGITS]], with commas between them.

const COLUMNS = ['hostname', 'disk', 'level', 'origkb', 'outkb', 'compress', 'dumptime', 'dumprate', 'tapetime', 'taperate']

/** What is wrong with it; undefined when nothing is. */
export function badColumns(spec: string): string | undefined {
  if (spec === '') return undefined
  for (const piece of spec.split(',')) {
    const at = piece.indexOf('=')
    if (at < 0) return `invalid columnspec: ${piece}`
    const name = piece.slice(0, at)
    const format = piece.slice(at + 1)
    if (!COLUMNS.includes(name.toLowerCase())) return `invalid column name: '${name}'`
    if (!/^\d+(?::\d*)*$/.test(format)) return `invalid format: ${format}`
  }
  return undefined
}
