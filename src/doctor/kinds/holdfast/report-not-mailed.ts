import type { FaultKind } from '../../contract.ts'

export const reportNotMailed: FaultKind = {
  code: 'report-not-mailed',
  severity: 'warning',
  symptom: 'The report of a run could not be mailed',
  cause: 'The run itself is not touched by it. The mail server could not be reached, did not take the message or the password, or the mail program failed; why stands in the line.',
  confidence: 'likely',
  advice: 'Mend `mail` in holdfast.yaml or the mail server; `holdfast report --mail` sends the report again.',
  cures: [
    { on: 'server', commands: ['holdfast report --mail', 'holdfast config show'], steps: ['With via.program the program must run as the user of the server: echo test | /usr/sbin/sendmail -v ADDRESS.', 'With via.smtp: the port is 587 (starttls), 465 (tls) or 25; a password needs an encrypted connection.'] },
  ],
  check: 'holdfast report --mail says that it was sent.',
  faultCodes: ['mail-failed'],
  words: ['could not be mailed'],
  patterns: [/the report of (?:the )?run \S+(?: \S+)? could not be mailed/],
  samples: [
    { line: '{"level":40,"time":"2026-11-26T21:10:06.002Z","code":"mail-failed","msg":"the report of run 20261126211001 could not be mailed: connect ECONNREFUSED 127.0.0.1:2525"}', from: 'the texts of Holdfast' },
  ],
}
