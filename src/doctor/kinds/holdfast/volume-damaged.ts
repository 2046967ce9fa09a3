import type { FaultKind } from '../../contract.ts'

export const volumeDamaged: FaultKind = {
  code: 'volume-damaged',
  severity: 'failure',
  symptom: 'A file on a volume cannot be understood',
  cause: 'It is shorter than a header or its header is not one: the disk lost data, a copy was cut, or another program wrote there.',
  confidence: 'certain',
  advice: 'Check the disk of the volume; `holdfast verify` says which dumps on it can still be read.',
  cures: [
    { on: 'server', commands: ['holdfast verify', 'dmesg | grep -iE "i/o error|blk_update"'], steps: ['Dumps whose parts are damaged: holdfast dump HOST DISK --level full makes a new one.'] },
  ],
  check: 'holdfast verify finds every dump readable.',
  faultCodes: ['volume-damaged'],
  words: ['is shorter than a header', 'has no file numbers left', '[volume-damaged]'],
  patterns: [/\S is shorter than a header/, /\S has no file numbers left/, /: FAILED: .*\[volume-damaged\]/],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" laptop /home 20261126211001 0 "/mnt/backup/slot3/00000.home-0003 is shorter than a header"', from: 'the texts of Holdfast' },
  ],
}
