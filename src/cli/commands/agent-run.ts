// `holdfast agent run`: keeps the tether to the server and serves its requests until it is told to stop.

import { createAgentServices } from '../../agent/agent-services.ts'
import { BufferPool } from '../../kernel/buffer-pool.ts'
import { withTimeout } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import { startAgentEndpoint } from '../../transport/tether/agent-endpoint.ts'
import { createIdentity } from '../../transport/tether/identity.ts'
import type { LinkEvent } from '../../transport/tether/peer.ts'
import { KNOWN_FILTER_PROGRAMS } from '../../stream/permitted-programs.ts'
import { createProbeNetwork } from '../../transport/probe/probe-sockets.ts'
import { widenSendBuffer } from '../../posix/socket-buffers.ts'
import { createTlsDialer } from '../../transport/tether/tls-link.ts'
import { GOAWAY_CODES } from '../../wire/tether/goaway.ts'
import { parseAgentConfigApart } from '../agent-config-apart.ts'
import { AgentKeys } from '../agent-keys.ts'
import { loadAgentState } from '../agent-state.ts'
import type { CommandBody } from '../command-line.ts'
import { needAgentConfig, type CliContext } from '../context.ts'
import { serverAddresses } from '../enrol-agent.ts'
import { exitCode } from '../exit-codes.ts'
import { openLog } from '../log.ts'
import { distributionName } from '../distribution.ts'
import { programVersion } from './version.ts'

/** For what ends a dump before its scripts are run. */
const STOP_GRACE_MS = 30_000

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function logLinkEvent(log: Log, event: LinkEvent): void {
  switch (event.kind) {
    case 'up':
      return log.info(event.isResumed ? 'link back, dumps go on' : 'connected to the server', { outageMs: event.outageMs, resentBytes: event.resentBytes })
    case 'down':
      return log.warn('link lost, dumps wait', { code: event.code, reason: event.text, idleMs: event.idleMs, unacknowledgedBytes: event.unacknowledgedBytes })
    case 'reset':
      return log.error('the session was reset', { code: event.code, reason: event.text, next: GOAWAY_CODES[event.code].next })
    case 'path-learned':
    case 'path-relaxed':
      return log.info('the heartbeat was adapted to the path', { heartbeatMs: event.heartbeatMs })
    case 'cloned':
      return log.error('another machine uses the same key', { reason: event.text })
    case 'refused':
      return log.error('the server refused this agent', { code: event.code, reason: event.text, next: GOAWAY_CODES[event.code].next })
  }
}

async function runAgent(context: CliContext, log: Log, config: Awaited<ReturnType<typeof needAgentConfig>>): Promise<void> {
  const { clock, disk, processes, random } = context
  const state = await loadAgentState(disk, config.stateDir)
  if (state === undefined) throw new Fault('file-missing', 'this host is not enrolled', { next: 'Run `holdfast agents token HOST` on the server, then `holdfast agent enrol TOKEN` here.' })
  const version = await programVersion(context)
  const { enrolment } = state
  const keys = new AgentKeys({ clock, disk, log, stateDir: config.stateDir, makeIdentity: createIdentity }, state)
  const addresses = serverAddresses(config, enrolment.addresses)
  const handler = createAgentServices({
    clock,
    random,
    disk,
    processes,
    log,
    stateDir: config.stateDir,
    version,
    distro: await distributionName(disk),
    platform: `${process.platform}-${process.arch}`,
    probeNetwork: createProbeNetwork(addresses, () => ({ identity: keys.dialIdentity(), pinnedFingerprint: enrolment.serverFingerprint })),
    settings: { restorePaths: config.restorePaths, commands: config.commands, filters: config.filters ?? KNOWN_FILTER_PROGRAMS, pluginDir: config.pluginDir, estimateTimeoutMs: config.estimateTimeoutMs, ...(config.gnutar === undefined ? {} : { tar: config.gnutar }), ...(config.scriptDir === undefined ? {} : { scripts: { dir: config.scriptDir, userId: process.getuid?.(), timeoutMs: config.scriptTimeoutMs } }) },
  })
  log.info('the agent starts', { host: config.host ?? enrolment.hostName, server: addresses.map(({ host, port }) => `${host}:${port}`).join(' '), version })
  const peer = startAgentEndpoint({
    clock,
    random,
    log,
    handler,
    dialer: createTlsDialer(() => keys.dialIdentity(), enrolment.serverFingerprint, addresses, widenSendBuffer),
    hostName: config.host ?? enrolment.hostName,
    machineId: Buffer.from(enrolment.machineId, 'hex'),
    program: `holdfast ${version}`,
    buffers: new BufferPool(),
    onKeyAccepted: (spki) => keys.accept(spki),
    onRenewalAsked: () => keys.ask(),
    onLinkEvent: (event) => {
      keys.noteLinkEvent(event)
      // What our own end does to the session is no news.
      if (!context.signal.aborted) logLinkEvent(log, event)
    },
  })
  keys.attach(peer)
  void keys.watch(context.signal)
  await untilAborted(context.signal)
  log.info('the agent stops')
  peer.end('shutting-down', 'the agent was stopped')
  if (config.scriptDir === undefined) return
  // Scripts take back what they prepared for a dump that was cut just now.
  await withTimeout(clock, config.scriptTimeoutMs + STOP_GRACE_MS, 'the end of the last dumps', () => handler.settled()).catch((error: unknown) => log.warn('the agent stops before all scripts have ended', { reason: faultOf(error).message }))
}

export const agentRunCommand: CommandBody = {
  details: ['Dials the server and keeps the connection, so no port is opened here. A cut is survived: dumps pause and go on. Ends at SIGTERM or Ctrl-C.'],
  examples: [{ line: 'holdfast agent run', text: 'as a service of the system' }],
  async run(context, given) {
    const config = await needAgentConfig(context, given, parseAgentConfigApart)
    const log = openLog({ file: `${config.logDir}/agent.log`, isVerbose: given.isVerbose, plain: context.streams.err })
    await runAgent(context, log, config)
    return exitCode('ok')
  },
}
