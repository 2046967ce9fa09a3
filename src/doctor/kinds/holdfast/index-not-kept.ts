import type { FaultKind } from '../../contract.ts'

export const indexNotKept: FaultKind = {
  code: 'index-not-kept',
  severity: 'warning',
  symptom: 'The names of a dump could not be kept: it can be restored, but not browsed',
  cause: 'The dump itself is whole. Its index could not be written: the directory of the indexes is full, not writable or damaged.',
  confidence: 'certain',
  advice: 'Mend the directory of the indexes, then make the index again with `holdfast catalog rebuild`.',
  cures: [
    { on: 'server', commands: ['ls -ld /var/lib/holdfast/index', 'df -h /var/lib/holdfast', 'holdfast catalog rebuild'], steps: ['Until then holdfast restore works on whole dumps and on paths that you know; ls and find do not show this dump.'] },
  ],
  check: 'holdfast ls HOST DISK / shows the names of the dump.',
  words: ['the index of this dump is not kept'],
  patterns: [/the index of this dump is not kept: /],
  samples: [
    { line: "  ? the index of this dump is not kept: ENOTDIR: not a directory, mkdir '/srv/state/index/client/%2Flab%2Ftree'", from: 'testdata/doctor/own-disks, a run of Holdfast' },
  ],
}
