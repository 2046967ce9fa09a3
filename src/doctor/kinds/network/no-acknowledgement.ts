import type { FaultKind } from '../../contract.ts'

export const noAcknowledgement: FaultKind = {
  code: 'no-acknowledgement',
  severity: 'failure',
  symptom: 'The client did not answer a request',
  cause: 'No packet of the client came back. Its amandad does not run, a firewall drops the packets (UDP has no refusal), or an amandad of an earlier dump still holds the port and answers nobody.',
  confidence: 'possible',
  advice: 'See that amandad of the client answers (amcheck -c), end one that is left over from an earlier dump, and let its port pass the firewall.',
  cures: [
    { on: 'client', steps: ['ps -ef | grep amandad: end one that has run since an earlier dump.', 'ss -ulnp and ss -tlnp: xinetd, inetd or systemd must listen on the port of amandad (10080 unless configured).'] },
    { on: 'firewall', steps: ['Let UDP and TCP 10080 pass from server to client, and for auth bsd the ports of tcp-port-range and unreserved-tcp-port as well.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT, or holdfast check, gets an answer.',
  words: ['timeout waiting for ACK'],
  patterns: [/(?:Request to (?<host>\S+) failed|request failed): timeout waiting for ACK/, /error=timeout waiting for ACK\)/, /selfcheck request failed: timeout waiting for ACK/],
  followsFrom: ['idle-connection-cut'],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261123222437 0 [[request failed: timeout waiting for ACK]]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'WARNING: amclient: selfcheck request failed: timeout waiting for ACK', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
