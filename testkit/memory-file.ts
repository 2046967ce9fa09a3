// A file in memory for code that takes a SyncFile.

import type { SyncFile } from '../src/kernel/sync-file.ts'

export class MemoryFile implements SyncFile {
  bytes: Buffer = Buffer.alloc(0)
  #room: Buffer = Buffer.alloc(0)
  isSynced = false
  isClosed = false

  read(target: Uint8Array, position: number): number {
    const piece = this.bytes.subarray(position, position + target.length)
    target.set(piece)
    return piece.length
  }

  write(bytes: Uint8Array, position: number): void {
    const end = Math.max(this.bytes.length, position + bytes.length)
    if (end > this.#room.length) this.#room = Buffer.concat([this.bytes], 2 * end)
    this.bytes = this.#room.subarray(0, end)
    this.bytes.set(bytes, position)
    this.isSynced = false
  }

  sync(): void {
    this.isSynced = true
  }

  size(): number {
    return this.bytes.length
  }

  close(): void {
    this.isClosed = true
  }
}
