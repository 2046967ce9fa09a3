// How much each holding disk may still take: what the configuration allows, less what is there, and never more than the file system has.
// Counted in memory while writers run, because asking the file system for each piece would cost more than the write.

import type { Disk } from '../../kernel/disk.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import type { HoldingDiskLimits } from './contract.ts'
import { RUN_DIRECTORY } from '../../wire/amanda/holding-names.ts'

/** The file system is asked again after this much was written: others may use it too. */
const RECHECK_BYTES = 64 * 1024 * 1024

export class HoldingRoom {
  readonly limits: HoldingDiskLimits
  readonly #disk: Disk
  #roomBytes = 0
  #takenSinceCheck = Number.POSITIVE_INFINITY
  #checking: Promise<void> | undefined
  /** What writers that have not ended have taken here. */
  #openBytes = 0

  constructor(disk: Disk, limits: HoldingDiskLimits) {
    this.#disk = disk
    this.limits = limits
  }

  /** Bytes that may be written now. A directory that is not there has no room. */
  async roomBytes(): Promise<number> {
    if (this.#takenSinceCheck >= RECHECK_BYTES) await (this.#checking ??= this.#check().finally(() => (this.#checking = undefined)))
    return this.#roomBytes
  }

  /** With what writers that have not ended have taken: it changes only when they end, or when others fill or empty the disk. */
  async availableBytes(): Promise<number> {
    return (await this.roomBytes()) + this.#openBytes
  }

  /** A writer has handed `bytes` to the file system. */
  take(bytes: number): void {
    this.#roomBytes -= bytes
    this.#openBytes += bytes
    this.#takenSinceCheck += bytes
  }

  /** A writer that took `bytes` in all has ended, whatever it left. */
  settle(bytes: number): void {
    this.#openBytes -= bytes
    this.recheck()
  }

  /** Forgets what is known: files were removed. */
  recheck(): void {
    this.#takenSinceCheck = Number.POSITIVE_INFINITY
  }

  async #check(): Promise<void> {
    const measured = await this.#measure()
    this.#roomBytes = measured
    this.#takenSinceCheck = 0
  }

  async #measure(): Promise<number> {
    const { directory, useBytes } = this.limits
    try {
      const { freeBytes } = await this.#disk.space(directory)
      return useBytes < 0 ? freeBytes + useBytes : Math.min(freeBytes, useBytes - (await this.#usedBytes()))
    } catch (error) {
      const code = systemErrorCode(error)
      if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EIO') throw error
      return 0
    }
  }

  async #usedBytes(): Promise<number> {
    let bytes = 0
    for (const run of await this.#disk.list(this.limits.directory)) {
      if (run.kind !== 'directory' || !RUN_DIRECTORY.test(run.name)) continue
      const dir = `${this.limits.directory}/${run.name}`
      for (const entry of await this.#disk.list(dir)) bytes += (await this.#disk.stat(`${dir}/${entry.name}`))?.bytes ?? 0
    }
    return bytes
  }
}
