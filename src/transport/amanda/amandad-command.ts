// The command that starts amandad for auth ssh and local: the words of stock Amanda's servers, in their order, as a list and never as a line for
// a shell. ssh joins the words for the client with blanks and a shell there reads them, so only the path of amandad is among them, and
// the configuration allows no character in it that a shell knows. To them come what keeps a silent connection alive, and a limit for connecting.

import type { StockClientOptions } from './client-options.ts'

/** Unanswered probes after which ssh gives the connection up, as for TCP connections (client-socket.ts). */
const PROBES = 12
const MS_PER_SECOND = 1000

export type Argv = readonly [string, ...string[]]

function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / MS_PER_SECOND))
}

function sshWords(client: StockClientOptions, keepaliveMs: number): Argv {
  const { path, login, keyFile, port } = client.amandad
  return [
    'ssh', '-x', '-o', 'BatchMode=yes',
    '-o', `ConnectTimeout=${wholeSeconds(client.connectTimeoutMs)}`,
    '-o', `ServerAliveInterval=${wholeSeconds(keepaliveMs)}`, '-o', `ServerAliveCountMax=${PROBES}`,
    '-l', login,
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(keyFile === undefined ? [] : ['-i', keyFile]),
    client.address, path, '-auth=ssh',
  ]
}

/** `ourUser`: who runs this process. amandad refuses to run as anybody but its own user, whom only root can become. */
function localWords({ amandad: { path, login } }: StockClientOptions, ourUser: string): Argv {
  const words: Argv = [path, '-auth=local']
  return ourUser === 'root' && login !== 'root' ? ['runuser', '-u', login, '--', ...words] : words
}

/** The command, and how it is called in messages. */
export function amandadCommand(client: StockClientOptions, keepaliveMs: number, ourUser: string): { readonly name: string; readonly argv: Argv } {
  if (client.auth === 'ssh') return { name: 'ssh', argv: sshWords(client, keepaliveMs) }
  return { name: 'amandad', argv: localWords(client, ourUser) }
}
