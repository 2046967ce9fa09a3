import type { FaultKind } from '../../contract.ts'

export const streamNotConnected: FaultKind = {
  code: 'stream-not-connected',
  severity: 'failure',
  symptom: 'The client agreed to the dump, but the server could not open the connections for its data',
  cause: 'With auth bsd and bsdudp the client listens on further TCP ports for data, messages and index, and says which. The firewall passes UDP 10080 and not these ports.',
  confidence: 'likely',
  advice: 'Let the TCP ports of unreserved-tcp-port of the client pass the firewall, or let the dump use auth bsdtcp, which needs one port only.',
  cures: [
    { on: 'dumptype and client', steps: ['auth "bsdtcp" in the dumptype and -auth=bsdtcp in xinetd of the client: all goes over TCP 10080.'] },
    { on: 'client, to stay with bsd or bsdudp', commands: ['amgetconf --client CONFIG unreserved-tcp-port'], steps: ['Set unreserved-tcp-port in amanda-client.conf to a range (Debian builds in 50000,50100) and let it have four ports for each dump that runs at a time.'] },
    { on: 'firewall', steps: ['Let TCP from server to client pass for that range; on Linux the conntrack helper amanda opens the ports by itself when a rule assigns it to UDP 10080.'] },
  ],
  check: 'Run the dump again: the run log has no FAIL dumper for the client.',
  words: ['could not connect ', 'stream_accept: timeout', 'accept failed: timeout'],
  patterns: [/could not connect \w+ stream: /, /stream \d+ accept failed: timeout/, /stream_accept: timeout after \d+ second/],
  samples: [
    { line: "FAIL dumper amclient /srv/many 20261126210301 0 [[could not connect DATA stream: can't connect stream to amclient port 50019: Connection timed out]]", from: 'a run log of 3.5.1' },
    { line: 'driver: result time 0.963 from dumper0: TRY-AGAIN 00-00001 "[could not connect DATA stream: can\'t connect stream to amclient port 50023: Connection refused]"', from: 'an amdump file of 3.5.1' },
  ],
}
