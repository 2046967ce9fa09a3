import type { FaultKind } from '../../contract.ts'

export const sshEnded: FaultKind = {
  code: 'ssh-ended',
  severity: 'failure',
  symptom: 'ssh to the client ended before amandad answered',
  cause: 'ssh or what it started on the client ended with the status in the message: 255 is ssh itself (no connection, no key, no trust), 127 is an amandad that was not found, 1 often a shell that lets nobody in. Its own words are in no log of Amanda.',
  confidence: 'likely',
  advice: 'Run ssh by hand as the backup user, and read what it says.',
  cures: [
    { on: 'server', commands: ['su -s /bin/sh backup -c "ssh -v -o BatchMode=yes -l backup CLIENT /usr/lib/amanda/amandad -auth=ssh </dev/null"', 'amcheck -c CONFIG CLIENT'], steps: ['amcheck shows the words of ssh on the terminal.'] },
    { on: 'client', commands: ['getent passwd backup'], steps: ['The shell at the end of the line must be a real one: /usr/sbin/nologin lets nobody in.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['ssh exited with status', 'ssh died on signal', 'account is currently not available'],
  patterns: [/ssh exited with status [1-9]/, /ssh died on signal \d+/],
  followsFrom: ['idle-connection-cut', 'ssh-host-key-unknown', 'ssh-login-denied', 'ssh-program-missing', 'amandad-cannot-start', 'connect-refused', 'connect-timed-out', 'host-unreachable', 'network-unreachable', 'name-not-found'],
  samples: [
    { line: 'Thu Nov 26 21:48:08.699785570 2026: pid 28661: thd-0x564ea53b4e00: planner: ssh exited with status 1', from: 'planner of 3.5.1' },
  ],
}
