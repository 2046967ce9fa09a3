// What the applications that dump a directory ask before they do: is it there, are the lists of the request here.

import type { Disk } from '../kernel/disk.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { SelfcheckFinding } from '../wire/amanda/selfcheck-reply.ts'
import type { DiskJob } from './application.ts'
import { missingLists } from './gnutar/tar-arguments.ts'

/** Rejects with `file-missing` when `device` is no directory, or none that could be reached. */
export async function checkDirectory(disk: Disk, device: string, application: string): Promise<void> {
  if (!device.startsWith('/')) throw new Fault('file-missing', `${device} is not an absolute path`)
  // A link to a directory is followed, as tar follows it.
  const inside = await disk.stat(`${device.replace(/\/+$/, '')}/.`)
  if (inside !== undefined) return
  const itself = await disk.stat(device)
  throw new Fault('file-missing', itself === undefined ? `there is no directory ${device}` : `${device} is not a directory, and ${application} dumps directories only`)
}

/** What stands in the way of a dump of the directory of `job`. `prepare` does all of a dump that can fail before it begins. */
export async function directoryFindings(job: DiskJob, disk: Disk, application: string, prepare: () => Promise<unknown>): Promise<SelfcheckFinding[]> {
  const ofFault = (fault: Fault): SelfcheckFinding => ({ severity: 'error', code: fault.code, disk: job.disk, text: `${job.disk}: ${fault.message}. ${fault.next}` })
  try {
    await checkDirectory(disk, job.device, application)
  } catch (error) {
    return [{ ...ofFault(faultOf(error)), code: 'disk-missing' }]
  }
  const findings: SelfcheckFinding[] = (await missingLists(job, disk)).map(({ path, isOptional, what }) => {
    const text = `${job.disk}: ${path}, a list of ${what}s, is not on this client${isOptional ? ', and it need not be' : ''}`
    return { severity: isOptional ? 'info' : 'error', code: 'list-missing', disk: job.disk, text }
  })
  if (findings.some(({ severity }) => severity === 'error')) return findings
  try {
    await prepare()
    return [...findings, { severity: 'info', text: `${job.disk}: ${job.device} can be read` }]
  } catch (error) {
    return [...findings, ofFault(faultOf(error))]
  }
}
