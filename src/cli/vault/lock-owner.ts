// What this process is called in the lock of a vault, and whether the process of another lock is certainly gone: it ran on this machine, and either the machine has started
// since, or no process of its number has begun when it did.

import { readFileSync } from 'node:fs'
import type { LockOwner } from '../../storage/vault/vault-lock.ts'

const START_FIELD = 19

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return undefined
  }
}

/** Ticks after the machine's start; undefined where nobody can tell. */
function startOf(pid: number): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`)
  // The name before it may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD]
}

function bootId(): string | undefined {
  return textOf('/proc/sys/kernel/random/boot_id')
}

export function thisLockOwner(host: string, sinceMs: number): LockOwner {
  return { host, pid: process.pid, process: `${bootId() ?? ''} ${startOf(process.pid) ?? ''}`, sinceMs }
}

/** `host`: of this machine. */
export function isGoneOwner(host: string): (other: LockOwner) => boolean {
  return (other) => {
    const [boot, start] = other.process.split(' ')
    // Another machine, perhaps one that has the same name: only its operator knows.
    if (other.host !== host || boot === undefined || boot === '' || start === undefined || start === '') return false
    return boot !== bootId() || startOf(other.pid) !== start
  }
}
