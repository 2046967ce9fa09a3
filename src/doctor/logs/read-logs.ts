// The lines of log files, one after the other: whole files and directories with all that is below them. Memory is bounded by one piece of a file
// and one line; a line that never ends is cut, so that a file that is no log does no harm.

import type { Disk } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'

const PIECE_BYTES = 256 * 1024
/** Longer lines are told in pieces. */
const LINE_BYTES_MAX = 64 * 1024
/** Directories below the one that was named. */
const DEPTH_MAX = 8

export interface LogFile {
  readonly path: string
  readonly bytes: number
}

/** Every file that `names` mean, in order of their names. Rejects with `file-missing` for a name that is not there. */
export async function findLogFiles(disk: Disk, names: readonly string[]): Promise<readonly LogFile[]> {
  const files: LogFile[] = []
  const visit = async (path: string, depth: number): Promise<void> => {
    const stat = await disk.stat(path)
    if (stat?.kind === 'file') files.push({ path, bytes: stat.bytes })
    if (stat?.kind !== 'directory' || depth > DEPTH_MAX) return
    for (const entry of await disk.list(path)) await visit(`${path}/${entry.name}`, depth + 1)
  }
  for (const name of names) {
    if ((await disk.stat(name)) === undefined) throw new Fault('file-missing', `${name} does not exist`)
    await visit(name, 0)
  }
  return files
}

/** Tells `onLine` every line of `file`, numbered from 1, as a string of bytes (latin1). `onBytes` is told how much was read. */
export async function readLines(disk: Disk, file: LogFile, onLine: (number: number, text: string) => void, onBytes: (bytes: number) => void): Promise<void> {
  await using opened = await disk.open(file.path, 'read')
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  let rest = ''
  let number = 0
  let position = 0
  for (let count = await opened.read(piece, 0); count > 0; count = await opened.read(piece, position)) {
    position += count
    onBytes(count)
    const lines = (rest + piece.toString('latin1', 0, count)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(++number, line.endsWith('\r') ? line.slice(0, -1) : line)
    if (rest.length > LINE_BYTES_MAX) {
      onLine(++number, rest.slice(0, LINE_BYTES_MAX))
      rest = ''
    }
  }
  if (rest !== '') onLine(++number, rest)
}
