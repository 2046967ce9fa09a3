import type { FaultKind } from '../../contract.ts'

export const clientPipeBroken: FaultKind = {
  code: 'client-pipe-broken',
  severity: 'failure',
  symptom: 'The client could write no more: the server had closed the streams of the dump',
  cause: 'The server gave the dump up and closed its streams; the client notices with its next block and says so, often many times. It is what follows, not the cause: look at what the server said at that time.',
  confidence: 'likely',
  advice: 'Look at what the server said of the same dump; this is what followed.',
  cures: [
    { on: 'server', steps: ['Read the log of the run and the debug file of the dumper at the same minute, or give them to holdfast doctor logs together with these.'] },
    { on: 'client', steps: ['Look for an amandad that still runs long after the dump (ps -ef | grep amandad) and end it: it holds the port, and the client answers nobody until then.'] },
  ],
  check: 'The next dump of this client ends with its size and end lines.',
  words: ['index tee cannot write', 'write error on stream', 'to stdout: Broken pipe', 'Index pipe exited'],
  patterns: [/index tee cannot write \[Broken pipe\]/, /write error on stream \d+: (?:Broken pipe|Connection reset by peer)/, /couldn't write \d+ items? to stdout: Broken pipe/, /Index pipe exited with status \d+/],
  followsFrom: ['idle-connection-cut', 'data-timeout', 'index-not-writable', 'holding-disk-full', 'server-program-died', 'run-not-finished'],
  samples: [
    { line: 'sendbackup: index tee cannot write [Broken pipe]', from: 'clients of Amanda 2.4 to 3.3' },
    { line: 'Mon Nov 23 22:25:10.279181249 2026: pid 26715: thd-0x559e6f531760: amandad: security_stream_seterr(0x559e6f576700, write error on stream 50072: Broken pipe)', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
  ],
}
