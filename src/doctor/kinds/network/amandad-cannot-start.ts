import type { FaultKind } from '../../contract.ts'

export const amandadCannotStart: FaultKind = {
  code: 'amandad-cannot-start',
  severity: 'failure',
  symptom: 'The client tried to start amandad, and that failed',
  cause: 'Instead of an answer came the complaint that the message shows: the program is not where it is looked for, or a library is missing.',
  confidence: 'certain',
  advice: 'Read the complaint in the message and mend that on the client.',
  cures: [
    { on: 'client', commands: ['su -s /bin/sh backup -c "/usr/lib/amanda/amandad -auth=bsdtcp </dev/null"', 'ls -ld /usr/lib/amanda/amandad /var/log/amanda'], steps: ["not found: correct server in /etc/xinetd.d/amanda, or amandad-path of the dumptype (auth ssh). Shared libraries: install the package of Amanda again."] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['tcpm_recv_token: invalid size', 'amandad: not found', 'amandad: No such file', "couldn't exec "],
  patterns: [/(?:Request to (?<host>\S+) failed|request failed): tcpm_recv_token: invalid size: \\?"(?:[^"]*: (?:not found|No such file or directory|error while loading shared libraries))/, /tcpm_recv_token: invalid size:? \\?"\w+: critical \(fatal\): (?!(?:create|open) debug )/, /\bsh: .*amandad: (?:not found|No such file or directory)/, /couldn't exec \S*\/amandad: /],
  samples: [
    { line: 'ERROR planner Request to amclient failed: tcpm_recv_token: invalid size: "/etc/amanda/bin/gone: 2: exec: /usr/lib/amanda/amandad-gone: not found\\n"', from: 'a run log of 3.5.1' },
    { line: 'sh: 1: /usr/libexec/amanda/amandad: not found', from: 'amcheck of 3.5.1 over ssh' },
    { line: "Request to here failed: couldn't exec /usr/lib/amanda/amandad: No such file or directory", from: 'a run of Holdfast, auth local' },
  ],
}
