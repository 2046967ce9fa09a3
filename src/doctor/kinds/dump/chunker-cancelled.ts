import type { FaultKind } from '../../contract.ts'
import { CAUSES_ON_CLIENT } from '../causes-on-client.ts'
import { LOST_CONNECTIONS } from '../lost-connections.ts'

export const chunkerCancelled: FaultKind = {
  code: 'chunker-cancelled',
  severity: 'failure',
  symptom: 'The chunker stopped because the dumper gave the dump up',
  cause: 'The dumper shares the data in memory with the chunker, or with the taper where there is no holding disk; when the dumper fails, they are told. The reason stands in the line of the dumper.',
  confidence: 'certain',
  advice: 'Look at what the dumper said of the same dump; this is what followed.',
  cures: [
    { on: 'server', steps: ['Nothing here: look at what the dumper says of the same dump.'] },
  ],
  check: 'It goes with the fault of the dumper.',
  words: ['shm_ring cancelled', 'dumper TRYAGAIN', 'Got empty header', 'LineProtocol.pm', 'dumper returned FAILED', 'failed to set shm-ring'],
  patterns: [/shm_ring cancelled/, /dumper TRYAGAIN: /, /\bGot empty header\b/, /chunker:? .*Broken pipe at \S*LineProtocol\.pm/, /dumper returned FAILED/, /failed to set shm-ring/, /Got empty header/],
  followsFrom: [...LOST_CONNECTIONS, 'client-left-stuck', 'no-acknowledgement', 'data-timeout', 'connect-timed-out', 'connect-refused', 'user-not-allowed', ...CAUSES_ON_CLIENT, 'service-died', 'archiver-failed', 'program-killed', 'client-ended-early', 'filter-failed', 'server-filter-failed', 'size-not-told', 'checksum-differs', 'dump-postponed', 'auth-differs', 'stream-not-connected', 'source-address-missing', 'connection-ended-early', 'connection-reset-at-once', 'host-unreachable', 'reserved-ports-busy', 'index-not-writable', 'shared-memory-full', 'holding-disk-full', 'server-program-died'],
  samples: [
    { line: 'FAIL chunker amclient /srv/many 20261126205706 0 [Got empty header]', from: 'a dump of 3.5.1 that was cut before its first byte' },
    { line: 'FATAL chunker Broken pipe at /usr/lib/x86_64-linux-gnu/amanda/perl/Amanda/IPC/LineProtocol.pm line 429.', from: 'the chunker of a second try of 3.5.1, when the driver had ended before it' },
    { line: 'FAIL chunker amclient /srv/many 20261123222437 0 [shm_ring cancelled]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'FAIL chunker amclient /srv/many 20261123222437 0 [dumper TRYAGAIN: [request failed: timeout waiting for ACK]]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
  ],
}
