import type { FaultKind } from '../../contract.ts'

export const dumpCrcDiffers: FaultKind = {
  code: 'dump-crc-differs',
  severity: 'failure',
  symptom: 'The bytes of a dump are not those that the client sent',
  cause: 'The checksums that client and server counted differ. The connection is protected by TLS, so this is no fault of the line: memory of one of the machines is bad, or a program on the way changed the data. The dump was thrown away.',
  confidence: 'likely',
  advice: 'Test the memory of both machines if it happens again; the next run dumps the disk anew.',
  cures: [
    { on: 'server and client', commands: ['dmesg | grep -iE "mce|edac|ecc"', 'memtester 256M 1'], steps: ['Memory errors show in the kernel log where the machine has ECC; memtester or memtest86+ finds others.'] },
  ],
  check: 'holdfast dump HOST DISK ends well, several times, and holdfast verify finds every checksum right.',
  faultCodes: ['dump-crc-differs'],
  words: ['the client sent ', 'the application made '],
  patterns: [/the (?:client sent|application made) [0-9a-f]{8}:\d+, [0-9a-f]{8}:\d+ arrived/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [the client sent 1a2b3c4d:10240, 5e6f7a8b:10240 arrived]', from: 'the texts of Holdfast' },
    { line: 'FAIL dumper laptop /home 20261126211001 0 [the application made 1a2b3c4d:10240, 5e6f7a8b:10240 arrived]', from: 'the texts of Holdfast' },
  ],
}
