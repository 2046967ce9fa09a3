// What a stock server knows from runs before: volumes, holding disk, tapelist, history and indexes. A scenario begins without any of it, so that
// scenarios do not depend on each other and can be played in any order.

import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from './commands.ts'
import type { FirewallLab } from './firewall-lab.ts'
import type { StockAmanda } from './stock-amanda.ts'

const SLOTS = [1, 2, 3]
const KEPT_IN_CONFIG = new Set(['amanda.conf', 'disklist'])

/** Volumes without labels, and nothing else. */
export function emptyServer(stock: StockAmanda): void {
  const { uid, gid } = statSync(stock.at('server', 'lib'))
  const lab = stock.at('server', 'lib/lab')
  for (const name of ['vtapes', 'holding', 'curinfo', 'index']) {
    rmSync(path.join(lab, name), { recursive: true, force: true })
    if (name === 'vtapes' || name === 'holding') makeOwned(path.join(lab, name), uid, gid)
  }
  for (const slot of SLOTS) makeOwned(path.join(lab, `vtapes/slot${slot}`), uid, gid)
  const config = stock.at('server', 'etc/lab')
  for (const name of readdirSync(config)) if (!KEPT_IN_CONFIG.has(name)) rmSync(path.join(config, name), { recursive: true, force: true })
}

function makeOwned(dir: string, uid: number, gid: number): void {
  mkdirSync(dir, { recursive: true })
  chownSync(dir, uid, gid)
}

/** Writes a file that belongs to Amanda's user. */
export function writeOwned(stock: StockAmanda, name: string, content: string | Buffer): void {
  const { uid, gid } = statSync(stock.at('server', 'lib'))
  const file = stock.at('server', name)
  const firstMade = mkdirSync(path.dirname(file), { recursive: true })
  for (let dir = path.dirname(file); firstMade !== undefined && dir.length >= firstMade.length; dir = path.dirname(dir)) chownSync(dir, uid, gid)
  writeFileSync(file, content)
  chownSync(file, uid, gid)
}

/** The processes of the server whose program is called `name`. */
export async function serverPids(lab: FirewallLab, name: string): Promise<readonly number[]> {
  const { stdout } = await runCommand(['ip', 'netns', 'pids', lab.namespace('server')])
  return stdout.split('\n').filter((line) => line !== '' && programOf(line) === name).map(Number)
}

/** What the kernel calls a process; undefined when it has ended. */
function programOf(pid: string): string | undefined {
  const file = `/proc/${pid}/comm`
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}
