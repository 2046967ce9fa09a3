// `holdfast agents …`: the hosts this server knows, and their keys. Talks to the running server; when none runs, the registry's file is
// changed directly, so that hosts can be prepared before the first start.

import { parseAddress } from '../../config/address.ts'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { formatDuration } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import type { AgentStatus } from '../../server/control/contract.ts'
import { AgentRegistry } from '../../transport/tether/agent-registry.ts'
import { createToken, formatToken } from '../../transport/tether/enrolment.ts'
import { loadIdentity } from '../../transport/tether/identity.ts'
import type { CommandBody, Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { parseDuration } from '../../config/units.ts'
import { formatAgents } from '../status/status-text.ts'
import { printable } from '../text-table.ts'
import type { ControlClient } from '../control-client.ts'

/** Long enough to walk to the other machine, short enough that a forgotten token is harmless. */
const TOKEN_VALID_MS = 24 * 3_600_000

async function openRegistry(context: CliContext, config: ResolvedConfig): Promise<AgentRegistry> {
  await context.disk.makeDir(config.directories.state)
  return await AgentRegistry.open(context.disk, serverLayout(config).registryFile)
}

/** `running` with the server's client when one runs, else `resting` with the registry's file. */
async function withRegistry<T>(context: CliContext, given: Given, running: (client: ControlClient) => Promise<T>, resting: (registry: AgentRegistry, config: ResolvedConfig) => Promise<T>): Promise<T> {
  const config = await needServerConfig(context, given)
  const client = await findServer(context, config)
  if (client === undefined) return await resting(await openRegistry(context, config), config)
  await using open = client
  return await running(open)
}

export const agentsListCommand: CommandBody = {
  examples: [{ line: 'holdfast agents list', text: 'with their connections' }],
  async run(context, given) {
    const agents = await withRegistry<readonly AgentStatus[]>(
      context,
      given,
      async (client) => ((await client.call({ kind: 'agents' })) as { readonly agents: readonly AgentStatus[] }).agents,
      (registry) => Promise.resolve(registry.hosts().map(({ host, keys }) => ({ host, isConnected: false, keyFingerprints: keys.filter((key) => key.state !== 'revoked').map((key) => key.fingerprint), cuts: 0, resumes: 0, bytesResent: 0 }))),
    )
    showResult(context.streams, given.isJson, agents, (rows) => formatAgents(rows, context.clock.wallMs()))
    return exitCode('ok')
  },
}

interface TokenAnswer {
  readonly host: string
  readonly token: string
  readonly expiresMs: number
}

async function makeToken(context: CliContext, config: ResolvedConfig, registry: AgentRegistry, host: string, validForMs: number): Promise<TokenAnswer> {
  const identity = await loadIdentity(context.disk, serverLayout(config).identityFile)
  if (identity === undefined) throw new Fault('file-missing', 'this server has no key yet', { next: 'Run `holdfast init` first.' })
  if (config.tether.port === 0) throw new Fault('server-away', 'the port of the server is known only while it runs', { next: 'Start it with `holdfast server run`, or set `server.port`.' })
  const address = parseAddress(config.tether.publicAddress ?? context.machine.hostname, config.tether.port)
  if (address === undefined) throw new Fault('config-invalid', `\`public-address: ${config.tether.publicAddress}\` is not an address`, { next: 'Write `host` or `host:port`.' })
  const nowMs = context.clock.wallMs()
  const token = createToken(context.random, host, [address], identity.fingerprint, nowMs + validForMs)
  await registry.addToken(host, token.secret, token.expiresMs, nowMs)
  return { host, token: formatToken(token), expiresMs: token.expiresMs }
}

export const agentsTokenCommand: CommandBody = {
  details: ['The token works once and for one host. It carries the fingerprint of the server, so the agent cannot be led to another. A host that is enrolled again loses its old key.'],
  args: [{ name: 'HOST', text: 'the name the host has in the configuration' }],
  options: [{ flags: '--valid DURATION', text: 'how long it can be used; default 1 d' }],
  examples: [
    { line: 'holdfast agents token laptop', text: 'prints what to run on the laptop' },
    { line: 'holdfast agents token laptop --valid "1 h" --json', text: 'for a program' },
  ],
  async run(context, given) {
    const host = String(given.args[0])
    const valid = given.text('valid')
    const validForMs = valid === undefined ? TOKEN_VALID_MS : parseDuration(valid)
    if (validForMs === undefined || validForMs === 0) throw new Fault('usage-wrong', `\`${valid}\` is not a duration`, { next: 'Write it with its unit, such as `1 h` or `2 d`.' })
    const answer = await withRegistry<TokenAnswer>(
      context,
      given,
      async (client) => (await client.call({ kind: 'enrol-token', host, validForMs })) as TokenAnswer,
      (registry, config) => makeToken(context, config, registry, host, validForMs),
    )
    showResult(context.streams, given.isJson, answer, ({ token, expiresMs }) => `On ${printable(host)}, within ${formatDuration(Math.max(0, expiresMs - context.clock.wallMs() + 999))}:\n\n  holdfast agent enrol ${token}\n  holdfast agent run\n`)
    return exitCode('ok')
  },
}

export const agentsRevokeCommand: CommandBody = {
  details: ['For a host that was stolen or is gone. Its dumps stay. A new token enrols it again, with a new key.'],
  args: [{ name: 'HOST', text: 'the host' }],
  examples: [{ line: 'holdfast agents revoke laptop', text: 'at once' }],
  async run(context, given) {
    const host = String(given.args[0])
    await withRegistry<unknown>(context, given, (client) => client.call({ kind: 'revoke', host }), (registry) => registry.revoke(host))
    showResult(context.streams, given.isJson, { host }, () => `The keys of ${printable(host)} are refused from now on.\n`)
    return exitCode('ok')
  },
}

export const agentsRenameCommand: CommandBody = {
  details: ['Its key stays. Dumps made under the old name keep it.'],
  args: [
    { name: 'FROM', text: 'the name it has' },
    { name: 'TO', text: 'the name it gets; use it in the configuration' },
  ],
  examples: [{ line: 'holdfast agents rename laptop laptop-old', text: 'before a new laptop gets the name' }],
  async run(context, given) {
    const [from, to] = given.args as readonly [string, string]
    await withRegistry<unknown>(context, given, (client) => client.call({ kind: 'rename', from, to }), (registry) => registry.rename(from, to))
    showResult(context.streams, given.isJson, { from, to }, () => `${printable(from)} is ${printable(to)} from now on. Change its name under \`hosts\` in the configuration as well.\n`)
    return exitCode('ok')
  },
}

export const agentsRenewCommand: CommandBody = {
  details: ['The agent makes the key at once, or when it connects next, and dumps go on. The old key is refused as soon as the new one was used; until then both are good. `holdfast agents list --json` shows the fingerprints.'],
  args: [{ name: 'HOST', text: 'the host' }],
  examples: [{ line: 'holdfast agents renew laptop', text: 'after its disk was copied, or once a year' }],
  async run(context, given) {
    const host = String(given.args[0])
    await withRegistry<unknown>(context, given, (client) => client.call({ kind: 'renew', host }), (registry) => registry.askRenewal(host, context.clock.wallMs()))
    showResult(context.streams, given.isJson, { host }, () => `${printable(host)} makes a new key now, or when it connects next.\n`)
    return exitCode('ok')
  },
}
