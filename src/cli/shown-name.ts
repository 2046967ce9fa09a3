// A name of an index line as people see it: text when its bytes are UTF-8 without control characters, else escaped as in the index.

import { unescapeName } from '../wire/tar/index-line.ts'

export function shownName(line: string): string {
  const bytes = unescapeName(line)
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) && !/\p{Cc}/u.test(text) ? text : line
}
