import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const noReply: FaultKind = {
  code: 'no-reply',
  severity: 'failure',
  symptom: 'The client took a request and never sent the result',
  cause: 'The service began and was not done within its time: an estimate of a large disk takes longer than etimeout for each disk, or the client hangs, or the connection was forgotten while it worked.',
  confidence: 'possible',
  advice: 'Raise etimeout, or let the server estimate (estimate server).',
  cures: [
    { on: 'amanda.conf', steps: ['Raise etimeout (seconds a disk; negative: for all of a host) for estimates, ctimeout for amcheck.', 'Use estimate calcsize or server in the dumptype: they take seconds.'] },
  ],
  check: 'The planner says got result for host within the time.',
  words: ['timeout waiting for REP'],
  patterns: [requestFailed('timeout waiting for REP'), /error=timeout waiting for REP\)/],
  followsFrom: ['estimate-timed-out'],
  samples: [
    { line: 'ERROR: amclient: selfcheck request failed: timeout waiting for REP', from: 'amcheck of 3.5.1' },
    { line: 'error result for host amclient disk /srv/many: Request to amclient failed: timeout waiting for REP', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
