// Log files in, a diagnosis out: what the command, the unit tests and the integration case all do.

import type { Disk } from '../../kernel/disk.ts'
import type { Diagnosis, FileNote } from '../contract.ts'
import { LogDiagnosis } from './diagnose.ts'
import type { LogFile } from './find-logs.ts'
import { LOG_WORDS } from './kind-index.ts'
import { LineFilter } from './line-filter.ts'
import { readLogs } from './read-logs.ts'

const NOTES_MAX = 40

export interface DiagnoseOptions {
  /** How a file is called in the findings; default: its path. */
  readonly nameOf?: (path: string) => string
  /** Told of each piece that was read. */
  readonly onBytes?: (path: string, bytes: number) => void
  readonly signal?: AbortSignal
}

export async function diagnoseFiles(disk: Disk, files: readonly LogFile[], options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const { nameOf = (path: string) => path, onBytes = () => undefined, signal } = options
  const diagnosis = new LogDiagnosis()
  const notes: FileNote[] = []
  let noteCount = 0
  let name = ''
  let read = 0
  let lines = 0
  const filter = new LineFilter(LOG_WORDS, (number, text, words) => diagnosis.push(name, number, text, words))
  await readLogs(disk, files, {
    begin: ({ path }) => {
      name = nameOf(path)
      read += 1
      diagnosis.beginFile()
    },
    piece: (bytes) => filter.push(bytes),
    end: () => {
      lines += filter.finish()
    },
    note: ({ path }, text) => {
      noteCount += 1
      if (notes.length < NOTES_MAX) notes.push({ file: nameOf(path), text })
    },
    progress: ({ path }, bytes) => onBytes(path, bytes),
  }, signal)
  return { ...diagnosis.finish(), files: read, lines, notes, noteCount }
}
