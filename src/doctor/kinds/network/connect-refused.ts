import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const connectRefused: FaultKind = {
  code: 'connect-refused',
  severity: 'failure',
  symptom: 'The client refused the connection: nothing listens on the port',
  cause: 'Neither xinetd, inetd nor systemd (auth ssh: sshd) listens on the port, or it listens on another address or port. A firewall that rejects with a reset looks the same.',
  confidence: 'likely',
  advice: 'Start amandad on the client: xinetd, inetd or systemd must listen on its port.',
  cures: [
    { on: 'client', commands: ['ss -tlnp', 'systemctl enable --now xinetd'], steps: ['ss must show a listener on port 10080 (auth ssh: 22). Enable the amanda service of xinetd, or the socket amanda.socket of systemd.'] },
    { on: 'disklist, amanda.conf', steps: ['client-port of the dumptype must be the port that listens; a name that is not in /etc/services becomes a port of chance.'] },
  ],
  check: 'nc -vz CLIENT 10080 connects.',
  words: ['Connection refused'],
  patterns: [requestFailed('Connection refused'), /connect to host (?<host>\S+) port \d+: Connection refused/],
  followsFrom: ['client-went-away'],
  samples: [
    { line: 'WARNING: amclient: selfcheck request failed: Connection refused', from: 'amcheck of 3.5.1 against a client without amandad' },
  ],
}
