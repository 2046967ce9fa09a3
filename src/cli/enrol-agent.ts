// Enrolment from the agent's side with real keys and links: make a key, show it to the server that the token names, keep what came of it.

import { parseAddress } from '../config/address.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { enrolOver } from '../transport/tether/enrol-client.ts'
import { parseToken } from '../transport/tether/enrolment.ts'
import { createIdentity } from '../transport/tether/identity.ts'
import { createTlsDialer, type ServerAddress } from '../transport/tether/tls-link.ts'
import { dropEnrollingIdentity, enrollingIdentity, loadAgentState, MACHINE_ID_BYTES, saveAgentState, type AgentState } from './agent-state.ts'
import { programVersion } from './commands/version.ts'
import type { CliContext } from './context.ts'

const CONNECT_MS = 10_000
const DEFAULT_PORT = 10_090

/** The addresses of the token, or the one the configuration names instead. Throws `config-invalid`. */
export function serverAddresses(config: AgentConfig, others: readonly ServerAddress[]): readonly ServerAddress[] {
  if (config.server === undefined) return others
  const address = parseAddress(config.server, others[0]?.port ?? DEFAULT_PORT)
  if (address === undefined) throw new Fault('config-invalid', `\`server: ${config.server}\` is not an address`, { next: 'Write `host` or `host:port` in agent.yaml.' })
  return [address]
}

/** Enrols with the token `text`, and keeps key and server. Rejects with `token-invalid`, `enrolment-refused`, `version-unsupported` or why no address answers; then the same token may be tried again. */
export async function agentEnrolment(context: CliContext, config: AgentConfig, text: string): Promise<AgentState> {
  const { clock, disk, random, machine } = context
  const token = parseToken(text)
  if (token.expiresMs <= clock.wallMs()) throw new Fault('token-invalid', `the token for ${token.host} has expired`)
  const addresses = serverAddresses(config, token.addresses)
  const before = await loadAgentState(disk, config.stateDir)
  const identity = await enrollingIdentity(disk, config.stateDir, () => createIdentity(token.host, clock.wallMs()))
  const dialer = createTlsDialer(() => identity, token.serverFingerprint, addresses)
  let failure: unknown
  for (const _address of addresses) {
    try {
      const link = await dialer.dial(CONNECT_MS)
      const hostName = await enrolOver(link, token.secret, machine.hostname, `holdfast ${await programVersion(context)}`, clock)
      const machineId = before?.enrolment.machineId ?? Buffer.from(random.bytes(MACHINE_ID_BYTES)).toString('hex')
      const state: AgentState = { identity, enrolment: { hostName, addresses: token.addresses, serverFingerprint: token.serverFingerprint, machineId } }
      await saveAgentState(disk, config.stateDir, state)
      return state
    } catch (error) {
      // The server's own word is final; an address that does not answer is not.
      const { code } = faultOf(error)
      if (code === 'enrolment-refused') await dropEnrollingIdentity(disk, config.stateDir)
      if (code === 'enrolment-refused' || code === 'version-unsupported') throw error
      failure = error
    }
  }
  throw failure
}
