// The file that a restored dump is written to, in the working directory or another one. A link that somebody put there is not followed, and what is no plain file
// is not opened.

import { closeSync, constants, openSync, write } from 'node:fs'
import { lstatSync } from 'node:fs'
import type { ByteSink } from '../../kernel/byte-stream.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { systemWords } from './amanda-files.ts'

const PERMISSIONS = 0o600

function openForWriting(path: string): number {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Fault('restore-target', `${path} is there and is no plain file`, { next: 'Remove it, or write to another directory.' })
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, PERMISSIONS)
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(systemErrorCode(error) === 'EACCES' ? 'permission-denied' : 'restore-target', `Could not open '${path}' for writing: ${systemWords(error)}`, { cause: error })
  }
}

function writeAll(fd: number, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const from = (offset: number): void =>
      write(fd, piece, offset, piece.length - offset, null, (error, count) => {
        if (error !== null) reject(error)
        else if (offset + count < piece.length) from(offset + count)
        else resolve()
      })
    from(0)
  })
}

/** The file is emptied at once. What was written stays, also when the dump ends badly: as stock Amanda has it. */
export function restoredFile(path: string): ByteSink {
  const fd = openForWriting(path)
  let isOpen = true
  const close = (): void => {
    if (isOpen) closeSync(fd)
    isOpen = false
  }
  return {
    write: (piece) => writeAll(fd, piece),
    end() {
      close()
      return Promise.resolve()
    },
    fail: close,
  }
}

/** A descriptor that the caller of the program opened; it stays open. */
export function writeToDescriptor(fd: number, bytes: Uint8Array): Promise<void> {
  return writeAll(fd, bytes)
}
