// Linux shares processors among sessions first. Server and agent have a session each and the commands they are compared with have another: here they get the share of this process.

import { readFileSync } from 'node:fs'

/** `argv` with the nice value that the session of this process has. */
export function inSameShare(argv: readonly string[]): [string, ...string[]] {
  return ['bash', '-c', 'echo "$0" 2>/dev/null > /proc/self/autogroup; exec "$@"', niceOfSession(), ...argv]
}

function niceOfSession(): string {
  try {
    return /nice (-?\d+)/.exec(readFileSync('/proc/self/autogroup', 'latin1'))?.[1] ?? '0'
  } catch {
    return '0'
  }
}
