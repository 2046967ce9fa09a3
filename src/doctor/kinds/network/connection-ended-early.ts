import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const connectionEndedEarly: FaultKind = {
  code: 'connection-ended-early',
  severity: 'failure',
  symptom: 'The client closed the connection before it said anything',
  cause: 'The process that should answer ended at once, or its keeper closed the connection: xinetd by only_from, no_access, access_times, per_source or instances; a TCP wrapper by /etc/hosts.deny; amandad because it died; with auth ssh or ssl because login or handshake failed.',
  confidence: 'possible',
  advice: 'Look on the client for why amandad ended at once: its debug file, or the log of xinetd or systemd.',
  cures: [
    { on: 'client', commands: ['journalctl -u xinetd --since today', 'grep -rnE "only_from|no_access|access_times|per_source|instances" /etc/xinetd.conf /etc/xinetd.d', 'cat /etc/hosts.deny /etc/hosts.allow'], steps: ['xinetd writes FAIL and the reason to its log. The server must be in only_from, and hosts.allow must name amandad.', 'Read the newest amandad debug file (/var/log/amanda/amandad); if there is none, it was not started: read the log of xinetd or systemd.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['EOF on read from', 'error sending REQ: '],
  patterns: [requestFailed(String.raw`EOF on read from `), requestFailed(String.raw`error sending REQ: write error to: Broken pipe`)],
  followsFrom: ['ssh-ended', 'ssh-host-key-unknown', 'ssh-host-key-changed', 'ssh-login-denied', 'ssh-program-missing', 'amandad-cannot-start', 'tls-certificate-rejected', 'connect-refused', 'connect-timed-out', 'host-unreachable', 'network-unreachable'],
  samples: [
    { line: 'ERROR: amclient: selfcheck request failed: error sending REQ: write error to: Broken pipe', from: 'amcheck of 3.5.1 over ssh' },
    { line: 'FAIL planner amclient /srv/many 20261124010203 0 "[Request to amclient failed: EOF on read from amclient]"', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
