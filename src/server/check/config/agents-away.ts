// Agents that were not seen for days, whose version differs from the server's, and whose keys wait for a renewal or are old.

import { DAY_MS, formatDuration } from '../../../config/units.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { wantedDisks, type AgentFacts, type ConfigCheck, type ConfigFacts } from './facts.ts'

/** A laptop may be away over a long week-end. */
const AWAY_DAYS_MAX = 4
/** An agent renews its key at its next connection. */
const RENEWAL_DAYS_MAX = 7
/** Keys do not end by themselves. This is what is good practice for keys that lie on a disk. */
const KEY_YEARS_MAX = 2

function awayFindings({ host, isConnected, lastSeenMs }: AgentFacts, nowMs: number): CheckFinding[] {
  if (isConnected === true) return []
  const next = `Start the agent on ${host} (\`holdfast agent run\`) and see what its log says; if the host is gone, remove it from the configuration.`
  if (lastSeenMs === undefined) return [{ severity: 'warning', code: 'agent-not-seen', host, message: 'its agent is enrolled and has never been connected', next }]
  const awayMs = nowMs - lastSeenMs
  return awayMs <= AWAY_DAYS_MAX * DAY_MS ? [] : [{ severity: 'warning', code: 'agent-not-seen', host, message: `its agent was last seen ${formatDuration(awayMs)} ago`, next }]
}

export function versionFindings(host: string, agent: string | undefined, server: string): CheckFinding[] {
  if (agent === undefined || agent === server) return []
  return [{ severity: 'warning', code: 'agent-version-other', host, message: `its agent has version ${agent}, this server ${server}`, next: `Update the older one; \`holdfast version\` tells it on each side.` }]
}

function keyFindings({ host, keySinceMs, renewalAskedMs }: AgentFacts, nowMs: number): CheckFinding[] {
  const findings: CheckFinding[] = []
  const waitsMs = nowMs - (renewalAskedMs ?? nowMs)
  if (waitsMs > RENEWAL_DAYS_MAX * DAY_MS) findings.push({ severity: 'warning', code: 'key-renewal-waits', host, message: `a new key was asked for ${formatDuration(waitsMs)} ago and is not in use`, next: `See what the log of the agent on ${host} says, and run \`holdfast agent renew\` there.` })
  const ageMs = nowMs - (keySinceMs ?? nowMs)
  if (renewalAskedMs === undefined && ageMs > KEY_YEARS_MAX * 365 * DAY_MS) findings.push({ severity: 'note', code: 'key-old', host, message: `its key is ${formatDuration(ageMs)} old`, next: `Run \`holdfast agents renew ${host}\`.` })
  return findings
}

function hostFindings(facts: ConfigFacts, host: string): CheckFinding[] {
  const agent = facts.agents.find((known) => known.host === host)
  if (agent === undefined) return [notEnrolled(host)]
  return [...awayFindings(agent, facts.nowMs), ...versionFindings(host, agent.version, facts.version), ...keyFindings(agent, facts.nowMs)]
}

export function notEnrolled(host: string): CheckFinding {
  return { severity: 'error', code: 'agent-unknown', host, message: `${host} has disks in the configuration but is not enrolled`, next: `Run \`holdfast agents token ${host}\` here and \`holdfast agent enrol TOKEN\` on the host.` }
}

/** Of hosts that have an agent: a stock client is asked when it is needed. */
export const agentsAway: ConfigCheck = (facts) => [...new Set(wantedDisks(facts).filter(({ auth }) => auth === undefined).map(({ host }) => host))].flatMap((host) => hostFindings(facts, host))
