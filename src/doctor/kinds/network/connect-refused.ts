import type { FaultKind } from '../../contract.ts'

export const connectRefused: FaultKind = {
  code: 'connect-refused',
  severity: 'failure',
  symptom: 'The client refused the connection: nothing listens on the port of amandad',
  cause: 'Neither xinetd, inetd nor systemd listens on the port, or it listens on another address or port.',
  confidence: 'likely',
  advice: 'Start amandad on the client: xinetd, inetd or systemd must listen on its port.',
  cures: [
    { on: 'client', steps: ['ss -tlnp | grep 10080 must show a listener; enable the amanda service of xinetd or the socket amanda.socket of systemd and start it.'] },
    { on: 'disklist, amanda.conf', steps: ['client-port of the dumptype must be the port that listens.'] },
  ],
  check: 'nc -vz CLIENT 10080 connects.',
  words: ['Connection refused'],
  patterns: [/(?:Request to (?<host>\S+) failed|request failed): .*Connection refused/, /selfcheck request failed: .*Connection refused/],
  followsFrom: ['client-went-away'],
  samples: [
    { line: 'WARNING: amclient: selfcheck request failed: Connection refused', from: 'amcheck of 3.5.1 against a client without amandad' },
  ],
}
