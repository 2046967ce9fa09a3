// One measurement of a path through a real firewall: a listener on the server's side, a caller on the client's, both as an operator starts them,
// and what the caller must say.

import path from 'node:path'
import type { PathResult } from '../../src/cli/path/path-text.ts'
import { waitUntil } from './commands.ts'
import { CLIENT_ADDRESS, FirewallLab, SERVER_ADDRESS, type ForgottenVerdict } from './firewall-lab.ts'
import { must } from './must.ts'

export interface PathScenario {
  /** Undefined: the firewall forgets nothing. */
  readonly limitS: number | undefined
  readonly forgotten: ForgottenVerdict
  readonly forgetsFrom: 'both' | 'server' | 'client'
  readonly lossPercent: number
}

const MAIN = path.resolve(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
export const HOLDFAST = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN] as const
const PORT = 10_099
/** Seconds that are tried where there is no limit, and beyond a limit: three steps, and what else is found meanwhile. */
const NO_LIMIT_UP_TO_S = 30
const BEYOND_RATIO = 1.3
const NEVER_S = 86_400
const START_MS_MAX = 60_000
/** Milliseconds of single measurements and of patience, on a busy machine with packets lost. */
const SLACK_MS = 240_000
/** A limit is found within this, or within the step that was found. */
const ERROR_MAX = 0.1

export function scenarioName({ limitS, forgotten, forgetsFrom, lossPercent }: PathScenario): string {
  const limit = limitS === undefined ? 'none' : `${limitS}-${forgotten}${forgetsFrom === 'both' ? '' : `-${forgetsFrom}`}`
  return lossPercent === 0 ? limit : `${limit}-loss${lossPercent}`
}

/** Which end of the measurement a side of the lab is. */
const END_OF = { server: 'acceptor', client: 'dialler', both: 'both' } as const

function checkFound(scenario: PathScenario, { facts, verdict }: PathResult): string {
  const { limitS = 0, forgotten, forgetsFrom } = scenario
  const { outcome, limit, keepalive, heartbeat } = facts.idle
  const told = JSON.stringify(facts.idle)
  must(outcome === 'limit' && limit !== undefined, `no limit was found: ${told}`)
  if (limit === undefined) throw new Error(told)
  const middleMs = (limit.lastAliveMs + limit.firstDeadMs) / 2
  const errorMs = Math.abs(middleMs - limitS * 1000)
  must(errorMs <= Math.max(ERROR_MAX * limitS * 1000, limit.firstDeadMs - limit.lastAliveMs), `the limit was found at ${middleMs}: ${told}`)
  must(limit.losesFrom === END_OF[forgetsFrom], `whose packets are lost is wrong: ${told}`)
  must(limit.how === forgotten, `how it shows is wrong: ${told}`)
  for (const [name, kept] of [['keepalive', keepalive], ['heartbeat', heartbeat]] as const) {
    const asked = kept.filter(({ intervalMs }) => intervalMs <= limit.lastAliveMs / 2)
    must(asked.some(({ isAlive }) => isAlive), `no ${name} was seen to save a connection: ${told}`)
    must(scenario.lossPercent > 0 || asked.every(({ isAlive }) => isAlive), `a ${name} of half the limit did not save a connection: ${told}`)
  }
  const { recommended } = verdict
  must(recommended !== undefined && recommended.heartbeatMs <= limitS * 500 && recommended.heartbeatMs >= 1000, `the recommended heartbeat is wrong: ${JSON.stringify(recommended)}`)
  must(verdict.findings.some(({ code }) => code === 'path-idle-limit'), `there is no finding: ${JSON.stringify(verdict.findings.map(({ code }) => code))}`)
  return `limit between ${(limit.lastAliveMs / 1000).toFixed(1)} and ${(limit.firstDeadMs / 1000).toFixed(1)} s (${limit.losesFrom}, ${limit.how}, told to ${limit.toldTo.join(' and ') || 'nobody'}), heartbeat ${recommended?.heartbeatMs} ms`
}

function checkNothing({ facts, verdict }: PathResult): string {
  must(facts.idle.outcome === 'none', `a false alarm: ${JSON.stringify(facts.idle)}`)
  const alarms = verdict.findings.filter(({ severity }) => severity !== 'notice').map(({ code }) => code)
  must(alarms.length === 0, `false alarms: ${alarms.join(', ')}`)
  return `no limit up to ${(facts.idle.testedMs / 1000).toFixed(0)} s`
}

/** Rewrites the client's address, and lets vanish what is larger than a tunnel carries, without a word. */
const REWRITING_RULES = `table ip more {
  chain rewrite { type nat hook postrouting priority srcnat; policy accept; ip saddr ${CLIENT_ADDRESS} masquerade; }
  chain small { type filter hook forward priority -5; policy accept; meta l4proto tcp meta length > 1400 drop; }
}
`

async function callThrough(lab: FirewallLab, dir: string, name: string, upToS: number): Promise<{ readonly status: number | null; readonly result: PathResult }> {
  await using listener = lab.start('server', [...HOLDFAST, 'doctor', 'path', '--listen', `${SERVER_ADDRESS}:${PORT}`], path.join(dir, `${name}.listen`))
  await waitUntil('the listener listens', START_MS_MAX, () => listener.output().includes('Waiting at'))
  const { status, stdout, stderr } = await lab.tryRun('client', [...HOLDFAST, 'doctor', 'path', `${SERVER_ADDRESS}:${PORT}`, '--up-to', `${upToS} s`, '--json'], { timeoutMs: upToS * 1000 + SLACK_MS })
  must(stdout.startsWith('{'), `doctor path ended with ${status}: ${stderr}`)
  await waitUntil('the listener ends by itself', START_MS_MAX, () => !listener.isRunning)
  return { status, result: JSON.parse(stdout) as PathResult }
}

/** A NAT behind which large packets vanish. Returns what was seen. */
export async function runRewritingPath(dir: string): Promise<string> {
  await using lab = await FirewallLab.create({ idleLimitS: NEVER_S, forgotten: 'silence', moreRules: REWRITING_RULES })
  const { status, result } = await callThrough(lab, dir, 'rewriting', 4)
  const { facts, verdict } = result
  const codes = verdict.findings.map(({ code }) => code)
  for (const code of ['path-mtu-black-hole', 'path-nat', 'path-filtered']) must(codes.includes(code), `${code} was not found: ${codes.join(', ')} ${JSON.stringify(facts)}`)
  must(!codes.includes('path-idle-limit') && !codes.includes('path-proxy') && status === 4, `more was found than there is: ${codes.join(', ')}, exit ${status}`)
  for (const { from, passesBytes, failsBytes } of facts.mtu) must(passesBytes === 1400 && failsBytes === 1420, `from the ${from} packets of ${passesBytes} pass and of ${failsBytes} not`)
  return `rewriting: ${codes.join(', ')}; packets of 1400 bytes pass, of 1420 not; the client is seen as ${facts.translation[0]?.seen}`
}

/** Returns what was seen. */
export async function runPathScenario(scenario: PathScenario, dir: string, signal: AbortSignal): Promise<string> {
  const { limitS, forgotten, forgetsFrom, lossPercent } = scenario
  await using lab = await FirewallLab.create({ idleLimitS: limitS ?? NEVER_S, forgotten, forgetsFrom, lossPercent })
  const onAbort = (): void => void lab.killAll()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const startedMs = Date.now()
    const upToS = limitS === undefined ? NO_LIMIT_UP_TO_S : Math.ceil(limitS * BEYOND_RATIO)
    const { status, result } = await callThrough(lab, dir, scenarioName(scenario), upToS)
    must(status === 0, `doctor path ended with ${status}: ${JSON.stringify(result.verdict)}`)
    const seen = limitS === undefined ? checkNothing(result) : checkFound(scenario, result)
    return `${scenarioName(scenario)}: ${seen}, in ${Math.round((Date.now() - startedMs) / 1000)} s`
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
