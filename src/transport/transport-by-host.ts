// One Transport over several: each host has its own, and all others have the same.

import type { Transport } from './contract.ts'

export function transportByHost(others: Transport, transport: Transport, hosts: ReadonlySet<string>): Transport {
  return { connect: (host, signal) => (hosts.has(host) ? transport : others).connect(host, signal) }
}
