import type { FaultKind } from '../../contract.ts'

export const estimateFarOff: FaultKind = {
  code: 'estimate-far-off',
  severity: 'notice',
  symptom: 'A dump was much smaller than its estimate',
  cause: 'The planner reserved room that was not used, and may have put off other disks for it. Estimates count what compression saves only by history, and files that are excluded in another way.',
  confidence: 'certain',
  advice: 'Nothing if it happens once (a disk was cleaned up); else use estimate calcsize or server.',
  cures: [
    { on: 'amanda.conf', steps: ['comprate in the dumptype is what the first dumps of a disk are expected to compress to.'] },
  ],
  check: 'The report has no such note.',
  words: ['big estimate:', 'small estimate:'],
  patterns: [/^\s*(?:big|small) estimate: (?<host>\S+) (?<disk>\S+) \d+/],
  samples: [
    { line: '  big estimate: amclient /srv/many 0', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
