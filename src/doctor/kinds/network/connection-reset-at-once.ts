import type { FaultKind } from '../../contract.ts'

export const connectionResetAtOnce: FaultKind = {
  code: 'connection-reset-at-once',
  severity: 'failure',
  symptom: 'The connection to the client was made and reset before the first answer',
  cause: 'Something accepted the connection and then refused what came over it: a proxy, a load balancer, an intrusion filter, or a service that ended with unread data. Nothing had been idle yet, so keepalive does not help.',
  confidence: 'likely',
  advice: 'Look at what stands between server and client on the port of amandad, and at the log of xinetd on the client.',
  cures: [
    { on: 'client', commands: ['ss -tlnp', 'journalctl -u xinetd --since today'], steps: ['The port must belong to xinetd, inetd or systemd, and its log must show that amandad was started.'] },
    { on: 'network', steps: ['A firewall that looks into connections must pass the port of amandad without looking; a load balancer or proxy must not answer in the place of the client.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Connection reset by peer'],
  patterns: [/^ERROR planner Request to (?<host>\S+) failed: (?:\w+ error: )?Connection reset by peer/, /selfcheck request failed: .*Connection reset by peer/],
  samples: [
    { line: 'ERROR: amclient: selfcheck request failed: Xrecv error: Connection reset by peer', from: 'amcheck of 3.5.1' },
    { line: 'ERROR planner Request to amclient failed: Xrecv error: Connection reset by peer', from: 'a run log of 3.5.1' },
  ],
}
