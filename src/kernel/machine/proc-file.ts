// Reads the small text files below /proc, which say 0 when they are asked how long they are.

import type { Disk } from '../disk.ts'

const PROC_BYTES_MAX = 256 * 1024

/** At most the first 256 KiB; undefined where there is no such file, as on a system that is not Linux. */
export async function readProcFile(disk: Disk, path: string): Promise<string | undefined> {
  try {
    await using file = await disk.open(path, 'read')
    const target = Buffer.alloc(PROC_BYTES_MAX)
    let filled = 0
    while (filled < target.length) {
      const count = await file.read(target.subarray(filled), filled)
      if (count === 0) break
      filled += count
    }
    return target.toString('latin1', 0, filled)
  } catch {
    return undefined
  }
}
