// All checks of volumes and holding disks, for `holdfast doctor storage`.

import type { CheckFinding } from '../../control/contract.ts'
import { safely } from '../host/host-checks.ts'
import { directoryFindings } from '../../../kernel/machine/directory-health.ts'
import type { StorageParts } from './contract.ts'
import { holdingFindings } from './holding.ts'
import { idleFindings, labelFindings } from './labels.ts'
import { holdingRoom, storagePromises } from './room.ts'
import { checkSlots } from './slots.ts'

const MIB = 1024 * 1024
/** A label, headers and a little of a dump. */
const VOLUME_BYTES_MIN = 64 * MIB

async function usedBytes({ changer }: StorageParts, slots: readonly { readonly slot: string }[]): Promise<number> {
  let bytes = 0
  for (const { slot } of slots) bytes += (await (await changer.device(slot)).statistics()).usedBytes
  return bytes
}

/** Rejects only when `signal` aborts. */
export async function checkStorage(parts: StorageParts, signal: AbortSignal): Promise<CheckFinding[]> {
  const { config, disk, catalog, tapelist, nowMs } = parts
  const directories = [{ directory: config.storage.directory, freeBytesMin: VOLUME_BYTES_MIN, use: config.storage.kind === 'vtape' ? 'volumes' : 'the vault' }, ...config.holdingDisks.map(({ directory }) => ({ directory, freeBytesMin: 0, use: 'the holding disk' }))]
  const room = await Promise.all([...directories.map((needs) => safely(directoryFindings(disk, needs))), safely(holdingRoom(config, parts.holding))])
  const findings = room.flat()
  // Without the directory every slot is missing: that is one fault, not thirty.
  if (!findings.some(({ code, message }) => code === 'directory-missing' && message.includes(config.storage.directory))) {
    const slots = await checkSlots(parts, signal)
    findings.push(...slots.findings)
    const labels = async (): Promise<CheckFinding[]> => {
      const volumes = await catalog.volumes()
      const withParts = new Set<string>()
      for (const { label } of volumes) if ((await catalog.partsOnVolume(label)).length > 0) withParts.add(label)
      return labelFindings({ found: slots.found, tapelist, catalog: volumes, withParts })
    }
    findings.push(...(await safely(labels())), ...idleFindings({ tapelist }, nowMs), ...(await safely(usedBytes(parts, slots.found).then((bytes) => storagePromises(config, disk, bytes)))))
  }
  findings.push(...(await safely(holdingFindings(parts))))
  signal.throwIfAborted()
  return findings
}
