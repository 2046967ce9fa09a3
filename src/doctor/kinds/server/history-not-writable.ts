import type { FaultKind } from '../../contract.ts'

export const historyNotWritable: FaultKind = {
  code: 'history-not-writable',
  severity: 'failure',
  symptom: 'The history of a disk (curinfo) could not be written',
  cause: 'The directory of the infofile belongs to another user, or its file system is full. The driver ends at once, and the planner does not know what was dumped.',
  confidence: 'certain',
  advice: 'Give the directory to the user of Amanda, and see that its file system has room.',
  cures: [
    { on: 'server', commands: ['amgetconf CONFIG infofile', 'chown -R backup:backup INFOFILE', 'df -h INFOFILE'], steps: ['Then run amcleanup CONFIG. Debian calls the user of Amanda backup; others amanda or amandabackup.'] },
  ],
  check: 'amcheck -s CONFIG names no problem of the info dir.',
  words: ['infofile update failed', 'could not put info record'],
  patterns: [/infofile update failed/, /could not put info record/],
  samples: [
    { line: "ERROR driver infofile update failed (amclient,'/srv/many'): Permission denied", from: 'testdata/doctor/curinfo-not-writable' },
  ],
}
