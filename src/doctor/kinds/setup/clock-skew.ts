import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const clockSkew: FaultKind = setupKind({
  code: 'clock-skew',
  severity: 'warning',
  symptom: 'The clocks of a client and the server differ by more than a minute',
  cause: 'One of the two is not kept by NTP, or was set by hand. Dates of files and runs do not fit together then: an incremental may leave files out that were changed meanwhile, and tokens end at the wrong time.',
  advice: 'Set the clock that is wrong by NTP.',
  cures: [
    { on: 'both machines', commands: ['date -u', 'timedatectl timesync-status'], steps: ['Correct the one that is wrong; after a large jump make a full dump of the host: holdfast dump HOST --level full.'] },
  ],
  check: 'holdfast check HOST does not name the clock any more.',
  lines: [
    "WARNING laptop: the clock of laptop is 1 h ahead of the server's. Set the clock of laptop, or of this server, by NTP. [clock-skew]",
  ],
})
