import type { FaultKind } from '../../contract.ts'

export const replyNotAcknowledged: FaultKind = {
  code: 'reply-not-acknowledged',
  severity: 'failure',
  symptom: 'The client sent its result, and the server never confirmed it',
  cause: 'Packets from the server stopped reaching the client in the middle of an exchange: UDP is lost, a NAT or firewall forgot the exchange, or the server had given up already.',
  confidence: 'possible',
  advice: "Read the server's log of that time first; when it still waited, look for packets that are lost between server and client.",
  cures: [
    { on: 'server', steps: ['planner and dumper give up after etimeout and ctimeout: when they did so before this time, raise them.'] },
    { on: 'network', commands: ['ping -c 100 -i 0.2 CLIENT'], steps: ['No packet may be lost. Let the UDP timeout of the firewall be longer than the longest estimate, or let the dump use auth bsdtcp.'] },
  ],
  check: "amandad's debug file of the next run says received ACK.",
  words: ['timeout waiting for ACK for our REP'],
  patterns: [/timeout waiting for ACK for our REP/],
  followsFrom: ['no-reply', 'idle-connection-cut', 'connections-lost-at-once', 'client-went-away'],
  samples: [
    { line: 'Thu Nov 26 21:52:23.169071039 2026: pid 7046: thd-0x55588ef10e00: amandad: timeout waiting for ACK for our REP', from: 'amandad of 3.5.1' },
  ],
}
