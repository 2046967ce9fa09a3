import type { FaultKind } from '../../contract.ts'

export const agentAsksAgain: FaultKind = {
  code: 'agent-asks-again',
  severity: 'failure',
  symptom: 'The client asked for another try, and there was none left in this run',
  cause: 'The client could not make the dump now and said that it can later. The run tried as often as limits.retries allows.',
  confidence: 'possible',
  advice: 'Read what the client said, and run `holdfast dump HOST DISK` later.',
  cures: [
    { on: 'server', commands: ['holdfast report', 'holdfast dump HOST DISK'], steps: ['limits: {retries: 4} gives it more tries in each run.'] },
  ],
  check: 'holdfast report has no such line in the next run.',
  faultCodes: ['agent-retry'],
  words: ['the client asked for another try'],
  patterns: [/the client asked for another try/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [the client asked for another try]', from: 'the texts of Holdfast' },
  ],
}
