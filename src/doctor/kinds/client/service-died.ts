import type { FaultKind } from '../../contract.ts'
import { CAUSES_ON_CLIENT } from '../causes-on-client.ts'

export const serviceDied: FaultKind = {
  code: 'service-died',
  severity: 'failure',
  symptom: 'A service of Amanda on the client ended without an answer: it was killed, or it crashed',
  cause: 'amandad saw sendsize, sendbackup or selfcheck end without an answer. A signal tells why: 9 is a kill (by an operator, or by the system without memory), 11 and 6 are crashes. A code is how it ended by itself: the reason stands in its debug file.',
  confidence: 'certain',
  advice: 'Look in the client\'s system log for who ended it: memory, an operator, a crash.',
  cures: [
    { on: 'client', commands: ['dmesg -T | grep -iE "out of memory|segfault|killed"'], steps: ['dmesg tells of memory and of crashes.'] },
  ],
  check: 'The next run ends by itself.',
  words: [' failed: pid '],
  patterns: [/service (?:\S*\/)?(?<service>\w+) failed: pid \d+ exited with (?:signal|code) \d+/],
  followsFrom: ['request-too-large', 'auth-differs', ...CAUSES_ON_CLIENT],
  samples: [
    { line: 'Thu Nov 26 21:12:21.081180442 2026: pid 20058: thd-0x55d03313ce00: amandad: service /usr/lib/amanda/sendsize failed: pid 20234 exited with signal 9', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
