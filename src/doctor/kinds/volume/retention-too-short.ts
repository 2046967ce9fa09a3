import type { FaultKind } from '../../contract.ts'

export const retentionTooShort: FaultKind = {
  code: 'retention-too-short',
  severity: 'notice',
  symptom: 'There are fewer volumes than runs in a cycle: fulls are written over before there are new ones',
  cause: 'tapecycle is the number of volumes that are in use, runspercycle the number of runs between two full dumps of a disk. With fewer volumes than that, the only full dump of a disk can be overwritten.',
  confidence: 'certain',
  advice: 'Raise tapecycle above runspercycle times runtapes.',
  cures: [
    { on: 'amanda.conf', steps: ['tapecycle larger than runspercycle times runtapes, with at least one more for the run that fails.'] },
  ],
  check: 'The planner does not warn any more.',
  words: ['tapecycle ('],
  patterns: [/tapecycle \(\d+\) <= runspercycle \(\d+\)/],
  samples: [
    { line: 'WARNING planner tapecycle (2) <= runspercycle (7)', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
  ],
}
