import type { FaultKind } from '../../contract.ts'

export const serverAccessDenied: FaultKind = {
  code: 'server-access-denied',
  severity: 'failure',
  symptom: 'The operating system refused Holdfast access to a file of the server',
  cause: 'The user that runs the server may not read or write what the line names: an owner or mode was changed, the server ran as another user before, or a file system is mounted read-only.',
  confidence: 'certain',
  advice: 'Give the user that runs Holdfast access to the path that is named.',
  cures: [
    { on: 'server', commands: ['namei -l PATH', 'findmnt -T PATH'], steps: ['Everything below the directories of holdfast.yaml belongs to the user of the server. Commands that were run as root leave files of root: chown -R USER DIRECTORY.'] },
  ],
  check: 'holdfast check finds nothing.',
  faultCodes: ['permission-denied'],
  words: ['EACCES: permission', 'EPERM: operation', 'EROFS: read-only'],
  patterns: [/\b(?:EACCES: permission denied|EPERM: operation not permitted|EROFS: read-only file system)/],
  samples: [
    { line: "FAIL dumper laptop /home 20261126211001 0 [EACCES: permission denied, open '/var/holding/20261126211001/laptop._home.0.tmp']", from: 'the texts of Holdfast' },
  ],
}
