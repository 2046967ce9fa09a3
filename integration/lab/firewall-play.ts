// One row of the comparison behind a firewall, played by one of the two servers in a lab of its own (firewall-rows.ts).

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunSummary, ServerEvent } from '../../src/server/control/contract.ts'
import { waitUntil } from './commands.ts'
import { FirewallFaultLab, PORTS } from './firewall-fault.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from './firewall-lab.ts'
import type { FirewallRow } from './firewall-rows.ts'
import { HoldfastLab } from './holdfast.ts'

/** What became of a row. */
export interface Played {
  readonly dumped: number
  /** Seconds from the start until the server told of a failure for the first time, and what it said. */
  readonly firstFailure?: { readonly seconds: number; readonly words: string }
  /** More than one for each disk: something was begun again. */
  readonly tries: number
  /** Undefined: the end was not waited for. */
  readonly seconds?: number
}

const RUN_MS_MAX = 420_000
const HOLDFAST_PORT = 10_071
/** How long the last dump of a restart has run when the firewall forgets, as in FirewallFaultLab. */
const RESTART_AFTER_MS = 3000
const POLL_MS = 200
const MS_PER_SECOND = 1000

function secondsSince(startedMs: number): number {
  return Math.round((Date.now() - startedMs) / MS_PER_SECOND)
}

async function inLab<Result>(dir: string, row: FirewallRow, signal: AbortSignal, play: (lab: FirewallFaultLab) => Promise<Result>): Promise<Result> {
  await using lab = await FirewallFaultLab.create(dir, row.fault)
  const onAbort = (): void => void lab.lab.killAll()
  signal.addEventListener('abort', onAbort, { once: true })
  await using _client = lab.stock.startClient()
  await lab.stock.clientListens()
  const played = await play(lab)
  signal.removeEventListener('abort', onAbort)
  return played
}

function runLogOf(lab: FirewallFaultLab): string {
  const dir = lab.stock.at('server', 'lib/lab/log')
  if (!existsSync(dir)) return ''
  return readdirSync(dir).filter((name) => /^log\.\d{14}\.0$/.test(name)).map((name) => readFileSync(path.join(dir, name), 'utf8')).join('')
}

/** The reason that a line `FAIL …` gives. */
function failureIn(runLog: string): string | undefined {
  const line = /^FAIL .*$/m.exec(runLog)?.[0]
  return line === undefined ? undefined : (/\[+(.*?)\]+/.exec(line)?.[1] ?? line)
}

export function playStock(dir: string, row: FirewallRow, signal: AbortSignal): Promise<Played> {
  return inLab(dir, row, signal, async (lab) => {
    const startedMs = Date.now()
    await using amdump = lab.stock.startOnServer(['amdump', 'lab'])
    const disturbed = lab.disturb()
    disturbed.catch(() => undefined)
    let firstFailure: Played['firstFailure']
    await waitUntil('amdump ends', RUN_MS_MAX, () => {
      const words = failureIn(runLogOf(lab))
      if (words !== undefined) firstFailure ??= { seconds: secondsSince(startedMs), words }
      return !amdump.isRunning || (row.isShort === true && firstFailure !== undefined)
    }, POLL_MS)
    const runLog = runLogOf(lab)
    const dumped = new Set([...runLog.matchAll(/^(?:SUCCESS|STRANGE) dumper (\S+ \S+)/gm)].map(([, disk]) => disk)).size
    const tries = dumped + [...runLog.matchAll(/^FAIL dumper /gm)].length
    return { dumped, tries, ...(firstFailure === undefined ? {} : { firstFailure }), ...(amdump.isRunning ? {} : { seconds: secondsSince(startedMs) }) }
  })
}

/** The settings of the stock server of the lab, in the words of ours. */
function serverYaml({ fault, diskCount }: FirewallRow): string {
  const { auth, phase } = fault
  const slow = phase === 'busy' || phase === 'restart' ? '    compress: {kind: custom, where: client, program: /etc/amanda/bin/slowcat}\n' : ''
  const disks = diskCount === 1 ? '[/srv/many]' : '[/srv/quick, /srv/many, {disk: /srv/more, priority: low}]'
  return `hosts:
  amclient:
    transport: {auth: ${auth}, address: ${CLIENT_ADDRESS}, port: ${PORTS[auth]}, user: backup, ctimeout: 10 s, connect-tries: 1, req-tries: 2}
    application: gnutar
    strategy: noinc
    estimate: ${phase === 'estimate' ? 'client' : 'server'}
    max-dumps: 2
${slow}    disks: ${disks}
limits: {parallel-dumps: 2, retries: 1, estimate-timeout: 60 s, data-timeout: 22 s}
`
}

export function playOurs(dir: string, row: FirewallRow, signal: AbortSignal): Promise<Played> {
  return inLab(path.join(dir, 'lab'), row, signal, async (lab) => {
    await using holdfast = new HoldfastLab({ dir: path.join(dir, 'holdfast'), on: (_side, argv) => lab.lab.on('server', argv), listenAddress: SERVER_ADDRESS, port: HOLDFAST_PORT, serverYaml: serverYaml(row) })
    await holdfast.startServer()
    const startedMs = Date.now()
    const begun = new Set<string>()
    let firstFailure: Played['firstFailure']
    let isOver = false
    const onEvent = (event: ServerEvent): void => {
      if (event.kind !== 'dump-changed' && event.kind !== 'dump-progress' && event.kind !== 'dump-ended') return
      const { dump } = event
      if (dump.phase === 'dumping') begun.add(dump.disk)
      if (dump.faultCode !== undefined) firstFailure ??= { seconds: secondsSince(startedMs), words: dump.message ?? dump.faultCode }
    }
    const dump = holdfast.dump('amclient', onEvent).finally(() => (isOver = true))
    dump.catch(() => undefined)
    if (row.fault.phase === 'restart') {
      await waitUntil('the last dump begins', RUN_MS_MAX, () => isOver || begun.size === row.diskCount, POLL_MS)
      await sleep(RESTART_AFTER_MS, undefined, { signal })
      await lab.lab.forgetAll()
    }
    return { ...outcomeOf(await dump), ...(firstFailure === undefined ? {} : { firstFailure }), seconds: secondsSince(startedMs) }
  })
}

function outcomeOf(summary: RunSummary): Pick<Played, 'dumped' | 'tries'> {
  return { dumped: summary.good + summary.strange, tries: summary.dumps.reduce((sum, { attempt }) => sum + attempt, 0) }
}
