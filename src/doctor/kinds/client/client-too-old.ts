import type { FaultKind } from '../../contract.ts'

export const clientTooOld: FaultKind = {
  code: 'client-too-old',
  severity: 'failure',
  symptom: 'The client does not know the program or an option of the dumptype',
  cause: 'Applications and scripts need a client of 2.6.1 or newer; an older one, or one that was built without a program, refuses the request.',
  confidence: 'certain',
  advice: 'Update Amanda on the client, or give it a dumptype with program "GNUTAR".',
  cures: [
    { on: 'client', steps: ['Clients of Holdfast or of Amanda 3.5 know all of it.'] },
    { on: 'amanda.conf', steps: ['A dumptype of its own for old clients: program "GNUTAR" in place of an application, no script, compress as they know it.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['unknown program', '[unknown option: ', 'no feature set from'],
  patterns: [/\[\w+: unknown program \S+\]/, /\[unknown option: /, /no feature set from host (?<host>\S+)/],
  samples: [
    { line: 'FAIL dumper oldclient /home 20261124010203 0 [sendbackup: unknown program APPLICATION]', from: 'the texts of Amanda 3.5.1' },
    { line: 'ERROR [unknown option: kencrypt]', from: 'clients of Amanda 2.4 to 2.6' },
  ],
}
