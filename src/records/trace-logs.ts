// The logs of runs, `<logdir>/log.<timestamp>.<n>`: which there are for a timestamp, and their lines. Logs are read in pieces and lines have a limit, so that a log
// of any size can be read. Amanda before 2.5 named a log `log.<timestamp>.amflush`, or without any number. Format: docs/formats/run-log.md.

import type { Disk } from '../kernel/disk.ts'
import { Fault, systemErrorCode } from '../kernel/fault.ts'

const PIECE_BYTES = 64 * 1024
/** The longest line that is read; a message of a client is cut long before. */
const LINE_BYTES_MAX = 1024 * 1024
/** Logs of one timestamp; Amanda counts them from 0 without a gap. */
const LOGS_MAX = 10_000

/** The logs of a run that exist, in the order in which stock Amanda reads them. */
export async function logsOf(disk: Disk, logDir: string, timestamp: string): Promise<string[]> {
  const found: string[] = []
  for (let number = 0; number < LOGS_MAX; number++) {
    const path = `${logDir}/log.${timestamp}.${number}`
    if ((await disk.stat(path)) === undefined) break
    found.push(path)
  }
  for (const path of [`${logDir}/log.${timestamp}.amflush`, `${logDir}/log.${timestamp}`]) if ((await disk.stat(path)) !== undefined) found.push(path)
  return found
}

/** The lines of a file, without their line feeds; what is not UTF-8 is replaced. Rejects with `record-damaged` for a line of more than 1 MiB. */
export async function* linesOf(disk: Disk, path: string): AsyncGenerator<string> {
  await using file = await disk.open(path, 'read')
  const piece = Buffer.alloc(PIECE_BYTES)
  let rest: Buffer = Buffer.alloc(0)
  for (let position = 0; ; ) {
    const count = await file.read(piece, position)
    if (count === 0) break
    position += count
    const bytes = Buffer.concat([rest, piece.subarray(0, count)])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      yield bytes.toString('utf8', start, end)
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (rest.length > LINE_BYTES_MAX) throw new Fault('record-damaged', `${path} has a line of more than ${LINE_BYTES_MAX} bytes at byte ${position - rest.length}`, { context: { path } })
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

/** The timestamps of all logs in the directory, oldest first. */
export async function logTimestamps(disk: Disk, logDir: string): Promise<string[]> {
  let entries
  try {
    entries = await disk.list(logDir)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
  const stamps = entries.flatMap(({ name }) => {
    const [, stamp] = /^log\.(\d{8}|\d{14})(?:\.(?:\d{1,9}|amflush))?$/.exec(name) ?? []
    return stamp === undefined ? [] : [stamp]
  })
  return [...new Set(stamps)].toSorted()
}
