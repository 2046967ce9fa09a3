import type { FaultKind } from '../../contract.ts'

export const requestTooLarge: FaultKind = {
  code: 'request-too-large',
  severity: 'failure',
  symptom: 'The request to the client was cut off: it has too many disks for one packet of UDP',
  cause: 'With auth bsd and bsdudp a request is one packet of at most 64 KiB, and the disks of a host are all in it. What is over is cut off, and the client cannot read the rest.',
  confidence: 'certain',
  advice: 'Let the host use auth bsdtcp, which has no such limit.',
  cures: [
    { on: 'dumptype and client', steps: ['auth "bsdtcp" in the dumptype of all disks of the host, and -auth=bsdtcp in xinetd of the client.'] },
    { on: 'disklist', steps: ['Or name fewer disks, or give the host a second name in the disklist and DNS for half of them.'] },
  ],
  check: 'The planner gets an estimate for each disk of the host.',
  words: ['Document ended unexpectedly', 'Message too long'],
  patterns: [/FORMAT ERROR IN REQUEST PACKET '?Error on line \d+ char \d+: Document ended unexpectedly/, /(?:Request to (?<host>\S+) failed|request failed): .*Message too long/, /dgram_send_addr: sendto\(\S+\) failed: Message too long/],
  samples: [
    { line: 'HOST amclient ERROR: FORMAT ERROR IN REQUEST PACKET Error on line 1 char 62994: Document ended unexpectedly inside an element name', from: 'amcheck of 3.5.1' },
    { line: "ERROR planner amclient:  FORMAT ERROR IN REQUEST PACKET 'Error on line 1 char 62884: Document ended unexpectedly inside the close tag for element program'", from: 'a run log of 3.5.1' },
  ],
}
