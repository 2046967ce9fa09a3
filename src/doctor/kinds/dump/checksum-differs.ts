import type { FaultKind } from '../../contract.ts'

export const checksumDiffers: FaultKind = {
  code: 'checksum-differs',
  severity: 'failure',
  symptom: 'Data of a dump changed on its way: the checksums differ',
  cause: 'Client and server count a CRC over the same bytes at each station (client, network, holding disk, volume). They disagree: bad memory or a bad network card, a proxy that changes data, a disk that returns other bytes than were written, or a defect.',
  confidence: 'certain',
  advice: 'Do not trust this dump: dump the disk again, and test memory and disks of the machine between the two places that the line names.',
  cures: [
    { on: 'server', commands: ['ip -s link; ethtool -S INTERFACE | grep -i err', 'dmesg | grep -iE "mce|ecc|i/o error"'], steps: ['client CRC against data-in: on the way from client to server; so are two checksums of the same size in a line of the taper. data-in against data-out: in compression or encryption on the server. source against server crc: holding disk or volume.', 'Test memory (memtest86+), look at the counters of the network card and at the kernel\'s log.'] },
    { on: 'client', steps: ['The same there.'] },
  ],
  check: 'The next dump has no such line; amcheckdump CONFIG reads it well.',
  words: ['do not match data-', 'DONE taper ', 'server crc (', 'server-crc', 'native-crc', 'client-crc', 'dest-crc'],
  patterns: [/(?:client|data-in) CRC \([^)]*\) do not match data-(?:in|out) CRC/, /^(?!.*(?:recovery failed: |source server crc )).*(?:\bcrc \([^)]*\)|(?:server|native|client|dest)-crc) .*\bdiffer\b/, /^DONE taper .* ([\da-f]{8}):(\d+) (?!\1:)[\da-f]{8}:\2 /],
  samples: [
    { line: 'DONE taper "ST:lab" "POOL:lab" amclient /srv/many 20261126212551 1 0 c41a3f63:522240 c41a3f63:522240 de18b540:522240 [sec 0.100000 bytes 522240 kps 5100.000000 orig-kb 510]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'FAIL dumper amclient /srv/many 20261126213000 0 [client CRC (8e2ad03c:522240) do not match data-in CRC (f13fa2f5:522240)]', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
