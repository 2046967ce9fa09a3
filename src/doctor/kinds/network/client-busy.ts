import type { FaultKind } from '../../contract.ts'

export const clientBusy: FaultKind = {
  code: 'client-busy',
  severity: 'failure',
  symptom: "The client's amandad was still busy with an earlier request",
  cause: 'Amanda before 2.5 has one amandad for a host and a lock: an estimate or dump of an earlier run still goes on, or its process was left behind.',
  confidence: 'likely',
  advice: 'End the amandad that is left over on the client, or let the runs not overlap.',
  cures: [
    { on: 'client', commands: ['ps -ef'], steps: ['Look for amandad, sendsize, sendbackup and their tar. When their run is long over, end them; when it goes on, begin the next run later, and two configurations must not ask one client at the same time.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['amandad busy'],
  patterns: [/amandad busy/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 0 [amclient NAK: amandad busy]', from: 'the texts of Amanda 2.4' },
  ],
}
