import type { FaultKind } from '../../contract.ts'

export const skippedDegraded: FaultKind = {
  code: 'skipped-degraded',
  severity: 'failure',
  symptom: 'A disk was left out because the run had no volume and the holding disk is kept for increments',
  cause: 'Without a volume a run goes on in degraded mode: increments go to the holding disk, full dumps only as far as reserve allows. A new disk has no increment, so it is not dumped at all.',
  confidence: 'certain',
  advice: 'Mend what kept the taper from its volume; the next run dumps the disk.',
  cures: [
    { on: 'server', steps: ['Mend what kept the taper from its volume: it is named in the same log.', 'reserve 0 in amanda.conf lets full dumps have all of the holding disk when there is no volume.'] },
  ],
  check: 'The next run dumps the disk.',
  words: ['in degraded mode'],
  patterns: [/\[Skipping: .* in degraded mode\]/],
  followsFrom: ['no-acceptable-volume', 'changer-slots-missing', 'changer-wrong', 'volumes-used-up', 'server-program-died'],
  samples: [{ line: "FAIL driver amclient /srv/many 20261126191424 0 [Skipping: new disk can't be dumped in degraded mode]", from: 'amdump of 3.5.1' }],
}
