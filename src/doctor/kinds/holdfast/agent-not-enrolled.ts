import type { FaultKind } from '../../contract.ts'

export const agentNotEnrolled: FaultKind = {
  code: 'agent-not-enrolled',
  severity: 'failure',
  symptom: 'A host has disks in the configuration, but no agent is enrolled for it',
  cause: 'The agent was never enrolled, was enrolled under another name, or was revoked. Without a key that the server knows nobody can connect as this host.',
  confidence: 'certain',
  advice: 'Make a token with `holdfast agents token HOST` and enrol the agent with it.',
  cures: [
    { on: 'server', commands: ['holdfast agents list', 'holdfast agents token HOST'], steps: ['If the agent stands there under another name: holdfast agents rename OLD NEW, or correct the name below hosts in holdfast.yaml.'] },
    { on: 'client', commands: ['holdfast agent enrol TOKEN'], steps: ['Then start the agent (holdfast agent run, or its service).'] },
  ],
  check: 'holdfast agents list shows the host, and holdfast check HOST finds nothing.',
  faultCodes: ['host-unknown', 'agent-unknown'],
  words: ['no agent is enrolled for'],
  patterns: [/no agent is enrolled for (?<host>[^\s"\]]+)/],
  samples: [
    { line: 'FAIL planner stranger /etc 20261126214326 0 "no agent is enrolled for stranger"', from: 'testdata/doctor/own-hosts, a run of Holdfast' },
  ],
}
