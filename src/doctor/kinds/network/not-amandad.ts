import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const notAmandad: FaultKind = {
  code: 'not-amandad',
  severity: 'failure',
  symptom: 'What listens on the port of the client is not amandad',
  cause: 'The first bytes of the answer were no packet of Amanda but the text that the message shows: another service has the port, or a login script prints a greeting before amandad (auth ssh).',
  confidence: 'certain',
  advice: 'The text in the message shows who answered: correct client-port, or silence what prints it.',
  cures: [
    { on: 'client', commands: ['ss -tlnp'], steps: ["The port must belong to xinetd, inetd or systemd with amandad. With auth ssh nothing in the shell's start files (.bashrc, .profile) of the backup user may print for a shell that is not interactive."] },
    { on: 'dumptype', steps: ['client-port must be the port of amandad, and auth must be the one that it was started with.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['tcpm_recv_token: invalid size: '],
  patterns: [requestFailed(String.raw`tcpm_recv_token: invalid size: `)],
  followsFrom: ['debug-directory-unusable', 'amandad-cannot-start', 'amandad-wrong-user', 'auth-unknown'],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126210039 0 "[Request to amclient failed: tcpm_recv_token: invalid size: \\"SSH-2.0-OpenSSH_9.2p1 Debian-2\\\\n\\"]"', from: 'a run log of 3.5.1' },
    { line: 'ERROR: amclient: selfcheck request failed: tcpm_recv_token: invalid size: "HTTP/1.1 400 Bad Request\\r\\nServer: nginx\\r\\n\\r\\n"', from: 'amcheck of 3.5.1' },
  ],
}
