import type { FaultKind } from '../../contract.ts'

export const mailerMissing: FaultKind = {
  code: 'mailer-missing',
  severity: 'warning',
  symptom: 'The report of a run could not be sent by mail',
  cause: 'The program that mailer names is not installed or may not be run, so nobody is told of failures.',
  confidence: 'certain',
  advice: 'Install the mail program, or correct mailer.',
  cures: [
    { on: 'server', commands: ['amgetconf CONFIG mailer', 'apt-get install bsd-mailx', 'echo test | MAILER -s test ADDRESS'], steps: ['mailer is a program that takes -s SUBJECT and addresses. The machine also needs a way to send mail on.'] },
  ],
  check: 'amcheck -a CONFIG sends a mail.',
  words: ["the mailer '", 'error running mailer', 'mailer is not defined', 'error [exec /'],
  patterns: [/the mailer '[^']*'/, /error running mailer/, /mailer is not defined/, /amcheck: error \[exec \S*mail/],
  samples: [
    { line: "ERROR amreport error: the mailer '/usr/bin/mailx-is-away': No such file or directory", from: 'testdata/doctor/mailer-missing' },
  ],
}
