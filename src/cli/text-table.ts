// Tables of text: columns as wide as their widest cell, numbers to the right. Control characters of names are shown escaped, so
// that a file name cannot move the terminal's cursor.

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** `text` with control characters written as `\n`, `\x1b`, … */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => {
    const code = char.codePointAt(0) ?? 0
    return code === 10 ? String.raw`\n` : code === 9 ? String.raw`\t` : String.raw`\x${code.toString(16).padStart(2, '0')}`
  })
}

export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable))
  const widths = columns.map((column, index) => Math.max(column.title.length, ...clean.map((row) => row[index]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (columns[index]?.align === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(columns.map((column) => column.title)), ...clean.map(line)].map((text) => `${text}\n`).join('')
}
