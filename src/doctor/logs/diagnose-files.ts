// Log files in, a diagnosis out: what the command, the unit tests and the integration case all do.

import type { Disk } from '../../kernel/disk.ts'
import type { Diagnosis } from '../contract.ts'
import { LOG_WORDS, LogDiagnosis } from './diagnose.ts'
import { LineFilter } from './line-filter.ts'
import { readLog, type LogFile } from './read-logs.ts'

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
  let name = ''
  const filter = new LineFilter(LOG_WORDS, (number, text) => diagnosis.push(name, number, text))
  let lines = 0
  for (const file of files) {
    name = nameOf(file.path)
    diagnosis.beginFile()
    lines += await readLog(disk, file, filter, (bytes) => onBytes(file.path, bytes))
    signal?.throwIfAborted()
  }
  return { ...diagnosis.finish(), files: files.length, lines }
}
