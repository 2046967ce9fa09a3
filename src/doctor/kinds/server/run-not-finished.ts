import type { FaultKind } from '../../contract.ts'

export const runNotFinished: FaultKind = {
  code: 'run-not-finished',
  severity: 'failure',
  symptom: 'A run did not come to its end',
  cause: 'The server went down, or the driver was killed, so the log has no last lines and some disks no result. Versions before 3.5 do not begin another run until amcleanup has closed the log.',
  confidence: 'certain',
  advice: 'Run amcleanup, then let the next run dump what is missing.',
  cures: [
    { on: 'server', commands: ['amcleanup -v CONFIG', 'amadmin CONFIG holding list -l'], steps: ['If programs of the old run still live, amcleanup -k CONFIG ends them. Parts of dumps on the holding disk are removed by the next run.'] },
  ],
  check: 'amreport CONFIG has no "DID NOT FINISH PROPERLY".',
  words: ['DID NOT FINISH PROPERLY', 'RESULTS MISSING', 'must run amcleanup'],
  patterns: [/THE DUMPS DID NOT FINISH PROPERLY/, /^\s*(?<host>\S+) (?<disk>\S+) RESULTS MISSING/, /RESULTS MISSING/, /must run amcleanup/],
  followsFrom: ['server-program-died'],
  samples: [
    { line: '  amclient /srv/many RESULTS MISSING', from: 'testdata/doctor/driver-killed' },
    { line: 'amdump: amdump or amflush is already running, or you must run amcleanup', from: 'amdump of 3.3' },
  ],
}
