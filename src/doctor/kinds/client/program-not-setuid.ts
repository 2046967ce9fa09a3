import type { FaultKind } from '../../contract.ts'

export const programNotSetuid: FaultKind = {
  code: 'program-not-setuid',
  severity: 'failure',
  symptom: 'A helper program of Amanda lost its set-uid bit, and cannot become root',
  cause: 'runtar, rundump, calcsize, amgtar and amstar must belong to root and be set-uid to read all files. A copy without preserving modes, a file system mounted nosuid, a hardening tool or a package that was unpacked by hand took it away.',
  confidence: 'certain',
  advice: 'Give the program back to root with its set-uid bit.',
  cures: [
    { on: 'client', commands: ['cd /usr/lib/amanda && chown root:backup runtar rundump calcsize killpgrp application/amgtar application/amstar && chmod 4750 runtar rundump calcsize killpgrp application/amgtar application/amstar', 'findmnt -no OPTIONS -T /usr/lib/amanda'], steps: ['Owner root, group of the user of Amanda, mode 4750; and the file system must not be mounted nosuid.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['is the setuid bit set', 'must be run setuid root', 'is not SUID root', 'not setuid-root', 'not setuid root'],
  patterns: [/could not become root \(is the setuid bit set\?\)/, /must be run setuid root/, /is not SUID root/, /\bnot setuid[- ]root\b/],
  samples: [
    { line: 'ERROR: program /usr/lib/amanda/ambind: not setuid-root', from: 'amcheck of 3.5.1' },
    { line: '  ? runtar: error [runtar could not become root (is the setuid bit set?)]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'HOST amclient ERROR: /usr/lib/amanda/runtar is not SUID root', from: 'amcheck of 3.5.1' },
    { line: 'ERROR [runtar is not setuid-root]', from: 'clients of Amanda 2.4 to 2.6' },
  ],
}
