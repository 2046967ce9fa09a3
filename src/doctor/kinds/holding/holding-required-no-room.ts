import type { FaultKind } from '../../contract.ts'

export const holdingRequiredNoRoom: FaultKind = {
  code: 'holding-required-no-room',
  severity: 'failure',
  symptom: 'A disk that must go to the holding disk was not dumped: there is no room on it',
  cause: 'Its dumptype has holdingdisk required, and no holding disk has as much room as the dump is estimated to need.',
  confidence: 'certain',
  advice: 'Free room on the holding disk, or set holdingdisk auto.',
  cures: [
    { on: 'server', commands: ['df -h HOLDING', 'amflush CONFIG'], steps: ['Flush what is left there, enlarge use, or let the disk go straight to a volume: holdingdisk auto in its dumptype.'] },
  ],
  check: 'The next run dumps the disk.',
  words: ["can't dump required holdingdisk"],
  patterns: [/can't dump required holdingdisk/],
  samples: [
    { line: "FAIL driver amclient /srv/many 20261126211429 0 [can't dump required holdingdisk when no holdingdisk space available ]", from: 'testdata/doctor/holding-smaller-than-dump' },
  ],
}
