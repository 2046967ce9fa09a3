// The path of an enrolled agent behind a firewall with an idle limit: measured through the running server, whose heartbeat is then applied.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { PathResult } from '../../src/cli/path/path-text.ts'
import type { CaseContext } from '../case.ts'
import { FirewallLab, SERVER_ADDRESS } from './firewall-lab.ts'
import { HoldfastLab } from './holdfast.ts'
import { must } from './must.ts'

const LIMIT_S = 5
const HOST = 'client'
const COMMENT = '# what is dumped; this comment stays'

/** Returns what was seen. */
export async function runAgentPath(context: CaseContext): Promise<string> {
  const dir = path.join(context.dir, 'agent')
  await using lab = await FirewallLab.create({ idleLimitS: LIMIT_S, forgotten: 'reset' })
  const onAbort = (): void => void lab.killAll()
  context.signal.addEventListener('abort', onAbort, { once: true })
  await using holdfast = new HoldfastLab({ dir, on: (side, argv) => lab.on(side === 'server' ? 'server' : 'client', argv), listenAddress: SERVER_ADDRESS, port: 10_090, serverYaml: `${COMMENT}\nhosts:\n  ${HOST}:\n    - disk: ${dir}\n` })
  writeFileSync(holdfast.serverConfig, readFileSync(holdfast.serverConfig, 'utf8').replace('server:\n', 'server:\n  # measured in spring\n'))
  await holdfast.startServer()
  await holdfast.enrol(HOST)
  await holdfast.startAgent(HOST)
  const { status, stdout, stderr } = await holdfast.run('server', ['doctor', 'path', HOST, '--quick', '--apply', '--json'], 200_000)
  must(status === 0, `doctor path ended with ${status}: ${stderr} ${stdout.slice(0, 2000)}`)
  const { facts, verdict, applied } = JSON.parse(stdout) as PathResult
  const { limit } = facts.idle
  must(facts.kind === 'agent' && facts.idle.outcome === 'limit' && limit !== undefined && limit.losesFrom === 'both' && limit.how === 'reset', `the limit was not found: ${JSON.stringify(facts.idle)}`)
  must(Math.abs(((limit?.lastAliveMs ?? 0) + (limit?.firstDeadMs ?? 0)) / 2000 - LIMIT_S) <= LIMIT_S / 10, `the limit is wrong: ${JSON.stringify(limit)}`)
  must(facts.reach.some(({ what, end }) => what === 'TLS' && end === 'connected') && facts.throughput.length === 2, `not everything was measured: ${JSON.stringify(facts)}`)
  must(facts.proxy.length === 0 && facts.translation.length === 0, `a proxy or NAT was invented: ${JSON.stringify(facts)}`)
  const heartbeatMs = verdict.recommended?.heartbeatMs ?? 0
  must(heartbeatMs === 2000, `the heartbeat is ${heartbeatMs}`)
  const text = readFileSync(holdfast.serverConfig, 'utf8')
  must(applied?.changes.length === 1 && text.includes('heartbeat: 2 s') && text.includes(COMMENT) && text.includes('# measured in spring'), `the configuration is not as it must be: ${text}`)
  await holdfast.must('server', ['config', 'check'])
  context.signal.removeEventListener('abort', onAbort)
  return `agent: limit between ${(limit?.lastAliveMs ?? 0) / 1000} and ${(limit?.firstDeadMs ?? 0) / 1000} s through the tether's port, heartbeat of 2 s applied, comments kept`
}
