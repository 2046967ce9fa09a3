// Directories of a stock server that are full or belong to somebody else, and a client that dumps so slowly that something can happen meanwhile.

import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { command } from './commands.ts'
import type { FaultContext } from './fault-scenario.ts'

type Undo = () => Promise<void>

/** A file system of `size` at a directory of the server: nothing else fills it. */
export async function mountSmall({ stock }: FaultContext, name: string, size: string): Promise<Undo> {
  const dir = stock.at('server', name)
  const { uid, gid } = statSync(stock.at('server', 'lib'))
  await command(['mount', '-t', 'tmpfs', '-o', `size=${size},uid=${uid},gid=${gid},mode=0770`, 'tmpfs', dir])
  return async () => void (await command(['umount', '-l', dir]))
}

/** Amanda may read a directory of the server but not write into it. */
export function closeDirectory({ stock }: FaultContext, name: string): Undo {
  const dir = stock.at('server', name)
  const { uid, gid } = statSync(stock.at('server', 'lib'))
  chownSync(dir, 0, 0)
  chmodSync(dir, 0o555)
  return async () => {
    chownSync(dir, uid, gid)
    chmodSync(dir, 0o770)
  }
}

/** Lines of a dumptype whose dumps take some seconds at the rate of `slowClient`. */
export const SLOW = 'compress client custom\n    client_custom_compress "/etc/amanda/bin/slowcat"'

export async function slowClient({ stock }: FaultContext): Promise<Undo> {
  const rate = stock.at('client', 'etc/rate')
  const before = readFileSync(rate)
  writeFileSync(rate, '100\n')
  return async () => writeFileSync(rate, before)
}
