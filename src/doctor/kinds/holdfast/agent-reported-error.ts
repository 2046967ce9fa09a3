import type { FaultKind } from '../../contract.ts'

export const agentReportedError: FaultKind = {
  code: 'agent-reported-error',
  severity: 'failure',
  symptom: 'The client reported that the dump or its estimate failed',
  cause: 'What the client said stands in the line. It is nothing of which the doctor knows more.',
  confidence: 'possible',
  advice: 'Read the words of the client in the report and in its log, and mend what they name.',
  cures: [
    { on: 'client', commands: ['holdfast dump HOST DISK', 'tail -n 50 /var/log/holdfast/agent.log'], steps: ['The log of the agent has the lines around it. The program can be run by hand there: tar -cf /dev/null --totals DIRECTORY.'] },
    { on: 'server', commands: ['holdfast report', 'holdfast check HOST'], steps: ['The check asks the client to try its programs and paths.'] },
  ],
  check: 'holdfast dump HOST DISK ends well.',
  faultCodes: ['agent-error', 'peer-failed'],
  words: ['[agent-reported-error]'],
  patterns: [/: FAILED: .*\[agent-reported-error\]/],
  samples: [
    { line: '{"level":30,"time":"2026-11-26T21:10:04.112Z","msg":"laptop:/home level 0: FAILED: something of its own [agent-reported-error]"}', from: 'the texts of Holdfast' },
  ],
}
