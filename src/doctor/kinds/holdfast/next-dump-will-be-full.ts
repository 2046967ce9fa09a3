import type { FaultKind } from '../../contract.ts'

export const nextDumpWillBeFull: FaultKind = {
  code: 'next-dump-will-be-full',
  severity: 'warning',
  symptom: 'A dump is good, but no incremental can build on it',
  cause: 'The agent could not keep the list of what was dumped (its snapshot): its state directory is full or not writable. The next dump of the disk is a full one.',
  confidence: 'certain',
  advice: 'Free space in the state directory of the agent, or give it back to the user of the agent.',
  cures: [
    { on: 'client', commands: ['df -h /var/lib/holdfast/agent', 'ls -ld /var/lib/holdfast/agent'], steps: ['Snapshots need about a hundred bytes a file.'] },
  ],
  check: 'The line is not in the next report, and the dump after it is an incremental.',
  words: ['cannot be the base of another'],
  patterns: [/this dump cannot be the base of another: /],
  samples: [
    { line: '? this dump cannot be the base of another: ENOSPC on the client', from: 'the texts of Holdfast' },
  ],
}
