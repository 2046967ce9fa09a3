// Reads some of the files, as they come, and tells what they say together: one thread's part of a diagnosis.

import type { Disk } from '../../kernel/disk.ts'
import type { FileNote } from '../contract.ts'
import { LogDiagnosis } from './diagnose.ts'
import type { DiagnosisPart } from './diagnosis-part.ts'
import type { NumberedFile } from './find-logs.ts'
import { LOG_WORDS } from './kind-index.ts'
import { LineFilter } from './line-filter.ts'
import { readLogs } from './read-logs.ts'
import { WordSearch } from './word-search.ts'

export const NOTES_MAX = 40

/** Its tables take longer to build than a small file to read. */
const LOG_SEARCH = new WordSearch(LOG_WORDS)

/** Plain values. */
export interface ReadPart {
  readonly said: DiagnosisPart
  readonly files: number
  readonly lines: number
  /** The first ones. */
  readonly notes: readonly (FileNote & { readonly number: number })[]
  readonly noteCount: number
}

/** Told of each piece that was read. */
export type OnBytes = (path: string, bytes: number) => void

/** The numbers of `files` grow. Rejects only when `signal` says so. */
export async function readPart(disk: Disk, files: Iterable<NumberedFile>, onBytes: OnBytes, signal?: AbortSignal): Promise<ReadPart> {
  const diagnosis = new LogDiagnosis()
  const notes: (FileNote & { readonly number: number })[] = []
  let noteCount = 0
  let name = ''
  let count = 0
  let lines = 0
  const filter = new LineFilter(LOG_SEARCH, (number, text, words) => diagnosis.push(name, number, text, words))
  await readLogs(disk, files, {
    begin: ({ number, path }) => {
      name = path
      count += 1
      diagnosis.beginFile(number)
    },
    piece: (bytes) => filter.push(bytes),
    end: () => {
      lines += filter.finish()
    },
    note: ({ number, path }, text) => {
      noteCount += 1
      if (notes.length < NOTES_MAX) notes.push({ number, file: path, text })
    },
    progress: ({ path }, bytes) => onBytes(path, bytes),
  }, signal)
  return { said: diagnosis.part(), files: count, lines, notes, noteCount }
}
