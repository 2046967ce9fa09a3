import type { FaultKind } from '../../contract.ts'

export const serverDiskFailing: FaultKind = {
  code: 'server-disk-failing',
  severity: 'failure',
  symptom: 'A disk of the server reported an input/output error',
  cause: 'The kernel could not read or write a block: the disk, its cable or its controller is failing, or a network file system is gone.',
  confidence: 'certain',
  advice: 'Look at the kernel log and the health of the disk, then replace what is failing.',
  cures: [
    { on: 'server', commands: ['dmesg | grep -iE "i/o error|blk_update|ata[0-9]|nvme"', 'smartctl -a /dev/DISK'], steps: ['Copy what is still readable before anything else. Volumes on another disk are not touched by it.'] },
  ],
  check: 'dmesg has no new errors while holdfast verify reads.',
  faultCodes: ['disk-error'],
  words: ['EIO: i/o error'],
  patterns: [/\bEIO: i\/o error/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [EIO: i/o error, read]', from: 'the texts of Holdfast' },
  ],
}
