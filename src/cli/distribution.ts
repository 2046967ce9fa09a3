// The name of the operating system's distribution, for selfcheck.

import { readFile, type Disk } from '../kernel/disk.ts'

const OS_RELEASE_BYTES_MAX = 64 * 1024

/** `ID` of /etc/os-release (`debian`); `unknown` where there is none. */
export async function distributionName(disk: Disk): Promise<string> {
  try {
    const text = (await readFile(disk, '/etc/os-release', OS_RELEASE_BYTES_MAX)).toString('utf8')
    return /^ID="?([A-Za-z0-9._-]+)"?$/m.exec(text)?.[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
