import type { FaultKind } from '../../contract.ts'

export const dumpDeviceWrong: FaultKind = {
  code: 'dump-device-wrong',
  severity: 'failure',
  symptom: 'dump could not open the file system of the disklist entry',
  cause: 'Program DUMP reads the device itself, not files: the entry must be a device or a mount point of a file system that dump knows (ext2 to ext4), and the user of Amanda must be allowed to read the device (group disk).',
  confidence: 'certain',
  advice: 'Use GNUTAR for anything that is not a whole ext file system; otherwise let the user of Amanda read the device.',
  cures: [
    { on: 'amanda.conf', steps: ['program "GNUTAR" in the dumptype dumps directories and every kind of file system.'] },
    { on: 'client', commands: ['findmnt -T PATH', 'ls -l /dev/DEVICE; id backup'], steps: ['See which device it is and who may read it.'] },
  ],
  check: 'dump -0f /dev/null PATH, as the user of Amanda, begins to dump.',
  words: ['DUMP: Cannot open', 'DUMP: Bad magic number', 'DUMP: You', 'is not a valid file system', 'not a block or character'],
  patterns: [/DUMP: Cannot open \/?\S+/, /DUMP: Bad magic number in super-block/, /DUMP: You can't update the dumpdates file when dumping a subdirectory/, /\[\S+ is not a (?:block or character|valid) \w+/],
  samples: [
    { line: '  ?   DUMP: Cannot open /dev/vda', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '  ?   DUMP: Bad magic number in super-block', from: 'dump 0.4b47' },
  ],
}
