import type { Cure, FaultKind, Measured } from '../../contract.ts'
import { LOST_CONNECTIONS } from '../lost-connections.ts'
import { END_LEFT_AMANDAD } from '../network/client-left-stuck.ts'
import { keepaliveCures, LIMIT_CURES } from '../network/keepalive-cures.ts'

function cures(measured?: Measured): readonly Cure[] {
  return [
    { on: 'this diagnosis', steps: ['Read the log of the run and the debug file of the dumper at the same minute, or give them to holdfast doctor logs together with these.'] },
    { on: 'network', steps: ['If they say mesg read, index read or data read, or if this client lies behind a firewall: it is idle-connection-cut, and its cures help:'] },
    ...keepaliveCures(measured),
    ...LIMIT_CURES,
    { ...END_LEFT_AMANDAD, steps: ['If an amandad still runs long after the dump (ps -ef | grep amandad): it holds the port, and the client answers nobody until it has ended. See client-left-stuck.'] },
  ]
}

export const clientPipeBroken: FaultKind = {
  code: 'client-pipe-broken',
  severity: 'failure',
  symptom: 'The client could write no more: the server had closed the streams of the dump',
  cause: 'The server gave the dump up and closed its streams; the client notices with its next block and says so, often many times. It is what follows, not the cause: look at what the server said at that time. Most often a firewall had forgotten a connection that was silent, and the server had learned it first.',
  confidence: 'likely',
  advice: 'Look at what the server said of the same dump; this is what followed.',
  cures: cures(),
  curesFor: cures,
  check: 'The next dump of this client ends with its size and end lines.',
  words: ['index tee cannot write', 'write error on stream', 'write error to: ', 'to stdout: Broken pipe'],
  patterns: [/index tee cannot write \[Broken pipe\]/, /amandad: security_stream_seterr\(\w+, write error (?:on stream \d+: (?:Broken pipe|Bad file descriptor)|to: Bad file descriptor)\)/, /couldn't write \d+ items? to stdout: Broken pipe/],
  followsFrom: [...LOST_CONNECTIONS, 'data-timeout', 'client-left-stuck', 'server-filter-failed', 'stream-not-connected', 'index-not-writable', 'holding-disk-full', 'server-program-died', 'run-not-finished'],
  samples: [
    { line: 'Thu Nov 26 21:00:02.734000000 2026: pid 11591: thd-0x55746a96a760: amandad: security_stream_seterr(0x55746a9b7a10, write error to: Bad file descriptor)', from: 'a client of 3.5.1 with auth bsdtcp' },
    { line: 'sendbackup: index tee cannot write [Broken pipe]', from: 'clients of Amanda 2.4 to 3.3' },
    { line: 'Mon Nov 23 22:25:10.279181249 2026: pid 26715: thd-0x559e6f531760: amandad: security_stream_seterr(0x559e6f576700, write error on stream 50072: Broken pipe)', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
  ],
}
