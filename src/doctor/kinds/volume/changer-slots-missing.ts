import type { FaultKind } from '../../contract.ts'

export const changerSlotsMissing: FaultKind = {
  code: 'changer-slots-missing',
  severity: 'failure',
  symptom: 'The directory of a changer of virtual tapes, or its slots, are not there',
  cause: 'chg-disk keeps each volume in a directory slotN below the one that is named. The directory was moved, its file system is not mounted, or the slots were never made.',
  confidence: 'certain',
  advice: 'Mount the file system of the virtual tapes, or make the slots.',
  cures: [
    { on: 'server', commands: ['findmnt -T VTAPES', 'mkdir -p VTAPES/slot1 VTAPES/slot2 VTAPES/slot3', 'chown -R backup:backup VTAPES'], steps: ['If the directory should be a mount, mount it, and see that it is mounted before the night. Make the slots only when they were never there. Debian calls the user of Amanda backup; others amanda or amandabackup.'] },
  ],
  check: 'amtape CONFIG inventory lists the slots.',
  words: ["directory '", 'Slot  not found', 'slot 0:Slot 0 not found'],
  patterns: [/directory '[^']+' does not exist/, /Slot  not found/, /slot 0:Slot 0 not found/],
  samples: [
    { line: "ERROR taper no-tape error [directory '/var/lib/amanda/lab/vtapes' does not exist]", from: 'testdata/doctor/changer-directory-missing' },
    { line: 'ERROR taper no-tape error [Slot  not found]', from: 'testdata/doctor/changer-without-slots' },
  ],
}
