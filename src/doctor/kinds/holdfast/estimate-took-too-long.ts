import type { FaultKind } from '../../contract.ts'

export const estimateTookTooLong: FaultKind = {
  code: 'estimate-took-too-long',
  severity: 'warning',
  symptom: 'The estimate of a host took longer than its limit',
  cause: 'The agent walks over all files to measure them. Disks with very many files need longer than estimate-timeout; the dump was planned from its history instead.',
  confidence: 'certain',
  advice: 'Raise estimate-timeout, or let the server estimate from past runs (estimate: server in the dumptype).',
  cures: [
    { on: 'holdfast.yaml', steps: ['dumptypes: {default: {estimate: server}} takes no time at all.', 'limits: {estimate-timeout: 2 h} gives each level of each disk so long.'] },
  ],
  check: 'The planner has no note of it in the next run log.',
  faultCodes: ['timed-out'],
  words: ['the estimate of '],
  patterns: [/the estimate of (?<host>\S+) took longer than \d+ s/],
  samples: [
    { line: 'INFO planner client:/srv/slow: no estimate (the estimate of client took longer than 1 s); planned from its history', from: 'testdata/doctor/own-slow-estimate, a run of Holdfast' },
  ],
}
