import type { FaultKind } from '../../contract.ts'

export const partLargerThanVolume: FaultKind = {
  code: 'part-larger-than-volume',
  severity: 'failure',
  symptom: 'A part of a dump does not fit on an empty volume',
  cause: 'Dumps are split into parts, and a part stands on one volume. part-size is larger than what a volume can take, so no volume will ever do.',
  confidence: 'certain',
  advice: 'Make part-size of the storage smaller than volume-size, and than what the disk of the volumes can hold.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config show'], steps: ['storage: {part-size: 1 GiB} or a tenth of volume-size. A dumptype can have a part-size of its own.'] },
    { on: 'server', commands: ['df -h STORAGE', 'holdfast flush'], steps: ['A file system with less room than a part looks the same. What waits on the holding disk is written by flush.'] },
  ],
  check: 'holdfast flush writes the dump.',
  words: ['does not fit on the empty volume'],
  patterns: [/a part of the dump does not fit on the empty volume \S+/],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" laptop /home 20261126211001 0 "a part of the dump does not fit on the empty volume home-0001"', from: 'the texts of Holdfast' },
  ],
}
