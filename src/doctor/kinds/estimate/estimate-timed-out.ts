import type { FaultKind } from '../../contract.ts'

export const estimateTimedOut: FaultKind = {
  code: 'estimate-timed-out',
  severity: 'failure',
  symptom: 'The client did not finish its estimates in time, so disks were not dumped',
  cause: 'An estimate with program client reads all directories of a disk; on a large or slow one that takes longer than etimeout (seconds for each disk of the client). The planner takes what has come by then, and leaves the other disks out of the night.',
  confidence: 'certain',
  advice: 'Let Amanda guess from history (estimate server), or use calcsize, or raise etimeout.',
  cures: [
    { on: 'amanda.conf', steps: ['estimate server in the dumptype takes no time; estimate calcsize reads each disk once for all levels.', 'etimeout is for each disk; a negative number is for all disks of a client.'] },
    { on: 'client', commands: ['time tar --create --file /dev/null --one-file-system --directory PATH .'], steps: ['See how long it takes, and for disks or network file systems that hang.'] },
  ],
  check: 'amdump says got result for host … disk … for every disk.',
  words: ['estimate timeout on', 'estimate timed out', 'timed out.'],
  patterns: [/Some estimate timeout on (?<host>\S+?)\]?"?$/, /all estimate timed out/, /disk (?<host>[^:\s]+):(?<disk>\S+), estimate of level \d+ timed out/, /\[Some estimate timeout on (?<host>[^\]\s]+)\]/],
  samples: [
    { line: 'error result for host amclient disk /srv/many: Some estimate timeout on amclient', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'FAIL planner amclient /srv/many 20261126211118 0 "[Some estimate timeout on amclient]"', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'FAIL planner amclient /srv/many 20261124010203 0 "[disk /srv/many, all estimate timed out]"', from: 'the texts of Amanda 3.5.1' },
  ],
}
