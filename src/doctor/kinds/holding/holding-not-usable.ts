import type { FaultKind } from '../../contract.ts'

export const holdingNotUsable: FaultKind = {
  code: 'holding-not-usable',
  severity: 'warning',
  symptom: 'A holding disk is not used: its directory is not there or may not be written',
  cause: 'The directory belongs to another user, or its file system is not mounted. The run goes on without it: dumps go straight to volumes, one after the other, and nothing is saved when there is no volume.',
  confidence: 'certain',
  advice: 'Make the directory, or give it to the user of Amanda.',
  cures: [
    { on: 'server', commands: ['ls -ld HOLDING', 'install -d -o backup -g backup -m 0770 HOLDING'], steps: ['If it should be a mount, mount it first. Debian calls the user of Amanda backup; others amanda or amandabackup.'] },
  ],
  check: 'amcheck -l CONFIG says how much room the holding disk has.',
  words: ['ignoring holding disk', "holding disk '", "holding dir '"],
  patterns: [/ignoring holding disk \S+: /, /ERROR: holding disk '[^']*': not writable/, /ERROR: holding dir '[^']*' \(/],
  samples: [
    { line: 'WARNING driver WARNING: ignoring holding disk /var/lib/amanda/lab/holding: Permission denied', from: 'testdata/doctor/holding-not-writable' },
    { line: "ERROR: holding dir '/var/lib/amanda/lab/holding' (No such file or directory)", from: 'testdata/doctor/holding-disk-missing' },
  ],
}
