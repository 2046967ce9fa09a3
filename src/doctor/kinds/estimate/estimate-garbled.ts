import type { FaultKind } from '../../contract.ts'

export const estimateGarbled: FaultKind = {
  code: 'estimate-garbled',
  severity: 'failure',
  symptom: 'The client answered the estimate with lines that are none',
  cause: 'Something prints into the answer: a shell profile, a locale warning of a script, a debugging wrapper around sendsize. The planner throws away the whole answer.',
  confidence: 'certain',
  advice: 'Find what prints on the client: run sendsize by hand and look at its output.',
  cures: [
    { on: 'client', commands: ['grep -A20 "sending REP" /var/log/amanda/amandad/amandad.*.debug | tail -40'], steps: ['Read the reply in the debug file of amandad.'] },
  ],
  check: 'The planner says got result for host … disk ….',
  words: ['badly formatted response', 'invalid reply from sendsize'],
  patterns: [/badly formatted response from (?<host>[^\]\s"]+)/, /invalid reply from sendsize/],
  samples: [
    { line: 'error result for host amclient disk /srv/many: badly formatted response from amclient', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
