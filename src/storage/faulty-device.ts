// A device that fails when it is told to: for tests of everything that stands on devices. `decide` is asked before each operation.

import type { Fault } from '../kernel/fault.ts'
import type { Device } from './device.ts'

export type DeviceOperation = 'state' | 'write-label' | 'create-part' | 'open-part' | 'list-parts' | 'statistics' | 'write' | 'finish'

/** `full`: a write says that the volume is full. A Fault: the operation rejects with it and is not carried out. */
export type DecideFault = (operation: DeviceOperation) => Fault | 'full' | undefined

export function faultyDevice(device: Device, decide: DecideFault): Device {
  async function guarded<T>(operation: DeviceOperation, work: () => Promise<T>): Promise<T> {
    const verdict = decide(operation)
    if (verdict !== undefined && verdict !== 'full') throw verdict
    return work()
  }
  return {
    name: device.name,
    state: () => guarded('state', () => device.state()),
    writeLabel: (label, datestamp) => guarded('write-label', () => device.writeLabel(label, datestamp)),
    openPart: (fileNumber) => guarded('open-part', () => device.openPart(fileNumber)),
    listParts: () => guarded('list-parts', () => device.listParts()),
    statistics: () => guarded('statistics', () => device.statistics()),
    createPart: (header) =>
      guarded('create-part', async () => {
        const writer = await device.createPart(header)
        return {
          fileNumber: writer.fileNumber,
          async write(piece) {
            const verdict = decide('write')
            if (verdict === 'full') return 'full'
            if (verdict !== undefined) throw verdict
            return writer.write(piece)
          },
          finish: () => guarded('finish', () => writer.finish()),
          abandon: () => writer.abandon(),
        }
      }),
  }
}
