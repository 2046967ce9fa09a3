import type { FaultKind } from '../../contract.ts'

export const programNotAllowed: FaultKind = {
  code: 'program-not-allowed',
  severity: 'failure',
  symptom: 'Amanda on the client refused to run a program as root',
  cause: 'amanda-security.conf lists the programs that may run as root, and the program, and every directory above it, must belong to root and be writable by nobody else.',
  confidence: 'certain',
  advice: 'Name the program in /etc/amanda-security.conf, and let it belong to root.',
  cures: [
    { on: 'client', commands: ['namei -l PROGRAM', 'ls -l /etc/amanda-security.conf'], steps: ['Add the line that the message asks for, such as amgtar:gnutar_path=/usr/local/bin/tar.', 'Owner root, not writable by group or others: of the program, of all directories above it, and of amanda-security.conf itself.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['do not allow to run', 'binary is not secure', 'is writable by everyone', 'is writable by the group', 'is not owned by root'],
  patterns: [/security file '[^']*' do not allow to run '[^']*'/, /'[^']*' binary is not secure/, /(?:ERROR \[|Error: |file\/dir ).*is (?:writable by (?:everyone|the group)|not owned by root)/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126211015 0 "[\\"security file \'/etc/amanda-security.conf\' do not allow to run \'/etc/amanda/bin/mytar\' as root for \'amgtar:gnutar_path\'\\"]"', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'ERROR [/usr/lib/amanda/runtar is writable by everyone]', from: 'the texts of Amanda 3.5.1' },
  ],
}
