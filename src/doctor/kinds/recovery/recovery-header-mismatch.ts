import type { FaultKind } from '../../contract.ts'

export const recoveryHeaderMismatch: FaultKind = {
  code: 'recovery-header-mismatch',
  severity: 'failure',
  symptom: 'What is on the volume is not the dump that the log names',
  cause: 'The volume was written again since, the file is gone, or logs and volumes are of different configurations. An empty name in the message means that there is no such file.',
  confidence: 'certain',
  advice: 'Do not go on with this volume; see what is on it.',
  cures: [
    { on: 'server', commands: ['amrestore -h CHANGER', 'amadmin CONFIG find HOST DISK'], steps: ['Read the headers of the volume. If it was written again, remove its old dumps from the records with amrmtape CONFIG LABEL, and restore from another one.'] },
  ],
  check: 'amcheckdump CONFIG validates the dump.',
  words: ['does not match expectations'],
  patterns: [/header on .* does not match expectations/],
  samples: [
    { line: "header on 'LAB01' file 1 does not match expectations: got datestamp '20010101010203'; expected '20261126205403'", from: 'testdata/doctor/fetch-volume-overwritten' },
  ],
}
