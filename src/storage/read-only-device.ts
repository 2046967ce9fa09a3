// A device that refuses every change: for verify and restore, which must not be able to harm what they read.

import { Fault } from '../kernel/fault.ts'
import type { Device } from './device.ts'

export function readOnlyDevice(device: Device): Device {
  const refuse = (): Promise<never> => Promise.reject(new Fault('volume-read-only', `${device.name} is opened for reading only`))
  return {
    name: device.name,
    state: () => device.state(),
    openPart: (fileNumber) => device.openPart(fileNumber),
    listParts: () => device.listParts(),
    statistics: () => device.statistics(),
    writeLabel: refuse,
    createPart: refuse,
  }
}
