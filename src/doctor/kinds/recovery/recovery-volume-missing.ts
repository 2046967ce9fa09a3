import type { FaultKind } from '../../contract.ts'

export const recoveryVolumeMissing: FaultKind = {
  code: 'recovery-volume-missing',
  severity: 'failure',
  symptom: 'A volume that the restore needs is not in the changer',
  cause: 'The slot is empty or has another volume: it is in another place, or was erased.',
  confidence: 'certain',
  advice: 'Put in the volume that is named.',
  cures: [
    { on: 'server', commands: ['amtape CONFIG inventory', 'amadmin CONFIG find HOST DISK'], steps: ['Bring the volume that the program names, put it in and run amtape CONFIG update. If it is lost, amadmin find shows whether another volume has an older dump.'] },
  ],
  check: 'The program reads the label of the volume.',
  words: ['File 0 not found', 'Insert volume labeled', "Source Volume '", "expected volume label '"],
  patterns: [/^File 0 not found/, /Source [Vv]olume '[^']*' not found/, /expected volume label '/],
  samples: [
    { line: 'File 0 not found', from: 'testdata/doctor/fetch-volume-away' },
    { line: "Source Volume 'LAB01' not found", from: 'the texts of Amanda 3.5.1' },
  ],
}
