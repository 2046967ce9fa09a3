// The two ways a service refuses: an `ERROR` line in a reply, and a NAK that carries one. Text is for people; it is one line.

/** Longest text of an error line: Amanda's log lines stay readable below it. */
const TEXT_CHARACTERS_MAX = 2000

/** `text` as one line. */
export function oneLineText(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim()
  return line.length > TEXT_CHARACTERS_MAX ? `${line.slice(0, TEXT_CHARACTERS_MAX)}…` : line
}

/** An `ERROR` line with its line end. */
export function formatErrorLine(text: string): string {
  return `ERROR ${oneLineText(text)}\n`
}

/** The text of an `ERROR` line, or of the body of a NAK; undefined for other lines. Brackets around the text are taken off. */
export function parseErrorLine(line: string): string | undefined {
  if (line !== 'ERROR' && !line.startsWith('ERROR ')) return undefined
  const text = line.slice('ERROR'.length).trim()
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
}
