import type { FaultKind } from '../../contract.ts'

export const recoveryCrcMismatch: FaultKind = {
  code: 'recovery-crc-mismatch',
  severity: 'failure',
  symptom: 'The dump on the volume is not what was written there: its checksum differs',
  cause: 'Bytes changed on the volume or on the way from it: a failing disk or tape, a controller, the memory of the server.',
  confidence: 'certain',
  advice: 'Do not trust what was restored; use another dump, and test the disk and the memory.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG find HOST DISK', 'dmesg | tail -50', 'amadmin CONFIG force HOST DISK'], steps: ['Read it again: if the checksum is another one each time, memory or controller are at fault; if it is the same, the volume is. Make a full dump in the next run.'] },
  ],
  check: 'amcheckdump CONFIG validates the dump.',
  words: ['recovery failed: '],
  patterns: [/recovery failed: \S*crc/],
  samples: [
    { line: 'recovery failed: server-crc (a5edd502:522240) and source_crc (996db15f:522240) differ', from: 'testdata/doctor/fetch-byte-changed' },
  ],
}
