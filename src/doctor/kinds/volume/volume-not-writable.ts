import type { FaultKind } from '../../contract.ts'

export const volumeNotWritable: FaultKind = {
  code: 'volume-not-writable',
  severity: 'failure',
  symptom: 'The taper may not write into the volume',
  cause: 'The directory of the volume belongs to another user, often because somebody copied it as root, its file system is mounted read-only, or the cartridge is write-protected.',
  confidence: 'certain',
  advice: 'Give the volume to the user of Amanda.',
  cures: [
    { on: 'server', commands: ['ls -ld VTAPES/slot1', 'chown -R backup:backup VTAPES', 'findmnt -T VTAPES'], steps: ['A file system that the kernel has made read-only after an error must be checked first (dmesg). For a tape: move its tab.'] },
  ],
  check: 'amcheck -w CONFIG writes the volume.',
  words: ["Can't open file", 'Write protected'],
  patterns: [/Can't open file \S*\/\d{5}\.\S+: (?:Permission denied|Read-only file system)/, /\(Write protected\)/],
  samples: [
    { line: "INFO taper while labeling new volume: Can't open file /var/lib/amanda/lab/vtapes/slot1//00000.LAB01: Permission denied", from: 'testdata/doctor/volume-not-writable' },
  ],
}
