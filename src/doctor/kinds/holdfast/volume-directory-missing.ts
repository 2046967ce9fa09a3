import type { FaultKind } from '../../contract.ts'

export const volumeDirectoryMissing: FaultKind = {
  code: 'volume-directory-missing',
  severity: 'failure',
  symptom: 'The directory of a volume is not there',
  cause: 'The storage is not mounted or attached, or a slot was removed.',
  confidence: 'certain',
  advice: 'Mount or attach the storage that is named; `holdfast storage check` shows what it has.',
  cures: [
    { on: 'server', commands: ['findmnt -T STORAGE', 'holdfast storage check'], steps: ['RequiresMountsFor=STORAGE in the unit of the server makes it wait for the mount. Missing slots are made with holdfast init.'] },
  ],
  check: 'holdfast storage check is content, and holdfast flush writes what waits.',
  faultCodes: ['volume-missing'],
  words: ['the volume directory ', 'has no slots; ', ' has no slot '],
  patterns: [/may be written: \S+: the volume directory \S+ is not there(?:; \S+: the volume directory \S+ is not there)*(?!;)/, /(?:^|: FAILED: |\[)the volume directory \S+ is not there/, /\S has no slots; if it is a mount point/, /\S has no slot \S/],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" laptop /home 20261126211001 0 "/mnt/backup has no slots; if it is a mount point, its disk is not mounted"', from: 'the texts of Holdfast' },
  ],
}
