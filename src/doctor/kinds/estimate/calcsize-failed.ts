import type { FaultKind } from '../../contract.ts'

export const calcsizeFailed: FaultKind = {
  code: 'calcsize-failed',
  severity: 'failure',
  symptom: 'calcsize ended with an error, so the disk has no estimate',
  cause: 'With estimate calcsize the client runs a small program of Amanda. It is missing, may not read the disk (it must be set-uid root), or is from another version.',
  confidence: 'likely',
  advice: 'Look that calcsize is on the client and set-uid root; or use estimate server.',
  cures: [
    { on: 'client', commands: ['ls -l /usr/lib/amanda/calcsize', 'chown root:backup /usr/lib/amanda/calcsize && chmod 4750 /usr/lib/amanda/calcsize'], steps: ['Owner root, mode 4750.'] },
  ],
  check: 'The planner says got result for host … disk ….',
  words: ['calcsize exited', 'calcsize terminated', 'calcsize got bad exit'],
  patterns: [/calcsize (?:exited with status|terminated with signal|got bad exit)/],
  followsFrom: ['program-not-setuid', 'disk-missing'],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126211222 0 "[calcsize exited with status 1: see /var/log/amanda/client/lab/sendsize.20261126211224.debug]"', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
