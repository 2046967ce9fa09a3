// `holdfast doctor path`: measures the path to an enrolled agent, to another machine, or to a stock amandad.

import { parseAddress, type HostAddress } from '../../config/address.ts'
import { formatDuration, parseDuration } from '../../config/units.ts'
import { DEFAULT_OPTIONS, QUICK_OPTIONS, type PathOptions } from '../../doctor/path/measure-path.ts'
import { judgePath } from '../../doctor/path/path-verdict.ts'
import { Fault } from '../../kernel/fault.ts'
import type { PathFacts, PathProgress } from '../../wire/probe/path-facts.ts'
import type { CommandBody, Given } from '../command-line.ts'
import { needServerConfig, serverConfigFile, type CliContext } from '../context.ts'
import { controlCall } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { applyHeartbeat } from '../path/apply-heartbeat.ts'
import { callForPath } from '../path/call-path.ts'
import { listenForPath } from '../path/listen-path.ts'
import { pathText, progressText, type PathResult } from '../path/path-text.ts'

/** Milliseconds. Below it there is nothing to search; beyond a day the measurement is longer than any backup. */
const UP_TO_MS_MIN = 3000
const UP_TO_MS_MAX = 24 * 3_600_000
const REPAINT_MS = 250
/** Milliseconds between two lines of progress where the output is no terminal: a log shows that it goes on, and is not filled. */
const LOG_LINE_MS = 60_000

function optionsOf(given: Given): PathOptions {
  const upTo = given.text('upTo')
  const base = given.flag('quick') ? QUICK_OPTIONS : DEFAULT_OPTIONS
  if (upTo === undefined) return base
  if (given.flag('quick')) throw new Fault('usage-wrong', '`--quick` and `--up-to` contradict each other', { next: 'Give one of them.' })
  const upToMs = parseDuration(upTo)
  if (upToMs === undefined || upToMs < UP_TO_MS_MIN || upToMs > UP_TO_MS_MAX) throw new Fault('usage-wrong', `\`--up-to ${upTo}\` is no time from ${formatDuration(UP_TO_MS_MIN)} to ${formatDuration(UP_TO_MS_MAX)}`, { next: 'Write it with its unit: `--up-to "10 min"`.' })
  return { ...base, upToMs }
}

/** `PORT` or `ADDRESS:PORT`. */
function listenAddress(text: string): HostAddress {
  const address = /^\d{1,5}$/.test(text) ? parseAddress(`[::]:${text}`, 0) : /\d$/.test(text) ? parseAddress(text, 0) : undefined
  if (address === undefined || address.port === 0) throw new Fault('usage-wrong', `\`--listen ${text}\` is neither a port nor an address with one`, { next: 'Write `--listen 10099` or `--listen 192.0.2.7:10099`.' })
  return address
}

/** With a port: a machine where somebody listens. Without one: an agent of this server. */
function machineOf(target: string): HostAddress | undefined {
  if (!/^(?:\[[^\]]+\]|[^:]+):\d{1,5}$/.test(target)) return undefined
  const address = parseAddress(target, 0)
  if (address === undefined) throw new Fault('usage-wrong', `${target} is no address`, { next: 'Write HOST:PORT, or the name of an enrolled host.' })
  return address
}

/** A line that is painted again and again on a terminal, and now and then a new one where there is none. */
function showProgress(context: CliContext): { show(progress: PathProgress): void; clear(): void } {
  const { clock, streams } = context
  let shownMs = Number.NEGATIVE_INFINITY
  return {
    show(progress) {
      const nowMs = clock.monotonicMs()
      if (nowMs - shownMs < (streams.isTerminal ? REPAINT_MS : LOG_LINE_MS)) return
      shownMs = nowMs
      streams.err(streams.isTerminal ? `\r\u001b[K${progressText(progress, streams.columns)}` : `${progressText(progress, 200)}\n`)
    },
    clear() {
      if (streams.isTerminal && shownMs > Number.NEGATIVE_INFINITY) streams.err('\r\u001b[K')
    },
  }
}

async function measure(context: CliContext, given: Given, target: string, options: PathOptions): Promise<PathFacts> {
  const progress = showProgress(context)
  try {
    const address = machineOf(target)
    if (address !== undefined) return await callForPath(context, address, options, (seen) => progress.show(seen))
    const config = await needServerConfig(context, given)
    const { facts } = await controlCall(context, config, { kind: 'measure-path', host: target, ...options }, (event) => {
      if (event.kind === 'path-progress') progress.show(event.progress)
    })
    return facts
  } finally {
    progress.clear()
  }
}

async function measureAndShow(context: CliContext, given: Given, target: string): Promise<number> {
  const isApplied = given.flag('apply')
  const isAgent = machineOf(target) === undefined
  // Errors of the configuration are told before an hour of measuring, not behind it.
  const config = isAgent || isApplied ? await needServerConfig(context, given) : undefined
  const facts = await measure(context, given, target, optionsOf(given))
  const verdict = judgePath(facts, config?.tether.heartbeatMs)
  let result: PathResult = { facts, verdict }
  if (isApplied && config !== undefined) result = { ...result, applied: await applyHeartbeat(context, serverConfigFile(context, given), config, verdict.recommended, (text) => context.streams.err(text)) }
  showResult(context.streams, given.isJson, result, pathText)
  return exitCode(verdict.findings.some(({ severity }) => severity === 'failure') ? 'failed' : 'ok')
}

export const doctorPathCommand: CommandBody = {
  details: [
    'HOST is an enrolled host whose agent is connected to the server that runs here: the path from the agent to the server is measured. HOST:PORT is another machine on which `holdfast doctor path --listen PORT` waits; or one where stock amandad or another server listens, of which only a part can be measured.',
    'Measured are ports and names in both directions, round trip, throughput, packet sizes that vanish, clocks, addresses that are rewritten, signs of a proxy, and the idle limit: many connections fall silent at once, and at its age each one speaks. So a limit of 350 s is found in little more than 350 s. Without a limit it takes as long as --up-to.',
    'It says which heartbeat of Holdfast, or keepalive of TCP, is short enough; --apply writes the heartbeat into holdfast.yaml, whose comments stay. Ends with 4 when a finding is a failure, with 0 otherwise.',
  ],
  args: [{ name: '[HOST]', text: 'an enrolled host, or HOST:PORT of another machine' }],
  options: [
    { flags: '--listen PORT', text: 'be the other end: wait at PORT or ADDRESS:PORT for one measurement' },
    { flags: '--up-to TIME', text: `the longest silence to try; default ${formatDuration(DEFAULT_OPTIONS.upToMs)}` },
    { flags: '--quick', text: `try silences up to ${formatDuration(QUICK_OPTIONS.upToMs)} only: an answer in a minute` },
    { flags: '--apply', text: 'write the recommended heartbeat into the configuration of the server' },
  ],
  examples: [
    { line: 'holdfast doctor path laptop', text: 'from the agent of laptop to this server, up to an hour' },
    { line: 'holdfast doctor path laptop --quick', text: 'the same in a minute' },
    { line: 'holdfast doctor path --listen 10099', text: 'on one of two machines' },
    { line: 'holdfast doctor path other.example:10099 --up-to "10 min"', text: 'and on the other one' },
    { line: 'holdfast doctor path client.example:10080', text: 'to a stock amandad, as far as that goes' },
    { line: 'holdfast doctor path laptop --apply', text: 'and use the heartbeat that it recommends' },
  ],
  async run(context, given) {
    const [target] = given.args as readonly (string | undefined)[]
    const listen = given.text('listen')
    if ((listen === undefined) === (target === undefined)) throw new Fault('usage-wrong', 'it is not said what to measure', { next: 'Name a host, or HOST:PORT; or `--listen PORT` to be the other end.' })
    if (target !== undefined) return await measureAndShow(context, given, target)
    await listenForPath(context, listenAddress(listen ?? ''))
    return exitCode('ok')
  },
}
