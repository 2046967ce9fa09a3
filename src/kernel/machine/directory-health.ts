// Whether a directory can take what is to be written to it: it is there, its file system may be written, has bytes and inodes left, and
// nobody but its owner may write where keys or data lie.

import type { Disk } from '../disk.ts'
import { faultOf } from '../fault.ts'
import type { MachineFinding } from './finding.ts'
import { readProcFile } from './proc-file.ts'

const MIB = 1024 * 1024
/** A run of many small files must not end for want of inodes: below either of these, one will. */
const INODES_MIN = 1000
const INODES_SHARE_MIN = 0.01

const OTHERS_WRITE = 0o022
const OTHERS_READ_OR_WRITE = 0o066

export interface DirectoryNeeds {
  readonly directory: string
  /** Less than this is too little. */
  readonly freeBytesMin: number
  /** What the space is for, as in "it is needed for …". */
  readonly use: string
  /** Nobody but the owner may write into it. */
  readonly isPrivate?: boolean
}

/** Octal escapes of /proc/mounts: `\040` is a blank. */
function unescapeMount(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)))
}

/** Whether the file system that holds `directory` is mounted read-only; false when nobody can tell. */
export function isMountedReadOnly(mounts: string, directory: string): boolean {
  let best = { length: -1, isReadOnly: false }
  for (const line of mounts.split('\n')) {
    const [, point = '', , options = ''] = line.split(' ')
    const mount = unescapeMount(point)
    const isAbove = mount === '/' || directory === mount || directory.startsWith(`${mount}/`)
    // Of two mounts on one place, the later one counts.
    if (point !== '' && isAbove && mount.length >= best.length) best = { length: mount.length, isReadOnly: options.split(',').includes('ro') }
  }
  return best.isReadOnly
}

async function spaceFindings(disk: Disk, { directory, freeBytesMin, use }: DirectoryNeeds): Promise<MachineFinding[]> {
  const { freeBytes, totalInodes, freeInodes } = await disk.space(directory)
  const findings: MachineFinding[] = []
  if (freeBytes < freeBytesMin) findings.push({ severity: 'error', code: 'space-low', message: `${directory} has ${Math.floor(freeBytes / MIB)} MiB free and should have ${Math.ceil(freeBytesMin / MIB)} MiB for ${use}`, next: `Free space on the file system of ${directory}, or give Holdfast another one.` })
  if (totalInodes !== undefined && freeInodes !== undefined && freeInodes < Math.min(INODES_MIN, Math.max(1, totalInodes * INODES_SHARE_MIN))) {
    findings.push({ severity: 'error', code: 'inodes-low', message: `${directory} has ${freeInodes} of ${totalInodes} inodes left: no more files can be made there, whatever space is free`, next: `Remove small files from the file system of ${directory}; \`df -i\` shows its inodes.` })
  }
  return findings
}

/** Never rejects: what cannot be looked at is a finding. */
export async function directoryFindings(disk: Disk, needs: DirectoryNeeds): Promise<MachineFinding[]> {
  const { directory, use } = needs
  try {
    const stat = await disk.stat(`${directory}/.`)
    if (stat === undefined) return [{ severity: 'error', code: 'directory-missing', message: `the directory ${directory} for ${use} is not there`, next: 'Mount the file system that holds it, or make the directory for the user that runs Holdfast.' }]
    const findings = await spaceFindings(disk, needs)
    const mounts = await readProcFile(disk, '/proc/self/mounts')
    if (mounts !== undefined && isMountedReadOnly(mounts, directory)) findings.push({ severity: 'error', code: 'directory-read-only', message: `${directory} lies on a file system that is mounted read-only`, next: 'Read the kernel log for why, check the disk, then mount it for writing again.' })
    if (needs.isPrivate === true && (stat.mode & OTHERS_WRITE) !== 0) findings.push({ severity: 'error', code: 'directory-open', message: `others may write into ${directory} (mode ${stat.mode.toString(8)})`, next: `Run \`chmod go-w ${directory}\`.` })
    return findings
  } catch (error) {
    const fault = faultOf(error)
    return [{ severity: 'error', code: 'directory-missing', message: `the directory ${directory} for ${use} cannot be used: ${fault.message}`, next: fault.next }]
  }
}

/** A file that holds a private key and that others may read. A missing file is nothing to say here. */
export async function keyFileFindings(disk: Disk, file: string): Promise<MachineFinding[]> {
  const stat = await disk.stat(file).catch(() => undefined)
  if (stat?.kind !== 'file' || (stat.mode & OTHERS_READ_OR_WRITE) === 0) return []
  return [{ severity: 'error', code: 'key-file-open', message: `others may read the key file ${file} (mode ${stat.mode.toString(8)})`, next: `Run \`chmod 600 ${file}\`, and make a new key if others have had access to this machine.` }]
}
