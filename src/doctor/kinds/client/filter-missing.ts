import type { FaultKind } from '../../contract.ts'

export const filterMissing: FaultKind = {
  code: 'filter-missing',
  severity: 'failure',
  symptom: 'The program that compresses or encrypts is not there',
  cause: 'client_custom_compress, server_custom_compress, client_encrypt or server_encrypt name a path at which there is no program on that machine, or one that cannot be run.',
  confidence: 'certain',
  advice: 'Install the program on the machine that the setting is for, or correct the path.',
  cures: [
    { on: 'client or server', commands: ['ls -l PROGRAM'], steps: ['client_… runs on the client, server_… on the server.'] },
  ],
  check: 'echo test | PROGRAM | PROGRAM -d prints test.',
  words: ['error [exec ', 'couldn\'t exec server', 'is not executable, server'],
  patterns: [/sendbackup: error \[exec \/(?!\S*(?:tar|dump|smbclient|application\/))\S+: /, /couldn't exec server (?:custom )?(?:compression|encryption) '/, /'[^']*' is not executable, server (?:encryption|custom compression) will not work/],
  samples: [
    { line: '  ? sendbackup: error [exec /etc/amanda/bin/gone: No such file or directory]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '  ? data compress: error: couldn\'t exec server custom compression \'/etc/amanda/bin/gone\': No such file or directory.', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
