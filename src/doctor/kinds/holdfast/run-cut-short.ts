import type { FaultKind } from '../../contract.ts'

export const runCutShort: FaultKind = {
  code: 'run-cut-short',
  severity: 'failure',
  symptom: 'The server ended in the middle of a run',
  cause: 'The process was killed, ran out of memory, or the machine went down. The clean-up of the next start has put everything in order: what was whole is kept, the rest is dumped by the next run.',
  confidence: 'likely',
  advice: 'Nothing for the dumps: the next run makes them. Find out what ended the server.',
  cures: [
    { on: 'server', commands: ['journalctl -u holdfast-server -n 100', 'dmesg | grep -i "out of memory"', 'last -x -n 10'], steps: ['holdfast dump makes up for the run now.'] },
  ],
  check: 'The next run ends with its report.',
  faultCodes: ['run-crashed'],
  words: ['the server ended while'],
  patterns: [/the server ended while the dump was being made/],
  samples: [
    { line: '  laptop /home lev 0  FAILED [the server ended while the dump was being made]', from: 'a report of Holdfast' },
  ],
}
