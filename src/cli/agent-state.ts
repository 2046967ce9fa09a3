// What an agent keeps of its enrolment: its own key, and where its server is and which key that must show. Both in the agent's state
// directory, readable by its owner alone. The token's secret is not kept: it works once.

import { readFile, replaceFile, type Disk } from '../kernel/disk.ts'
import { Fault, systemErrorCode } from '../kernel/fault.ts'
import { loadIdentity, saveIdentity, type Identity } from '../transport/tether/identity.ts'
import type { ServerAddress } from '../transport/tether/tls-link.ts'

const ENROLMENT_BYTES_MAX = 64 * 1024
/** Bytes of the id that stays with the machine. */
export const MACHINE_ID_BYTES = 16

export interface Enrolment {
  /** The name the server knows this host by. */
  readonly hostName: string
  readonly addresses: readonly ServerAddress[]
  readonly serverFingerprint: string
  /** Hex. Stays when the agent is enrolled anew. */
  readonly machineId: string
}

export interface AgentState {
  readonly identity: Identity
  readonly enrolment: Enrolment
}

const identityFile = (stateDir: string): string => `${stateDir}/agent-key.json`
const enrolmentFile = (stateDir: string): string => `${stateDir}/enrolment.json`

/** Undefined when the host was never enrolled. */
export async function loadAgentState(disk: Disk, stateDir: string): Promise<AgentState | undefined> {
  const identity = await loadIdentity(disk, identityFile(stateDir))
  if (identity === undefined) return undefined
  const file = enrolmentFile(stateDir)
  try {
    const value = JSON.parse((await readFile(disk, file, ENROLMENT_BYTES_MAX)).toString('utf8')) as Enrolment
    const isWhole = typeof value.hostName === 'string' && typeof value.serverFingerprint === 'string' && typeof value.machineId === 'string' && Array.isArray(value.addresses)
    if (!isWhole) throw new Fault('wire-malformed', `${file} is not complete`, { next: 'Enrol this host again with a new token.' })
    return { identity, enrolment: value }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    if (error instanceof Fault) throw error
    throw new Fault('wire-malformed', `${file} is damaged`, { cause: error, next: 'Enrol this host again with a new token.' })
  }
}

/** The key first: an enrolment without its key would be of no use. Durable when it resolves. */
export async function saveAgentState(disk: Disk, stateDir: string, state: AgentState): Promise<void> {
  await disk.makeDir(stateDir)
  await saveIdentity(disk, identityFile(stateDir), state.identity)
  await replaceFile(disk, enrolmentFile(stateDir), Buffer.from(`${JSON.stringify(state.enrolment, undefined, 2)}\n`), 0o600)
}
