// Many calls of stock Amanda's programs, one after the other in one mount namespace of their own, at one hour: with /etc/amanda, and a place for their debug files,
// which are one a call and would fill the machine's.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { timestampOf } from '../../src/records/timestamp.ts'
import { command, runCommand } from './commands.ts'

export const STOCK_BATCH_NEEDS = ['unshare', 'setpriv', 'mount', 'faketime']
const BATCH_TIMEOUT_MS = 300_000

export interface StockCall {
  readonly argv: readonly string[]
  readonly input?: string
}

export interface StockAnswer {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

/** Mounts a private place for debug files over the machine's. For a script in a mount namespace of its own. */
export const PRIVATE_DEBUG = 'mount -t tmpfs -o "uid=$(id -u backup),gid=$(id -g backup),mode=700" tmpfs /var/log/amanda'

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

/** `etc` stands in for /etc/amanda; answers go to `dir`. `nowS`: the hour, or the real one. */
export async function askStock(calls: readonly StockCall[], places: { readonly etc: string; readonly dir: string; readonly nowS?: number }): Promise<StockAnswer[]> {
  const { etc, dir, nowS } = places
  mkdirSync(dir, { recursive: true })
  const at = nowS === undefined ? '' : `faketime -f ${quoted(timestampOf(nowS).replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3 $4:$5:$6'))} `
  const lines = calls.map(({ argv, input }, index) => {
    writeFileSync(path.join(dir, `${index}.in`), input ?? '')
    return `${at}${argv.map(quoted).join(' ')} <${index}.in >${index}.out 2>${index}.err; echo $? >${index}.rc`
  })
  writeFileSync(path.join(dir, 'calls.sh'), `cd ${quoted(dir)}\n${lines.join('\n')}\n`)
  await command(['chown', '-R', 'backup:backup', dir, etc])
  const script = `set -e; mount --bind ${quoted(etc)} /etc/amanda; ${PRIVATE_DEBUG}; mkdir -p /tmp/amanda; mount -t tmpfs -o "uid=$(id -u backup),gid=$(id -g backup),mode=700" tmpfs /tmp/amanda; exec setpriv --reuid=backup --regid=backup --init-groups env LC_ALL=C sh ${quoted(path.join(dir, 'calls.sh'))}`
  const { status, stderr } = await runCommand(['unshare', '--mount', 'sh', '-c', script], { timeoutMs: BATCH_TIMEOUT_MS })
  if (status !== 0) throw new Error(`calls of stock Amanda ended with ${status}: ${stderr}`)
  const read = (name: string): string => readFileSync(path.join(dir, name), 'utf8')
  return calls.map((_, index) => ({ stdout: read(`${index}.out`), stderr: read(`${index}.err`), status: Number(read(`${index}.rc`)) }))
}
