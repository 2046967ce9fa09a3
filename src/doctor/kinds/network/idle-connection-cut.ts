import type { Cure, FaultKind, Measured } from '../../contract.ts'
import { keepaliveCures, LIMIT_CURES } from './keepalive-cures.ts'

function cures(measured?: Measured): readonly Cure[] {
  return [
    {
      on: 'this backup',
      steps: [
        'Give the client an agent of Holdfast: its connection is never silent, and a cut is a pause and not an end.',
        'Where the client stays with Amanda, let its dumps use auth bsdtcp: there messages and data share a connection (a long silent phase can still be cut).',
      ],
    },
    ...keepaliveCures(measured),
    ...LIMIT_CURES,
  ]
}

export const idleConnectionCut: FaultKind = {
  code: 'idle-connection-cut',
  severity: 'failure',
  symptom: 'A connection was cut while nothing went over it, and the whole dump was lost with it',
  cause: 'Something between server and client (a firewall, a NAT, a load balancer) forgets connections that are silent for longer than its limit. Amanda opens one connection for messages that carries nothing between the beginning and the end of a dump, and asks the system for keepalive probes, but never says how often. The first probe comes later than the limit and meets a forgotten connection: the answer is a reset, or none.',
  confidence: 'likely',
  advice: 'Keep the connections awake: lower tcp_keepalive_time and tcp_keepalive_intvl on the server below the limit of the firewall, or give the client an agent of Holdfast.',
  cures: cures(),
  curesFor: cures,
  check: 'Run the dump again. While it runs, ss -o state established on the server shows a keepalive timer below the limit on each connection. holdfast doctor path CLIENT measures the limit itself, and whether keepalive saves a connection there. If the next cut comes at quite another age, it was no limit: see connections-lost-at-once.',
  words: ['mesg read: ', 'index read: ', 'data read: ', 'state read: ', 'Xrecv error', 'Connection reset by peer', 'Connection timed out'],
  patterns: [
    /\b(?:mesg|index|data|state) read: (?:Xrecv error: )?Connection (?:reset by peer|timed out)/,
    /Request to (?<host>\S+) failed: Xrecv error: Connection (?:reset by peer|timed out)/,
    /\b(?:mesg|index|data|state) read: Xrecv error: ssh exited with status 255: .*(?:not responding|reset by peer|timed out|send disconnect: Broken pipe)/,
    /\bsecurity_stream_seterr\(\w+, (?:Xrecv error: |write error (?:on stream \d+|to): )?Connection (?:reset by peer|timed out)\)/,
  ],
  // A server that gives a dump up closes its connection: the client's amandad sees a reset.
  followsFrom: ['connection-reset-at-once', 'script-missing', 'script-failed', 'filter-missing', 'encryption-key-missing', 'server-filter-failed', 'service-died', 'snapshot-directory-unusable', 'application-missing', 'application-property-wrong', 'archiver-missing', 'program-not-setuid', 'index-not-writable', 'shared-memory-full'],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261123222437 0 [mesg read: Connection reset by peer]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'driver: result time 31.894 from dumper0: FAILED 00-00001 "[mesg read: Connection reset by peer]"', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'Mon Nov 23 22:25:09.829529125 2026: pid 26558: thd-0x563872c22c00: dumper: security_stream_seterr(0x563872c47ad0, Connection reset by peer)', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'FAIL dumper amclient /srv/many 20261126205706 0 [index read: Connection reset by peer]', from: 'a silent scan of 3.5.1, auth bsd' },
    { line: 'FAIL dumper amclient /srv/many 20261126205605 0 [data read: Xrecv error: Connection reset by peer]', from: 'a silent scan of 3.5.1, auth bsdtcp and bsdudp' },
    { line: 'FAIL planner amclient /srv/many 20261126205831 0 "[Request to amclient failed: Xrecv error: Connection reset by peer]"', from: 'a silent estimate of 3.5.1, auth bsdtcp' },
    { line: 'FAIL dumper far /srv/many 20261127161500 0 [data read: Xrecv error: ssh exited with status 255: Timeout, server amclient not responding., 66 s after the last byte of DATA]', from: 'a run log of Holdfast, a client over ssh' },
    { line: 'error result for host amclient disk /srv/many: Request to amclient failed: Xrecv error: Connection timed out', from: 'the same behind a firewall that says nothing' },
  ],
}
