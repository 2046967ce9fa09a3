import type { FaultKind } from '../../contract.ts'

export const clientOutOfMemory: FaultKind = {
  code: 'client-out-of-memory',
  severity: 'failure',
  symptom: 'The client ran out of memory',
  cause: 'tar with --listed-incremental keeps the names of all directories in memory, compression and encryption need theirs, and the system ends the process it likes least when there is no more.',
  confidence: 'certain',
  advice: 'Give the client memory or swap, or cut the disk into several entries, so that tar has fewer files at a time.',
  cures: [
    { on: 'client', commands: ['dmesg -T | grep -iE "out of memory|oom"', 'free -m'], steps: ['See what was killed and what used the memory.', 'Limits of the service (ulimit, MemoryMax of a systemd unit, a container\'s limit) count as well.'] },
    { on: 'disklist', steps: ['Cut the disk: one entry for each large directory, with include and exclude lists.'] },
  ],
  check: 'The next dump ends, and dmesg names no killed process.',
  words: ['memory exhausted', 'Out of memory', 'Out of Memory', 'oom-kill', 'Cannot allocate memory', 'out of memory'],
  patterns: [/: memory exhausted/, /[Oo]ut of [Mm]emory: Kill(?:ed)? process \d+/, /oom-kill:/, /: Cannot allocate memory/],
  samples: [
    { line: '  ? /bin/tar: memory exhausted', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '[184212.123456] Out of memory: Killed process 4711 (tar) total-vm:8123456kB, anon-rss:7654321kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:15000kB oom_score_adj:0', from: 'the kernel, Linux 5 and 6' },
    { line: 'Nov 24 01:03:11 web kernel: Out of memory: Kill process 4711 (tar) score 912 or sacrifice child', from: 'the kernel, Linux 2.6 to 4' },
  ],
}
