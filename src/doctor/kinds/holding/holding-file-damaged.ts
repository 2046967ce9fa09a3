import type { FaultKind } from '../../contract.ts'
import { CAUSES_ON_CLIENT } from '../causes-on-client.ts'

export const holdingFileDamaged: FaultKind = {
  code: 'holding-file-damaged',
  severity: 'failure',
  symptom: 'A dump on the holding disk is not what was written there',
  cause: 'The checksum of what was read from the holding disk differs from the one in its header: the disk, its cable or the memory of the server changed bytes.',
  confidence: 'certain',
  advice: 'Do not trust that dump; dump the disk again, and test the disk and the memory.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG force HOST DISK', 'dmesg | tail -50'], steps: ['The next run makes a full dump. Test the holding disk (smartctl -t long DEVICE) and the memory before you rely on it.'] },
  ],
  check: 'The next full dump of the disk is taped as DONE, and amcheckdump validates it.',
  words: ['source server crc'],
  patterns: [/source server crc .* differ/],
  // A dump that failed in its middle is taped as far as it came, and its sum was never told.
  followsFrom: [...CAUSES_ON_CLIENT, 'archiver-failed', 'program-killed', 'client-ended-early', 'data-timeout', 'idle-connection-cut'],
  samples: [
    { line: 'PARTIAL taper "ST:lab" "POOL:lab" amclient /srv/many 20261126211437 1 0 5def7ae8:522240 5def7ae8:522240 5def7ae8:522240 [sec 0.100000 bytes 522240 kps 5100.000000 orig-kb 510] "source server crc (616f1eb5:522240) and input server crc (5def7ae8:522240) differ)"', from: 'amflush of 3.5.1, a byte of the holding file changed' },
  ],
}
