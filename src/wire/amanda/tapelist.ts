// The tapelist: one line a volume, newest first. Read and written by stock Amanda too. Format: docs/formats/tapelist.md.

import { Fault } from '../../kernel/fault.ts'

export interface TapelistEntry {
  /** Run that wrote the volume last; `0`: labelled and never written. */
  readonly datestamp: string
  readonly label: string
  /** False when the operator has said that it must be kept. */
  readonly isReusable: boolean
  readonly barcode?: string
  readonly meta?: string
  readonly blockKib?: number
  readonly pool?: string
  readonly storage?: string
  readonly config?: string
  readonly comment?: string
}

const FIELDS = [
  ['BARCODE', 'barcode'],
  ['META', 'meta'],
  ['BLOCKSIZE', 'blockKib'],
  ['POOL', 'pool'],
  ['STORAGE', 'storage'],
  ['CONFIG', 'config'],
] as const

function parseLine(line: string, lineNumber: number): TapelistEntry {
  const fault = (message: string): Fault => new Fault('wire-malformed', `tapelist line ${lineNumber}: ${message}`)
  const hash = /\s#/.exec(line)
  const words = (hash === null ? line : line.slice(0, hash.index)).split(/\s+/).filter((word) => word !== '')
  const [datestamp, label, ...rest] = words
  if (datestamp === undefined || label === undefined || !/^(?:0|\d{8}|\d{14})$/.test(datestamp)) throw fault('it does not begin with a datestamp and a label')
  const reuse = rest[0] === 'reuse' || rest[0] === 'no-reuse' ? rest.shift() : 'reuse'
  const entry: { -readonly [Key in keyof TapelistEntry]: TapelistEntry[Key] } = { datestamp, label, isReusable: reuse === 'reuse' }
  for (const word of rest) {
    const field = FIELDS.find(([name]) => word.startsWith(`${name}:`))
    const value = word.slice(word.indexOf(':') + 1)
    if (field === undefined || value === '') throw fault(`${JSON.stringify(word)} is not known`)
    if (field[1] === 'blockKib') {
      if (!/^\d{1,9}$/.test(value)) throw fault(`block size ${JSON.stringify(value)} is not a number`)
      entry.blockKib = Number(value)
    } else entry[field[1]] = value
  }
  if (hash !== null) entry.comment = line.slice(hash.index + 2).trim()
  return entry
}

/** The entries in the order of the file. Throws `wire-malformed` with the line number: a line must never be lost by a rewrite. */
export function parseTapelist(text: string): TapelistEntry[] {
  const entries: TapelistEntry[] = []
  const labels = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const entry = parseLine(line, index + 1)
    if (labels.has(entry.label)) throw new Fault('wire-malformed', `tapelist line ${index + 1}: label ${entry.label} stands there twice`)
    labels.add(entry.label)
    entries.push(entry)
  }
  return entries
}

/** The text of a tapelist: newest datestamp first; equal ones stay in the order given, so put the volume written last first. */
export function formatTapelist(entries: readonly TapelistEntry[]): string {
  const sorted = entries.toSorted((a, b) => (a.datestamp === b.datestamp ? 0 : a.datestamp < b.datestamp ? 1 : -1))
  const lines = sorted.map((entry) => {
    const words = [entry.datestamp, entry.label, entry.isReusable ? 'reuse' : 'no-reuse']
    for (const [name, field] of FIELDS) if (entry[field] !== undefined) words.push(`${name}:${entry[field]}`)
    for (const word of words) if (word === '' || /[\s]/.test(word)) throw new Fault('wire-malformed', `tapelist: ${JSON.stringify(word)} must be one word`)
    if (entry.comment !== undefined) words.push(`#${entry.comment.replace(/\s+/g, ' ')}`)
    return `${words.join(' ')}\n`
  })
  return lines.join('')
}
