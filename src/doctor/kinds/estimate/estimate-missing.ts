import type { FaultKind } from '../../contract.ts'

export const estimateMissing: FaultKind = {
  code: 'estimate-missing',
  severity: 'failure',
  symptom: 'The answer of the client to the estimate does not name the disk',
  cause: 'sendsize on the client ended before it came to the disk (killed, out of memory, a crash), or it is a client that does not know the program of the dumptype and leaves the disk out.',
  confidence: 'likely',
  advice: "Read sendsize's debug file on the client: it ends where it was stopped.",
  cures: [
    { on: 'client', steps: ['The newest sendsize debug file names each disk that it begins and ends with.', 'dmesg tells of memory and of crashes.'], commands: ['ls -t /var/log/amanda/client/CONFIG/sendsize.*.debug | head -1 | xargs tail -40'] },
    { on: 'amanda.conf', steps: ['estimate server in the dumptype keeps a bad estimate from costing a dump.'] },
  ],
  check: 'The planner says got result for host … disk ….',
  words: ['missing result for'],
  patterns: [/missing result for (?<disk>\S+) in (?<host>\S+) response/],
  followsFrom: ['service-died', 'client-out-of-memory'],
  samples: [{ line: 'FAIL planner amclient /srv/many 20261126211229 0 "[missing result for /srv/many in amclient response]"', from: 'a run of 3.5.1 (testdata/doctor)' }],
}
