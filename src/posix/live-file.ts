// What is in a file of a disk, opened by a name of bytes to be read and never written: links are not followed, and nothing waits for a fifo or device.

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { systemErrorCode } from '../kernel/fault.ts'

const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Gone, below something that is no directory any more, a link, a device or socket that nobody answers. */
const NO_FILE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENODEV']

export interface LiveFile extends AsyncDisposable {
  readonly fd: number
  look(): Promise<{ readonly isFile: boolean; readonly size: bigint; readonly ctimeNs: bigint }>
  /** Fills `piece` from `position`; returns how many bytes there were. */
  read(piece: Uint8Array, position: number): Promise<number>
}

/** Undefined when there is nothing of that name that has a content; rejects with the system's error for anything else. */
export async function openLiveFile(path: Uint8Array): Promise<LiveFile | undefined> {
  try {
    const file = await open(Buffer.from(path), OPEN_FLAGS)
    return {
      fd: file.fd,
      async look() {
        const stat = await file.stat({ bigint: true })
        return { isFile: stat.isFile(), size: stat.size, ctimeNs: stat.ctimeNs }
      },
      read: async (piece, position) => (await file.read(piece, 0, piece.length, position)).bytesRead,
      [Symbol.asyncDispose]: () => file.close(),
    }
  } catch (error) {
    if (NO_FILE.includes(systemErrorCode(error))) return undefined
    throw error
  }
}
