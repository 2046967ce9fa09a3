// Ways to break a stock Amanda: files that say something else, programs that another stands in for, packets that do not pass. Each gives back
// what undoes it.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { FaultContext, FaultScenario } from '../lab/fault-scenario.ts'

type Break = NonNullable<FaultScenario['breakIt']>
type Host = 'server' | 'client'

const AMCHECK_MS_MAX = 120_000

/** An amcheck of the clients, with what it printed. */
export async function check({ stock, paste }: FaultContext): Promise<void> {
  const { stdout, stderr } = await stock.onServer(['amcheck', '-c', 'lab'], AMCHECK_MS_MAX)
  paste('amcheck.txt', stdout + stderr)
}

/** An amdump with a client that listens, then an amcheck. */
export async function dumpAndCheck(context: FaultContext): Promise<void> {
  await using _client = context.stock.startClient()
  await context.amdump()
  await check(context)
}

/** All of them, undone in turn. */
export function allOf(...breaks: readonly (Break | undefined)[]): Break {
  return async (context) => {
    const undoing: (() => Promise<void>)[] = []
    for (const breakIt of breaks) {
      const undo = await breakIt?.(context)
      if (undo !== undefined) undoing.unshift(undo)
    }
    return async () => {
      for (const undo of undoing) await undo()
    }
  }
}

/** A file of the host (`hosts`, `etc/amanda-client.conf`) has this text; its owner and mode stay. */
export function written(host: Host, name: string, text: string): Break {
  return async ({ stock }) => {
    const file = stock.at(host, name)
    const before = existsSync(file) ? readFileSync(file) : undefined
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    return async () => (before === undefined ? rmSync(file) : writeFileSync(file, before))
  }
}

/** A file of the host with this mode. */
export function withMode(host: Host, name: string, mode: number): Break {
  return async ({ stock }) => {
    const file = stock.at(host, name)
    const before = statSync(file).mode
    chmodSync(file, mode)
    return async () => chmodSync(file, before)
  }
}

/** A script, or any text, is seen in place of a program or file that is there. */
export function replaced(host: Host, target: string, text: string | Buffer, mode = 0o755): Break {
  return async ({ stock }) => {
    const file = stock.at(host, `stand-in-${path.basename(target)}`)
    writeFileSync(file, text)
    chmodSync(file, mode)
    const undo = stock.standIn(host, target, file)
    return async () => undo()
  }
}

/** The firewall treats packets so. Rules of nft for chain `forward`, before those it has. */
export function filtered(...rules: readonly string[]): Break {
  return async ({ lab }) => {
    const chain = ['inet', 'lab', 'forward']
    for (const rule of rules) await lab.run('firewall', ['nft', 'insert', 'rule', ...chain, ...rule.split(' ')])
    return async () => {
      const listed = await lab.run('firewall', ['nft', '-a', 'list', 'chain', ...chain])
      // The first handle is the chain's own.
      const handles = [...listed.matchAll(/# handle (\d+)/g)].slice(1, 1 + rules.length)
      for (const [, handle = ''] of handles) await lab.run('firewall', ['nft', 'delete', 'rule', ...chain, 'handle', handle])
    }
  }
}

/** A setting of the kernel of one host. */
export function tuned(host: Host, setting: string, value: number): Break {
  return async ({ lab }) => {
    const before = (await lab.run(host, ['sysctl', '-n', setting])).trim()
    await lab.run(host, ['sysctl', '-qw', `${setting}=${value}`])
    return async () => void (await lab.run(host, ['sysctl', '-qw', `${setting}=${before}`]))
  }
}

/** The client's amandad is another program, or called for another way to talk. */
export function listening(changes: { readonly server?: string; readonly user?: string; readonly auth?: 'bsd' | 'bsdudp'; readonly argument?: string }): Break {
  const { server = '/usr/lib/amanda/amandad', user = 'backup', auth, argument } = changes
  return async ({ stock }) => {
    const file = stock.at('client', 'xinetd.conf')
    const lines = readFileSync(file, 'utf8').split('\n').map((line) => {
      const [name] = line.trim().split(' = ')
      if (name === 'server') return ` server = ${server}`
      if (name === 'user') return ` user = ${user}`
      if (name === 'server_args' && argument !== undefined) return ` server_args = ${argument}`
      if (auth === undefined) return line
      if (name === 'server_args') return ` server_args = -auth=${auth} amdump`
      return { socket_type: ' socket_type = dgram', protocol: ' protocol = udp', wait: ' wait = yes' }[name ?? ''] ?? line
    })
    writeFileSync(file, lines.join('\n'))
    return undefined
  }
}

/** What listens in amandad's place is this script. */
export function answering(script: string): Break {
  return allOf(async (context) => {
    const undo = await written('client', 'etc/bin/other', script)(context)
    chmodSync(context.stock.at('client', 'etc/bin/other'), 0o755)
    return undo
  }, listening({ server: '/etc/amanda/bin/other' }))
}

const NAMES = '127.0.0.1 localhost\n'

/** /etc/hosts of the server with one line more. */
export function serverHosts(line: string): Break {
  return written('server', 'hosts', `${NAMES}10.77.1.10 amserver\n10.77.2.10 amclient\n${line}\n`)
}

/** /etc/hosts of the client: what it knows of the server. */
export function clientKnows(...lines: readonly string[]): Break {
  return written('client', 'hosts', `${NAMES}10.77.2.10 amclient\n${lines.map((line) => `${line}\n`).join('')}`)
}
