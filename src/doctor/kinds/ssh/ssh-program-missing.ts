import type { FaultKind } from '../../contract.ts'

export const sshProgramMissing: FaultKind = {
  code: 'ssh-program-missing',
  severity: 'failure',
  symptom: 'The server cannot run ssh',
  cause: 'auth ssh needs the program /usr/bin/ssh on the server; it is not installed or may not be executed.',
  confidence: 'certain',
  advice: 'Install the ssh client on the server.',
  cures: [
    { on: 'server', commands: ['apt-get install openssh-client', 'ls -l /usr/bin/ssh'], steps: ['It must be executable for the backup user.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ["couldn't exec "],
  patterns: [/couldn't exec (?:\S*\/)?[rs]sh: /],
  samples: [
    { line: "FATAL planner error: couldn't exec /usr/bin/ssh: Permission denied", from: 'a run log of 3.5.1' },
    { line: "Request to far failed: couldn't exec ssh: No such file or directory", from: 'a run of Holdfast' },
  ],
}
