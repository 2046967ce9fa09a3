// The transport of hosts that have no agent, from the configuration.

import { StockTransport } from '../transport/amanda/stock-transport.ts'
import type { Transport } from '../transport/contract.ts'
import { transportByHost } from '../transport/transport-by-host.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import type { Log } from '../kernel/log.ts'
import type { CliContext } from './context.ts'

export interface HostTransports {
  readonly transport: Transport
  /** Hosts with an unchanged client of Amanda. */
  readonly stockHosts: ReadonlySet<string>
}

export function hostTransports(context: CliContext, config: ResolvedConfig, tether: Transport, log: Log): HostTransports {
  const clients = config.stockClients ?? []
  const stockHosts = new Set(clients.map(({ host }) => host))
  const { estimateTimeoutMs } = config.limits
  const options = new Map(clients.map((client) => [client.host, { ...client, estimateTimeoutMs, user: client.user ?? context.machine.userName }]))
  const stock = new StockTransport({ clock: context.clock, random: context.random, log, processes: context.processes, userName: context.machine.userName, clients: options })
  return { transport: transportByHost(tether, stock, stockHosts), stockHosts }
}
