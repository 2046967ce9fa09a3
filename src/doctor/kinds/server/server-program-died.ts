import type { FaultKind } from '../../contract.ts'

export const serverProgramDied: FaultKind = {
  code: 'server-program-died',
  severity: 'failure',
  symptom: 'A program of the server ended in the middle of a run',
  cause: 'The driver lost a dumper, a chunker or the taper: it was killed, ran out of memory, or met a defect. What it was doing is tried again by another; without a taper nothing is written to volumes.',
  confidence: 'certain',
  advice: 'Look for what killed it: the kernel for lack of memory, an operator, or its own debug file.',
  cures: [
    { on: 'server', commands: ['dmesg | grep -i -e killed -e segfault', 'ls -t /var/log/amanda/server/CONFIG | head'], steps: ['Read the end of the debug file of that program. See that /dev/shm may be written and is large enough: dumpers and chunkers share memory there.'] },
  ],
  check: 'The next run has no such line.',
  words: ['died while dumping', 'is messed up, ignoring it', 'Taper protocol error', 'because of taper component error', ' exited with signal ', 'FAIL driver '],
  patterns: [/(?:dumper|chunker)\d+ died while dumping/, /pid \d+ is messed up, ignoring it/, /Taper protocol error/, /because of taper component error/, /(?:dumper|taper|chunker)\d+ pid \d+ exited with signal/, /\[(?:dumper|chunker)\d+ died\]/],
  samples: [
    { line: 'WARNING driver dumper0 died while dumping amclient:/srv/many lev 0.', from: 'testdata/doctor/dumper-killed' },
    { line: 'FAIL driver amclient /srv/many 20261126214619 0 [chunker0 died]', from: 'testdata/doctor/shared-memory-missing' },
  ],
}
