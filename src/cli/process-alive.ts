// Whether a process is there. One of somebody else is as well.

import { systemErrorCode } from '../kernel/fault.ts'

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemErrorCode(error) === 'EPERM'
  }
}
