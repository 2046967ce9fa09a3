import type { FaultKind } from '../../contract.ts'

export const serverFilterFailed: FaultKind = {
  code: 'server-filter-failed',
  severity: 'failure',
  symptom: 'The program that compresses or encrypts on the server ended with an error',
  cause: 'The dumper could write no more into it. What the program said stands in the lines of the dump; without any look for a wrong program, too little memory, a missing key.',
  confidence: 'certain',
  advice: 'Run the program by hand on the server with some data, as the user of Amanda.',
  cures: [
    { on: 'server', commands: ['head -c 1000000 /dev/urandom | PROGRAM | PROGRAM -d | wc -c'], steps: ['Program and arguments stand in server_custom_compress or server_encrypt of the dumptype.'] },
  ],
  check: 'The command prints 1000000.',
  words: ['compression program failed', 'encryption program failed', 'data compress:', 'data encrypt:'],
  patterns: [/write to (?:compression|encryption) program failed/, /data (?:compress|encrypt): (?:exited with status|terminated with signal|got bad exit)/],
  followsFrom: ['filter-missing', 'encryption-key-missing'],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126211030 0 [write to compression program failed: Broken pipe]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '  ? data compress: exited with status 1', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
