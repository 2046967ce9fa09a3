import type { FaultKind } from '../../contract.ts'

export const archiverOptionUnknown: FaultKind = {
  code: 'archiver-option-unknown',
  severity: 'failure',
  symptom: 'tar was called with an option that it does not know',
  cause: 'A property of the application (COMMAND-OPTIONS) names it, or tar on this client is older, or another one (BusyBox, BSD), than Amanda needs.',
  confidence: 'certain',
  advice: 'Correct the option, or install GNU tar and let Amanda use it.',
  cures: [
    { on: 'amanda.conf', steps: ['Look at COMMAND-OPTIONS and the other properties of the application.'] },
    { on: 'client', commands: ['/bin/tar --version'], steps: ['See which tar it is; GNUTAR-PATH of the application, or gnutar_path in amanda-security.conf, name another.'] },
  ],
  check: 'The estimate of this disk has a size.',
  words: ['unrecognized option', 'invalid option -- ', 'illegal option -- '],
  patterns: [/(?:^|[\s/])(?:g|gnu)?tar: (?:unrecognized option|invalid option -- |.*illegal option -- )/],
  samples: [
    { line: 'Thu Nov 26 21:09:10.623131871 2026: pid 6088: thd-0x558c6ed6ee00: amgtar: /usr/bin/tar: unrecognized option \'--no-such-option\'', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: unrecognized option `--listed-incremental\'', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
