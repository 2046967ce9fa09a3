// What benches share: trees in memory, CPU seconds of processes and of all they started.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { seededRandom } from '../../src/kernel/random.ts'

const CLOCK_TICKS_PER_SECOND = 100

/** CPU seconds of process `pid` and of all its children that have ended. Linux; 0 elsewhere. */
export function cpuSeconds(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in brackets and may hold blanks: count from behind it. proc(5): utime stime cutime cstime are 14 to 17.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0) / CLOCK_TICKS_PER_SECOND
  } catch {
    return 0
  }
}

/** Resident bytes of a process, and the most it ever had. Linux; 0 elsewhere. */
export function residentBytes(pid: number): { readonly now: number; readonly peak: number } {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0)
    return { now: kib('VmRSS') * 1024, peak: kib('VmHWM') * 1024 }
  } catch {
    return { now: 0, peak: 0 }
  }
}

/** A tree that is measured. */
export interface TreeShape {
  readonly name: string
  readonly fileCount: number
  readonly fileBytes: number
}

/** `fileCount` files of `fileBytes` bytes each (half of it text-like, half random), 200 a directory. Returns the bytes made. */
export function makeTree(root: string, fileCount: number, fileBytes: number): number {
  const random = seededRandom(fileCount ^ fileBytes)
  const block = Buffer.alloc(Math.min(fileBytes, 1024 * 1024))
  const half = block.length >> 1
  block.fill('The quick brown fox jumps over the lazy dog. ', 0, half)
  for (let index = 0; index < fileCount; index++) {
    const dir = path.join(root, `d${Math.floor(index / 200)}`)
    if (index % 200 === 0) mkdirSync(dir, { recursive: true })
    if (index % 64 === 0) Buffer.from(random.bytes(Math.min(half, 65536))).copy(block, half)
    block.writeUInt32LE(index, 0)
    const pieces: Buffer[] = []
    for (let left = fileBytes; left > 0; left -= block.length) pieces.push(left >= block.length ? block : block.subarray(0, left))
    writeFileSync(path.join(dir, `file-${index}`), pieces.length === 1 ? (pieces[0] ?? block) : Buffer.concat(pieces))
  }
  return fileCount * fileBytes
}
