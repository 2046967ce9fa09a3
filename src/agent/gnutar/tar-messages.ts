// What the lines that GNU tar prints mean: normal, strange, an error, or nothing. The lists and their order are those of Amanda's amgtar
// (first match wins), so that an operator sees the same verdicts.

import type { MesgLine } from '../../wire/amanda/mesg.ts'

const TOTAL = /^ *Total bytes written: (\d{1,15})\b/
const IGNORED = [/: Directory is new$/, /: Directory has been renamed/]
const NORMAL = [
  /^could not open conf file/,
  /^Elapsed time:/,
  /^Throughput/,
  /: directory is on a different filesystem; not dumped/,
  /: file is on a different filesystem; not dumped/,
  /: socket ignored$/,
  /: File .* shrunk by \d+ bytes, padding with zeros/,
  /: Cannot add file .*: No such file or directory$/,
  /: Error exit delayed from previous errors/,
  /: contains a cache directory tag .*; contents not dumped$/,
]

/** Bytes of the archive, if this is the line that says it. */
export function totalBytesOf(line: string): number | undefined {
  const match = TOTAL.exec(line)
  return match === null ? undefined : Number(match[1])
}

/** The line for MESG; undefined for one that says nothing. */
export function classifyTarLine(line: string): MesgLine | undefined {
  if (TOTAL.test(line)) return { kind: 'normal', text: line.trim() }
  if (line.trim() === '' || IGNORED.some((pattern) => pattern.test(line))) return undefined
  return { kind: NORMAL.some((pattern) => pattern.test(line)) ? 'normal' : 'strange', text: line }
}
