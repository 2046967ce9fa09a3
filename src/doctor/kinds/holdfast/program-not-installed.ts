import type { FaultKind } from '../../contract.ts'

export const programNotInstalled: FaultKind = {
  code: 'program-not-installed',
  severity: 'failure',
  symptom: 'A program that the dump needs is not installed',
  cause: 'The configuration names a program to compress, encrypt or dump with that is not at that path.',
  confidence: 'certain',
  advice: 'Install the program that is named, or correct its path in the configuration.',
  cures: [
    { on: 'the machine that is named', commands: ['command -v PROGRAM'], steps: ['Programs of where: server run on the server, all others on the client; the service has a short PATH, so write the whole path.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  faultCodes: ['process-missing'],
  words: ['cannot start /', 'is not GNU tar', '[program-not-installed]'],
  patterns: [/cannot start \/\S+: spawn \S+ ENOENT/, /\S is not GNU tar/, /: FAILED: .*\[program-not-installed\]/],
  samples: [
    { line: 'FAIL dumper client /srv/missing 20261126214103 0 [cannot start /nowhere/squeeze: spawn /nowhere/squeeze ENOENT]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
    { line: '{"level":30,"time":"2026-11-26T21:10:04.112Z","msg":"laptop:/home level 0: FAILED: /usr/bin/gpg is not installed [program-not-installed]"}', from: 'the texts of Holdfast' },
  ],
}
