import type { FaultKind } from '../../contract.ts'

export const volumeStillNeeded: FaultKind = {
  code: 'volume-still-needed',
  severity: 'notice',
  symptom: 'A volume was not written because its dumps are still kept',
  cause: 'The number of volumes that are kept is tapecycle. A volume may be written again when at least tapecycle newer ones exist. The scan passes over the others, and that is well as long as it finds one in the end.',
  confidence: 'certain',
  advice: 'Nothing, unless the run found no other volume: then put in the oldest volume or a new one.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG tape', 'amtape CONFIG inventory'], steps: ['Put in the volume that amadmin names. Raise the number of slots above tapecycle times runtapes, or lower tapecycle if dumps need not be kept for so long.'] },
  ],
  check: 'amcheck -t CONFIG names the volume it will write.',
  words: ['is not reusable', 'is still active and cannot be overwritten'],
  patterns: [/with label \S+ is not reusable/, /volume '[^']*' is still active and cannot be overwritten/],
  samples: [
    { line: 'INFO taper Slot 1 with label LAB01 is not reusable', from: 'testdata/doctor/volumes-still-needed' },
    { line: "slot 1: volume 'LAB01' is still active and cannot be overwritten", from: 'testdata/doctor/volumes-still-needed' },
  ],
}
