// Whether this machine lets us make the namespaces, mounts and firewalls that some cases need: root in a container often may not.

import { runCommand } from './commands.ts'

/** A rule set that needs connection tracking. */
const RULES = 'table inet probe {\n chain c {\n  type filter hook forward priority filter; ct state established accept\n }\n}\n'

async function probe(argv: readonly string[], what: string, input?: string): Promise<string | undefined> {
  const { status, stderr } = await runCommand(['unshare', '--net', '--mount', ...argv], input === undefined ? {} : { input })
  return status === 0 ? undefined : `${what} (${stderr.trim().split('\n')[0] ?? ''})`
}

/** Why no private mounts can be made, if so. */
export function noMounts(): Promise<string | undefined> {
  return probe(['mount', '--bind', '/tmp', '/tmp'], 'may not make namespaces and mounts')
}

/** Why no firewall between namespaces can be made, if so. */
export async function noFirewall(): Promise<string | undefined> {
  return (await noMounts()) ?? (await probe(['nft', '-f', '-'], 'the kernel has no nftables with connection tracking', RULES))
}
