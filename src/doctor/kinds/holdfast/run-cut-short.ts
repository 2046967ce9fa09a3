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
  words: ['the server ended while', 'after a crash: the run ', 'the run was cut short before'],
  patterns: [/the server ended while the dump was being made/, /after a crash: the run \d{14} had not ended/, /MISSING \[the run was cut short before/],
  samples: [
    { line: '{"level":40,"time":"2026-11-26T21:42:28.276Z","action":"run-marked-crashed","run":"20261126214226","msg":"after a crash: the run 20261126214226 had not ended"}', from: 'testdata/doctor/own-crash, a run of Holdfast' },
  ],
}
