import type { FaultKind } from '../../contract.ts'

export const serviceWordUnknown: FaultKind = {
  code: 'service-word-unknown',
  severity: 'failure',
  symptom: 'amandad of the client was started with a service that it does not know',
  cause: 'A word after -auth= in xinetd, inetd or systemd is not the name of a service, and amandad refuses every request until it is gone.',
  confidence: 'certain',
  advice: 'Correct the word that the message names in the arguments of amandad.',
  cures: [
    { on: 'client', commands: ['grep -rn amandad /etc/xinetd.d /etc/inetd.conf /etc/systemd/system'], steps: ['After -auth= there may be amdump, amindexd, amidxtaped, noop, selfcheck, sendsize, sendbackup, restore, senddiscover, amdumpd, ambackupd. Reload xinetd afterwards.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['service as argument to amandad'],
  patterns: [/invalid '\S+' service as argument to amandad/],
  samples: [
    { line: "ERROR invalid 'amdmp' service as argument to amandad", from: 'amandad of 3.5.1' },
  ],
}
