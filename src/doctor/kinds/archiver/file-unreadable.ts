import type { FaultKind } from '../../contract.ts'

export const fileUnreadable: FaultKind = {
  code: 'file-unreadable',
  severity: 'failure',
  symptom: 'The disk of the client could not be read: files in the dump are damaged or missing',
  cause: 'The system reported an I/O error: a disk is failing, a file system is damaged, a RAID has lost too many members, or a network block device is gone. With --ignore-failed-read tar goes on, so the dump looks nearly good.',
  confidence: 'certain',
  advice: 'Look at the disk at once (dmesg, smartctl): every day makes it worse; keep the last good dumps of this disk.',
  cures: [
    { on: 'client', commands: ['dmesg | grep -iE "i/o error|medium error|blk_update"', 'smartctl -a /dev/DISK'], steps: ['Find the device in the kernel\'s log, and ask the disk itself.', 'Keep older volumes that hold this disk from being overwritten until it is replaced (amadmin CONFIG no-reuse LABEL).', 'Replace the disk, check the file system, restore what is damaged from the dump before.'] },
  ],
  check: 'tar reads the whole disk without an error: tar -cf /dev/null --one-file-system PATH.',
  words: ['Input/output error', 'Read error at byte'],
  patterns: [/: (?:Warning: )?(?:Read error at byte \d+|Cannot \w+).*: Input\/output error/, /: Read error at byte \d+/],
  samples: [
    { line: '  ? /bin/tar: ./file3: Warning: Read error at byte 0, while reading 1536 bytes: Input/output error', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: Read error at byte 0, reading 512 bytes, in file ./db/x: Input/output error', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
