import type { FaultKind } from '../../contract.ts'

export const plannerGaveUp: FaultKind = {
  code: 'planner-gave-up',
  severity: 'failure',
  symptom: 'The planner ended before it had a plan, so nothing was dumped',
  cause: 'The driver waits for the first line of the planner and got none. Why the planner ended stands in its own lines.',
  confidence: 'certain',
  advice: 'Read what the planner says just before.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG disklist', 'amcheck -s CONFIG'], steps: ['Read the last planner lines of the same log and its debug file.'] },
  ],
  check: 'The next run has a schedule.',
  words: ['Did not get DATE line from planner'],
  patterns: [/Did not get DATE line from planner/],
  followsFrom: ['tapelist-damaged', 'disklist-wrong', 'config-wrong', 'history-not-writable'],
  samples: [
    { line: 'FATAL driver Did not get DATE line from planner', from: 'testdata/doctor/disklist-empty' },
  ],
}
