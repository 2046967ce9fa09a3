import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const noAcknowledgement: FaultKind = {
  code: 'no-acknowledgement',
  severity: 'failure',
  symptom: 'The client did not answer a request',
  cause: 'No packet of the client came back. Its amandad does not run or speaks another auth (UDP and TCP, or TLS and none), a firewall drops the packets of one direction (UDP has no refusal), or an amandad of an earlier dump still holds the port and answers nobody.',
  confidence: 'possible',
  advice: 'See that amandad of the client answers (amcheck -c), end one that is left over from an earlier dump, and let its port pass the firewall.',
  cures: [
    { on: 'client', commands: ['ps -ef', 'ss -ulnp', 'ss -tlnp'], steps: ['ps: end an amandad that has run since an earlier dump.', 'ss: xinetd, inetd or systemd must listen on the port of amandad (10080 unless configured).'] },
    { on: 'firewall', steps: ['Let UDP and TCP 10080 pass from server to client, and for auth bsd the ports of tcp-port-range and unreserved-tcp-port as well.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT, or holdfast check, gets an answer.',
  words: ['timeout waiting for ACK', ' timed out.'],
  patterns: [requestFailed('timeout waiting for ACK'), /error=timeout waiting for ACK\)/, /\bRequest to (?<host>\S+) timed out\./, /(?<!\S)(?<host>\S+): selfcheck request timed out\./],
  followsFrom: ['amandad-stuck', 'idle-connection-cut', 'stream-not-connected', 'tls-handshake-ended'],
  samples: [
    { line: 'WARNING: amclient: selfcheck request timed out.  Host down?', from: 'the texts of Amanda 2.4' },
    { line: 'FAIL dumper amclient /srv/many 20261123222437 0 [[request failed: timeout waiting for ACK]]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'WARNING: amclient: selfcheck request failed: timeout waiting for ACK', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
