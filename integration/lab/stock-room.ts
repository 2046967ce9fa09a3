// Stock Amanda's client programs without a network: they run in a private mount namespace in which the directories they write to are
// ones of the case, so that nothing on the machine is changed.

import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export const STOCK_CLIENT_PROGRAMS = ['unshare', 'setpriv', '/usr/lib/amanda/amandad', '/usr/lib/amanda/application/amgtar']

const APPLICATION_DIR = '/usr/lib/amanda/application'
/** What stock Amanda writes to on a client. */
const PRIVATE_DIRS: Readonly<Record<string, string>> = { etc: '/etc/amanda', lib: '/var/lib/amanda', log: '/var/log/amanda', tmp: '/tmp/amanda' }

/** A mount needs its point, and this one is made by Amanda only when it first runs. */
const TEMP_DIR = PRIVATE_DIRS['tmp'] ?? ''

export class StockRoom implements Disposable {
  readonly #dir: string
  readonly #hadTempDir = existsSync(TEMP_DIR)

  /** `backupId` is the user and group that Amanda runs as. */
  constructor(dir: string, backupId: number) {
    this.#dir = dir
    for (const name of ['etc', 'lib', 'lib/gnutar-lists', 'log', 'tmp']) {
      mkdirSync(path.join(dir, name), { recursive: true })
      chownSync(path.join(dir, name), backupId, backupId)
    }
    mkdirSync(TEMP_DIR, { recursive: true })
    const dates = path.join(dir, 'lib', 'amandates')
    writeFileSync(dates, '')
    chownSync(dates, backupId, backupId)
  }

  #script(): string {
    const mounts = Object.entries(PRIVATE_DIRS).map(([name, target]) => `mount --bind '${path.join(this.#dir, name)}' ${target}`)
    return ['set -e', ...mounts, 'exec "$@"'].join('\n')
  }

  /** The words that run `argv` in the room. */
  words(argv: readonly string[], isBackup: boolean): [string, ...string[]] {
    const user = isBackup ? ['setpriv', '--reuid=backup', '--regid=backup', '--init-groups'] : []
    return ['unshare', '--mount', 'sh', '-c', this.#script(), 'sh', ...user, ...argv]
  }

  /** A directory of plug-ins for an agent: `name` is the real application, run in the room by the user of the agent. */
  pluginDir(name: string): string {
    const dir = path.join(this.#dir, 'application')
    mkdirSync(dir, { recursive: true })
    const words = this.words([`${APPLICATION_DIR}/${name}`], false).map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)
    const program = path.join(dir, name)
    writeFileSync(program, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`)
    chmodSync(program, 0o755)
    return dir
  }

  [Symbol.dispose](): void {
    if (!this.#hadTempDir) rmSync(TEMP_DIR, { recursive: true, force: true })
  }
}
