// A disk that holds one file, for readers that take their input through the Disk contract. It cannot be written.

import type { Disk } from '../../src/kernel/disk.ts'
import { Fault } from '../../src/kernel/fault.ts'

export function memoryFileDisk(path: string, bytes: Buffer): Disk {
  const refuse = (): Promise<never> => Promise.reject(new Fault('permission-denied', 'this disk is only read'))
  const missing = (name: string): Promise<never> => Promise.reject(Object.assign(new Error(`ENOENT ${name}`), { code: 'ENOENT' }))
  return {
    open(name, mode) {
      if (mode !== 'read') return refuse()
      if (name !== path) return missing(name)
      return Promise.resolve({
        read: (target, position) => Promise.resolve(bytes.copy(target, 0, position, position + target.length)),
        write: refuse,
        truncate: refuse,
        sync: refuse,
        size: () => Promise.resolve(bytes.length),
        close: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      })
    },
    makeDir: refuse,
    list: missing,
    stat: (name) => Promise.resolve(name === path ? { kind: 'file', bytes: bytes.length, modifiedMs: 0, mode: 0o600 } : undefined),
    rename: refuse,
    remove: refuse,
    removeDir: refuse,
    symlink: refuse,
    readLink: missing,
    syncDir: refuse,
    space: refuse,
  }
}
