import type { FaultKind } from '../../contract.ts'

export const tlsHandshakeEnded: FaultKind = {
  code: 'tls-handshake-ended',
  severity: 'failure',
  symptom: 'The other side ended the connection in the middle of the TLS handshake',
  cause: 'It does not speak TLS (amandad was started with another auth than ssl), or its own certificate, key or trust is wrong and it gave up.',
  confidence: 'likely',
  advice: 'See that amandad of the client is started with -auth=ssl, and read its debug file.',
  cures: [
    { on: 'client', commands: ['grep -rn amandad /etc/xinetd.d /etc/inetd.conf /etc/systemd/system', 'ls -t /var/log/amanda/amandad'], steps: ['-auth=ssl must be there. The newest debug file says what was wrong with its files.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['SSL_connect failed: ', 'SSL_accept failed: '],
  patterns: [/SSL_(?:connect|accept) failed: error:(?:00000000:lib\(0\)|[\w]+:SSL routines::(?:unexpected eof|wrong version number|http request|bad record type|packet length too long|record layer failure))/],
  followsFrom: ['tls-key-differs', 'tls-certificate-rejected', 'tls-file-missing'],
  samples: [
    { line: 'ERROR planner Request to amclient failed: SSL_connect failed: error:00000000:lib(0)::reason(0)', from: 'a run log of 3.5.1' },
  ],
}
