import type { FaultKind } from '../../contract.ts'

export const amandadStuck: FaultKind = {
  code: 'amandad-stuck',
  severity: 'failure',
  symptom: 'The client takes connections, and its amandad answers nothing',
  cause: 'xinetd, inetd, systemd or sshd of the client let the connection in, and then no packet came: amandad hangs before it reads (a name server that does not answer, a file system that stands still, a debug directory on it), it was stopped, or the machine can start no more processes.',
  confidence: 'likely',
  advice: 'See on the client what its newest amandad waits for, and end it.',
  cures: [
    { on: 'client', commands: ['ps -eo pid,stat,wchan:20,etime,args', 'getent hosts SERVER', 'df -h /var/log/amanda /tmp'], steps: ['A newest amandad in state D waits for a disk, in T it was stopped (kill -CONT PID), in S see what it reads: ls -l /proc/PID/fd.', 'getent must answer at once: amandad looks up the address of the server before it reads.', 'No amandad at all: xinetd, inetd or systemd cannot start it; its log says why.'] },
  ],
  check: 'holdfast check, or amcheck -c CONFIG CLIENT, gets an answer.',
  words: ['took the connection and answers nothing'],
  patterns: [/Request to (?<host>\S+) failed: timeout waiting for ACK: amandad of \S+ took the connection and answers nothing/],
  samples: [
    { line: 'Request to db1 failed: timeout waiting for ACK: amandad of db1 took the connection and answers nothing', from: 'a run of Holdfast, a client whose amandad was stopped' },
  ],
}
