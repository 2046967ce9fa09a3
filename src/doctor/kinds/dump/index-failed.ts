import type { FaultKind } from '../../contract.ts'
import { LOST_CONNECTIONS } from '../lost-connections.ts'

export const indexFailed: FaultKind = {
  code: 'index-failed',
  severity: 'warning',
  symptom: 'The list of files of a dump could not be made: it can be restored as a whole only',
  cause: 'The index is made by a second tar and sed (or the application) from the data that goes to the server. The program ended early or could not be started. The dump itself is good, but amrecover will show no files of it.',
  confidence: 'likely',
  advice: 'Look why the index program ended (memory, a missing sed); the next full dump has an index again.',
  cures: [
    { on: 'client', steps: ['The command stands in the debug file of sendbackup: Started index creator.'] },
    { on: 'server', steps: ['If the index is needed before, make it from the dump: amfetchdump -p CONFIG CLIENT DISK DATE | tar -tf -.'] },
  ],
  check: 'amrecover lists files of the next dump.',
  words: ['start index creator', 'to index creator', 'Index corrupted', '? index ', 'index tar returned', 'Index pipe exited', 'index compress'],
  patterns: [/couldn't start index creator \[/, /Index tee cannot write to index creator \[/, /Index corrupted for /, /Index pipe exited with status \d+/, /^\s*\??.*\bindex \S+ returned \d+/, /index compress(?:or)?:? .*(?:exited with status|terminated)/],
  followsFrom: [...LOST_CONNECTIONS, 'client-left-stuck', 'data-timeout', 'client-pipe-broken', 'program-killed', 'client-out-of-memory'],
  samples: [
    { line: 'Thu Nov 26 21:25:12.591505502 2026: pid 17706: thd-0x5560dde0ae00: sendbackup: Index pipe exited with status 4', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? index tar returned 2', from: 'the texts of Amanda 3.5.1' },
    { line: 'Index corrupted for amclient:/srv/many', from: 'the texts of Amanda 3.5.1' },
  ],
}
