import type { FaultKind } from '../../contract.ts'

export const filterProgramComplained: FaultKind = {
  code: 'filter-program-complained',
  severity: 'warning',
  symptom: 'A program that compresses or encrypts on the server printed lines',
  cause: 'It ended well, so the dump is kept. What it prints may say that a key is about to expire or that an option is out of date.',
  confidence: 'likely',
  advice: 'Read what the program says, and run it by hand as the user of the server.',
  cures: [
    { on: 'server', commands: ['PROGRAM < /etc/hostname > /dev/null'], steps: ['Lines that are always there and mean nothing can be silenced by an option of the program (such as --quiet) in a script around it.'] },
  ],
  check: 'The line is not in the next report.',
  words: ['? server filter: '],
  patterns: [/\? server filter: /],
  samples: [
    { line: '? server filter: gpg: WARNING: unsafe permissions on homedir', from: 'the texts of Holdfast' },
  ],
}
