// A device that asks again when looking at it failed in a way that may pass (a network file system that was away for a moment). Writing is never
// repeated here: the taper writes the whole part again, on another volume.

import { sleep, type Clock } from '../kernel/clock.ts'
import { faultOf } from '../kernel/fault.ts'
import type { Device } from './device.ts'

export interface RetryRule {
  /** Tries in all. */
  readonly tries: number
  /** Before the second try; doubled before each further one. */
  readonly pauseMs: number
}

export function retryingDevice(device: Device, clock: Clock, rule: RetryRule): Device {
  async function again<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        const fault = faultOf(error)
        if (fault.retry === 'never' || attempt >= rule.tries) throw fault
        await sleep(clock, rule.pauseMs * 2 ** (attempt - 1))
      }
    }
  }
  return {
    name: device.name,
    writeLabel: (label, datestamp) => device.writeLabel(label, datestamp),
    createPart: (header) => device.createPart(header),
    state: () => again(() => device.state()),
    openPart: (fileNumber) => again(() => device.openPart(fileNumber)),
    listParts: () => again(() => device.listParts()),
    statistics: () => again(() => device.statistics()),
  }
}
