import type { FaultKind } from '../../contract.ts'
import { LOST_CONNECTIONS } from '../lost-connections.ts'

export const dumpCutShort: FaultKind = {
  code: 'dump-cut-short',
  severity: 'failure',
  symptom: 'The client calls a dump complete of which only a part left it',
  cause: 'sendbackup of Amanda 3.5.1 can end well, with its size and end lines, although nobody took its data any more: the pipe to amandad broke, most often because a connection was lost. It shows in its debug file: the count behind the checksum is below the size that tar wrote.',
  confidence: 'certain',
  advice: 'Do not count on this dump: dump the disk again, and cure what broke the connection.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG force CLIENT DISK', 'amdump CONFIG CLIENT DISK'], steps: ['Look at what the server said of the same dump: there is the cause, often idle-connection-cut.'] },
    { on: 'server', steps: ['amcheckdump CONFIG reads what is on the volumes, and finds a dump that ends too early.'] },
  ],
  check: 'In the next debug file of sendbackup the number behind native-CRC is the Total bytes written of tar.',
  followsFrom: [...LOST_CONNECTIONS, 'data-timeout'],
  seenIn: [],
  words: ['Total bytes written: ', 'native-CRC '],
  patterns: [],
  samples: [
    {
      line: [
        'Mon Nov 23 22:25:36.844928022 2026: pid 26717: thd-0x56135c15fc00: sendbackup:  48:    size(|): Total bytes written: 7843840 (7.5MiB, 132KiB/s)',
        'Mon Nov 23 22:25:36.850000000 2026: pid 26717: thd-0x56135c15fc00: sendbackup: sendbackup: native-CRC 1a2b3c4d:4194304',
      ].join('\n'),
      from: 'the texts of Amanda 3.5.1, with figures as they were seen behind a firewall',
    },
  ],
}
