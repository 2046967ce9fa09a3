// What the gate on structure asks of the documents: every relative link leads to a file, and the table of rooms in docs/ARCHITECTURE.md
// says what the import table says. Pure but for the question whether a file exists, which is an argument.

import path from 'node:path'

export interface DocsBreach {
  readonly file: string
  readonly text: string
}

/** `[text](target)` outside of code; images too. Targets with a scheme and bare anchors are nobody's business here. */
const LINK = /\]\(([^()\s]+(?:\([^()\s]*\))?)(?:\s+"[^"]*")?\)/g

function withoutCode(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '``')
}

/** Links of one document that lead nowhere. `file` and the paths asked for are relative to the root of the checkout. */
export function checkLinks(file: string, markdown: string, isThere: (file: string) => boolean): DocsBreach[] {
  const breaches: DocsBreach[] = []
  for (const match of withoutCode(markdown).matchAll(LINK)) {
    const target = (match[1] ?? '').replace(/#.*$/, '')
    if (target === '' || /^[a-z][a-z0-9+.-]*:/i.test(target)) continue
    const resolved = path.posix.normalize(path.posix.join(path.posix.dirname(file), decodeURIComponent(target)))
    if (resolved.startsWith('..') || path.posix.isAbsolute(target)) breaches.push({ file, text: `the link ${target} leaves the repository` })
    else if (!isThere(resolved)) breaches.push({ file, text: `the link ${target} leads to ${resolved}, which does not exist` })
  }
  return breaches
}

/** A row of the table of rooms: the room, what lives there, what it may import. */
const ROOM_ROW = /^\| `src\/([a-z]+)\/` \|[^|\n]*\| ([^|\n]*) \|$/gm

/** Rooms and imports in the document against `table`. `–` is nothing, `everything` is `*`. */
export function checkRoomTable(file: string, markdown: string, table: Readonly<Record<string, readonly string[]>>): DocsBreach[] {
  const breaches: DocsBreach[] = []
  const rows = new Map([...markdown.matchAll(ROOM_ROW)].map((row) => [row[1] ?? '', row[2] ?? '']))
  const words = (imports: readonly string[]): string => (imports.length === 0 ? '–' : imports.includes('*') ? 'everything' : imports.join(', '))
  for (const [room, imports] of Object.entries(table)) {
    const told = rows.get(room)
    if (told === undefined) breaches.push({ file, text: `its table of rooms has no row for src/${room}` })
    else if (told !== words(imports)) breaches.push({ file, text: `its table says that ${room} may import ${told}; the import table says ${words(imports)}` })
  }
  for (const room of rows.keys()) if (!Object.hasOwn(table, room)) breaches.push({ file, text: `its table has a row for src/${room}, which is not in the import table` })
  return breaches
}
