// Log files in, a diagnosis out: what the command, the unit tests and the integration case all do. When there is much to read, a helper takes files from
// the same list; the diagnosis is the same with and without it.

import type { Disk } from '../../kernel/disk.ts'
import type { Diagnosis, Evidence } from '../contract.ts'
import { diagnosisOf } from './diagnosis-part.ts'
import type { LogFile } from './find-logs.ts'
import { NOTES_MAX, readPart, type OnBytes, type ReadPart } from './read-part.ts'
import { shareFiles, takeFiles, type SharedFiles } from './shared-files.ts'

/** Less is read sooner than a thread is started. */
const HELPED_BYTES_MIN = 16 * 1024 * 1024

/** Reads files of the list as well, until none is left. Rejects when `signal` says so, or when it cannot go on: what it took is not read then. */
export type LogHelper = (files: SharedFiles, onBytes: OnBytes, signal: AbortSignal) => Promise<ReadPart>

export interface DiagnoseOptions {
  /** How a file is called in the findings; default: its path. */
  readonly nameOf?: (path: string) => string
  readonly onBytes?: OnBytes
  readonly helper?: LogHelper | undefined
  /** The helper begins when so much was read without it. */
  readonly helpedBytesMin?: number
  readonly signal?: AbortSignal
}

export async function diagnoseFiles(disk: Disk, files: readonly LogFile[], options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const { nameOf = (path: string) => path } = options
  const parts = await readAll(disk, files, options)
  const { findings, unknown, unknownCount } = diagnosisOf(parts.map(({ said }) => said))
  const sum = (count: (part: ReadPart) => number): number => parts.reduce((total, part) => total + count(part), 0)
  const named = (evidence: readonly Evidence[]): Evidence[] => evidence.map((one) => ({ ...one, file: nameOf(one.file) }))
  return {
    findings: findings.map((finding) => ({ ...finding, evidence: named(finding.evidence) })),
    unknown: named(unknown),
    unknownCount,
    files: sum((part) => part.files),
    lines: sum((part) => part.lines),
    notes: parts.flatMap(({ notes }) => notes).toSorted((a, b) => a.number - b.number).slice(0, NOTES_MAX).map(({ file, text }) => ({ file: nameOf(file), text })),
    noteCount: sum((part) => part.noteCount),
  }
}

async function readAll(disk: Disk, files: readonly LogFile[], { onBytes = () => undefined, helper, helpedBytesMin = HELPED_BYTES_MIN, signal }: DiagnoseOptions): Promise<readonly ReadPart[]> {
  const isHere = ({ problem, pieces }: LogFile): boolean => problem !== undefined || pieces !== undefined
  const numbered = files.map((file, number) => ({ ...file, number }))
  const shared = shareFiles(files.map((file) => (isHere(file) ? '' : file.path)))
  const stop = new AbortController()
  const ended = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const helped: Promise<ReadPart>[] = []
  let bytes = 0
  const progress: OnBytes = (path, count) => {
    bytes += count
    onBytes(path, count)
    if (helper === undefined || helped.length > 0 || bytes < helpedBytesMin) return
    const part = helper(shared, onBytes, ended)
    helped.push(part)
    part.catch((error: unknown) => stop.abort(error))
  }
  try {
    const given = await readPart(disk, numbered.filter(isHere), progress, ended)
    const own = await readPart(disk, takeFiles(shared), progress, ended)
    return [given, own, ...(await Promise.all(helped))]
  } finally {
    stop.abort()
    await Promise.allSettled(helped)
  }
}
