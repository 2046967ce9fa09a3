import type { FaultKind } from '../../contract.ts'

export const holdingDiskFull: FaultKind = {
  code: 'holding-disk-full',
  severity: 'failure',
  symptom: 'The holding disk was full in the middle of a dump',
  cause: 'The file system has less room than the driver counted on: a dump grew beyond its estimate, or something else writes there. The dump is given up and tried again straight to a volume.',
  confidence: 'certain',
  advice: 'Free room on the holding disk, and let Amanda have it alone.',
  cures: [
    { on: 'server', commands: ['df -h HOLDING', 'amadmin CONFIG holding list -l', 'amflush CONFIG'], steps: ['Flush what is left there. Give the holding disk a file system of its own, or leave room for the others: use -10 gbytes means all but 10 GB.'] },
  ],
  check: 'The driver writes no NO-ROOM in amdump.*.',
  words: ['to holding file', 'Not enough holding disk space', '[Aborted by driver]', 'NO-ROOM '],
  patterns: [/Failed to write (?:data|header) to holding file .*: No space left on device/, /Not enough holding disk space/, /\[Aborted by driver\]/, /NO-ROOM /],
  samples: [
    { line: "FAIL chunker amclient /srv/many 20261126210736 0 [Failed to write data to holding file '/var/lib/amanda/lab/holding/20261126210736/amclient._srv_many.0.tmp': No space left on device]", from: 'testdata/doctor/holding-disk-full' },
  ],
}
