// A device that writes no faster than a rate, so that a backup leaves the disk of a busy machine to others.

import { sleep, type Clock } from '../kernel/clock.ts'
import type { Device } from './device.ts'

/** Pauses shorter than this are saved up: a timer is not more exact. */
const PAUSE_MS_MIN = 5

export function throttledDevice(device: Device, clock: Clock, bytesPerSecond: number): Device {
  /** When what was written so far should have been written. */
  let dueMs = 0
  async function pay(bytes: number): Promise<void> {
    const nowMs = clock.monotonicMs()
    dueMs = Math.max(dueMs, nowMs) + (bytes / bytesPerSecond) * 1000
    if (dueMs - nowMs >= PAUSE_MS_MIN) await sleep(clock, dueMs - nowMs)
  }
  return {
    name: device.name,
    state: () => device.state(),
    writeLabel: (label, datestamp) => device.writeLabel(label, datestamp),
    openPart: (fileNumber) => device.openPart(fileNumber),
    listParts: () => device.listParts(),
    statistics: () => device.statistics(),
    async createPart(header) {
      const writer = await device.createPart(header)
      return {
        fileNumber: writer.fileNumber,
        async write(piece) {
          const result = await writer.write(piece)
          if (result === 'written') await pay(piece.length)
          return result
        },
        finish: () => writer.finish(),
        abandon: () => writer.abandon(),
      }
    },
  }
}
