// What an agent keeps of its enrolment: its own key, the next one while it is being renewed, and where its server is and which key that
// must show. All in the agent's state directory, readable by its owner alone. The token's secret is not kept. docs/formats/agent-state.md

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
  /** A renewal that is not over: this key is to become the agent's. */
  readonly next?: Identity
  readonly enrolment: Enrolment
}

const identityFile = (stateDir: string): string => `${stateDir}/agent-key.json`
const nextIdentityFile = (stateDir: string): string => `${stateDir}/agent-key-next.json`
const enrollingIdentityFile = (stateDir: string): string => `${stateDir}/agent-key-enrol.json`
const renewalRequestFile = (stateDir: string): string => `${stateDir}/renew-key`
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
    const next = await loadIdentity(disk, nextIdentityFile(stateDir))
    return { identity, enrolment: value, ...(next === undefined ? {} : { next }) }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    if (error instanceof Fault) throw error
    throw new Fault('wire-malformed', `${file} is damaged`, { cause: error, next: 'Enrol this host again with a new token.' })
  }
}

/**
 * The key to enrol with: the one an earlier try left, because the server may have taken it and its answer been lost; else what `make` makes.
 * Durable when it resolves.
 */
export async function enrollingIdentity(disk: Disk, stateDir: string, make: () => Promise<Identity>): Promise<Identity> {
  await disk.makeDir(stateDir)
  const file = enrollingIdentityFile(stateDir)
  const left = await loadIdentity(disk, file)
  if (left !== undefined) return left
  const identity = await make()
  await saveIdentity(disk, file, identity)
  return identity
}

/** The server will never take the key of `enrollingIdentity`: the next try makes another. */
export async function dropEnrollingIdentity(disk: Disk, stateDir: string): Promise<void> {
  await disk.remove(enrollingIdentityFile(stateDir))
  await disk.syncDir(stateDir)
}

/** After an enrolment. The key first: an enrolment without its key would be of no use. Durable when it resolves; killed before, the same token enrols again. */
export async function saveAgentState(disk: Disk, stateDir: string, state: AgentState): Promise<void> {
  await disk.makeDir(stateDir)
  // A renewal of the old key is over.
  await disk.remove(nextIdentityFile(stateDir))
  await saveIdentity(disk, identityFile(stateDir), state.identity)
  await replaceFile(disk, enrolmentFile(stateDir), Buffer.from(`${JSON.stringify(state.enrolment, undefined, 2)}\n`), 0o600)
  await dropEnrollingIdentity(disk, stateDir)
}

/** Keeps the key that a renewal offers. Durable when it resolves. */
export function saveNextIdentity(disk: Disk, stateDir: string, identity: Identity): Promise<void> {
  return saveIdentity(disk, nextIdentityFile(stateDir), identity)
}

/** Makes the next key the agent's own, in one durable step. */
export async function promoteNextIdentity(disk: Disk, stateDir: string): Promise<void> {
  await disk.rename(nextIdentityFile(stateDir), identityFile(stateDir))
  await disk.syncDir(stateDir)
}

/** Asks the agent that runs, or runs next, for a new key. */
export async function requestRenewal(disk: Disk, stateDir: string): Promise<void> {
  await replaceFile(disk, renewalRequestFile(stateDir), new Uint8Array(0))
}

/** Whether a new key was asked for. */
export async function isRenewalRequested(disk: Disk, stateDir: string): Promise<boolean> {
  return (await disk.stat(renewalRequestFile(stateDir))) !== undefined
}

/** The request is served: a next key is on the disk. */
export async function dropRenewalRequest(disk: Disk, stateDir: string): Promise<void> {
  await disk.remove(renewalRequestFile(stateDir))
}
