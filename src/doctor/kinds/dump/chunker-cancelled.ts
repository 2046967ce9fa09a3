import type { FaultKind } from '../../contract.ts'

export const chunkerCancelled: FaultKind = {
  code: 'chunker-cancelled',
  severity: 'failure',
  symptom: 'The chunker stopped because the dumper gave the dump up',
  cause: 'The dumper and the chunker share the data in memory; when the dumper fails, the chunker is told. The reason stands in the line of the dumper.',
  confidence: 'certain',
  advice: 'Look at what the dumper said of the same dump; this is what followed.',
  cures: [
    { on: 'server', steps: ['Nothing here: look at what the dumper says of the same dump.'] },
  ],
  check: 'It goes with the fault of the dumper.',
  words: ['shm_ring cancelled', 'Got empty header', 'dumper TRYAGAIN'],
  patterns: [/shm_ring cancelled/, /dumper TRYAGAIN: /, /Got empty header/],
  followsFrom: ['idle-connection-cut', 'no-acknowledgement', 'data-timeout', 'connect-timed-out', 'connect-refused', 'user-not-allowed', 'index-not-writable', 'shared-memory-full', 'holding-disk-full', 'server-program-died', 'archiver-failed'],
  samples: [
    { line: 'FAIL chunker amclient /srv/many 20261123222437 0 [shm_ring cancelled]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'FAIL chunker amclient /srv/many 20261123222437 0 [dumper TRYAGAIN: [request failed: timeout waiting for ACK]]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
  ],
}
