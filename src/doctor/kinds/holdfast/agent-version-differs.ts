import type { FaultKind } from '../../contract.ts'

export const agentVersionDiffers: FaultKind = {
  code: 'agent-version-differs',
  severity: 'failure',
  symptom: 'Agent and server are of versions that do not understand each other',
  cause: 'The agent was turned away at the door because the two programs have no version of the protocol in common: one of them was updated and the other not for a long time.',
  confidence: 'certain',
  advice: 'Update the older of the two programs; the message says which versions each side speaks.',
  cures: [
    { on: 'server and client', commands: ['holdfast version', 'holdfast agents list'], steps: ['Install the same version on both, server first, and start both again.'] },
  ],
  check: 'holdfast agents list shows the host as connected with the new version.',
  faultCodes: ['version-unsupported'],
  words: ['was turned away: '],
  patterns: [/the agent of (?<host>\S+) was turned away: /],
  samples: [
    { line: 'FAIL planner laptop /home 20261126211001 0 "the agent of laptop was turned away: it speaks version 1, this server 2 to 3"', from: 'the texts of Holdfast' },
  ],
}
