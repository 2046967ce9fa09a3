// Talking to the running server: finds its socket and turns "nobody there" into a fault the operator understands.

import { serverLayout } from '../config/layout.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import { Fault, systemErrorCode } from '../kernel/fault.ts'
import { CONTROL_SOCKET_NAME, type ControlRequest, type ControlResults, type ServerEvent } from '../server/control/contract.ts'
import { openControlClient, type ControlClient } from './control-client.ts'
import type { CliContext } from './context.ts'

/** A connection to the running server; undefined when none runs. */
export async function findServer(context: CliContext, config: ResolvedConfig): Promise<ControlClient | undefined> {
  const socket = `${serverLayout(config).runDir}/${CONTROL_SOCKET_NAME}`
  try {
    return await openControlClient(socket, context.signal)
  } catch (error) {
    const code = systemErrorCode(error)
    // A socket that nobody listens on is left over from a server that was killed.
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return undefined
    if (code === 'EACCES' || code === 'EPERM') throw new Fault('permission-denied', `the server's socket ${socket} may not be used`, { next: 'Run the command as the user that runs the server.', cause: error })
    throw error
  }
}

export async function needServer(context: CliContext, config: ResolvedConfig): Promise<ControlClient> {
  const client = await findServer(context, config)
  if (client === undefined) throw new Fault('server-away', `no server runs with this configuration (${serverLayout(config).runDir})`)
  return client
}

/** One request to the running server; `server-away` when none runs. */
export async function controlCall<Kind extends ControlRequest['kind']>(context: CliContext, config: ResolvedConfig, request: Extract<ControlRequest, { kind: Kind }>, onEvent?: (event: ServerEvent) => void): Promise<ControlResults[Kind]> {
  await using client = await needServer(context, config)
  return (await client.call(request, onEvent)) as ControlResults[Kind]
}
