// The path to a stock amandad behind a firewall, of which only a part can be measured: that it is reached, how fast, and how long a silent
// connection lives, up to amandad's own patience.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { PathResult } from '../../src/cli/path/path-text.ts'
import type { CaseContext } from '../case.ts'
import { CLIENT_ADDRESS, FirewallLab } from './firewall-lab.ts'
import { must } from './must.ts'
import { HOLDFAST } from './path-scenario.ts'
import { StockAmanda } from './stock-amanda.ts'
import { waitUntil } from './commands.ts'

const PORT = 10_080
/** Below the 30 s for which amandad waits for a request. */
const LIMIT_S = 12

const XINETD_CONF = `
defaults { instances = UNLIMITED
 cps = 1000 1
}
service amanda-bsdtcp
{
 type = UNLISTED
 flags = IPv4
 socket_type = stream
 protocol = tcp
 wait = no
 port = ${PORT}
 user = backup
 group = backup
 groups = yes
 server = /usr/lib/amanda/amandad
 server_args = -auth=bsdtcp amdump
}
`

async function measure(lab: FirewallLab, upToS: number): Promise<PathResult> {
  const { status, stdout, stderr } = await lab.tryRun('server', [...HOLDFAST, 'doctor', 'path', `${CLIENT_ADDRESS}:${PORT}`, '--up-to', `${upToS} s`, '--json'], { timeoutMs: 200_000 })
  must(status === 0, `doctor path ended with ${status}: ${stderr} ${stdout.slice(0, 2000)}`)
  return JSON.parse(stdout) as PathResult
}

/** Returns what was seen. */
export async function runStockPath(context: CaseContext): Promise<string> {
  const dir = path.join(context.dir, 'stock')
  mkdirSync(dir, { recursive: true })
  await using lab = await FirewallLab.create({ idleLimitS: LIMIT_S, forgotten: 'silence' })
  const onAbort = (): void => void lab.killAll()
  context.signal.addEventListener('abort', onAbort, { once: true })
  using stock = await StockAmanda.install(lab, dir, 1, 1000)
  writeFileSync(stock.at('client', 'xinetd.conf'), XINETD_CONF)
  await using client = stock.startClient()
  await waitUntil('amandad can be reached', 30_000, async () => {
    must(client.isRunning, `xinetd ended: ${client.output()}`)
    return (await lab.tryRun('server', ['perl', '-MIO::Socket::INET', '-e', `exit(IO::Socket::INET->new("${CLIENT_ADDRESS}:${PORT}") ? 0 : 1)`])).status === 0
  })
  const { facts, verdict } = await measure(lab, 16)
  const told = JSON.stringify(facts)
  must(facts.kind === 'foreign' && facts.roundTrip !== undefined && facts.reach.every(({ end }) => end === 'connected'), `amandad was not measured: ${told}`)
  const { limit } = facts.idle
  must(limit !== undefined && limit.how === 'silence' && limit.losesFrom === 'unknown', `the limit was not found: ${told}`)
  must(Math.abs(((limit?.lastAliveMs ?? 0) + (limit?.firstDeadMs ?? 0)) / 2000 - LIMIT_S) <= LIMIT_S / 10, `the limit is wrong: ${told}`)
  must(facts.unmeasured.length > 0 && verdict.findings.some(({ code }) => code === 'path-idle-limit'), `it is not said what was not measured: ${told}`)
  context.signal.removeEventListener('abort', onAbort)
  return `stock: a limit of ${LIMIT_S} s to amandad found between ${(limit?.lastAliveMs ?? 0) / 1000} and ${(limit?.firstDeadMs ?? 0) / 1000} s; not measured: ${facts.unmeasured.join('; ')}`
}
