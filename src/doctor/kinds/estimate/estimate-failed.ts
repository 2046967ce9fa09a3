import type { FaultKind } from '../../contract.ts'
import { CAUSES_ON_CLIENT } from '../causes-on-client.ts'

export const estimateFailed: FaultKind = {
  code: 'estimate-failed',
  severity: 'failure',
  symptom: 'The size of a disk could not be estimated, so it was not dumped in this run',
  cause: 'Every way to estimate failed on the client, or its answer did not name the disk. A failed estimate is not tried again: the disk is left out of the night.',
  confidence: 'likely',
  advice: "Read sendsize's debug file on the client, or let the server estimate (estimate server).",
  cures: [
    { on: 'client', steps: ['Read sendsize\'s debug file: it shows the command and what it said.'] },
    { on: 'amanda.conf', steps: ['estimate server in the dumptype keeps a bad estimate from costing a dump.'] },
  ],
  check: 'The planner says got result for host … disk ….',
  words: ['all estimate failed', ' offline on ', 'missing estimate'],
  patterns: [/disk (?<disk>\S+) offline on (?<host>[^\s?]+)\?/, /disk (?<disk>\S+), all estimate failed/, /error result for host (?<host>\S+) disk (?<disk>\S+): missing estimate/],
  followsFrom: ['idle-connection-cut', 'no-acknowledgement', 'no-reply', 'archiver-failed', 'program-killed', 'calcsize-failed', 'estimate-without-size', 'estimate-timed-out', 'estimate-garbled', 'estimate-missing', ...CAUSES_ON_CLIENT, 'service-died'],
  samples: [
    { line: '  files /export/b lev 0 FAILED [disk /export/b offline on files?]', from: 'mail reports of Amanda 2.4 and 2.5' },
    { line: 'error result for host amclient disk /srv/gone: missing estimate', from: 'amdump of 3.5.1' },
    { line: 'FAIL planner amclient /srv/many 20261124010203 0 "[disk /srv/many, all estimate failed]"', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
