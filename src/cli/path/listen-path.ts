// `holdfast doctor path --listen`: the listening end of a measurement. Serves probes and nothing else, and ends by itself: when a measurement has
// been made, or when nobody has called for a while.

import type { HostAddress } from '../../config/address.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { ProbeListener } from '../../transport/probe/probe-listener.ts'
import { createProbeNetwork, listenForProbes } from '../../transport/probe/probe-sockets.ts'
import { createIdentity } from '../../transport/tether/identity.ts'
import { programVersion } from '../commands/version.ts'
import type { CliContext } from '../context.ts'
import { printable } from '../text-table.ts'

/** Milliseconds without a caller after which the listener ends: time enough to walk to the other machine. */
const CALLER_MS_MAX = 15 * 60_000

/** Resolves when a measurement has been made. Rejects with `timed-out` when nobody called, with `cancelled` when the operator ends it. */
export async function listenForPath(context: CliContext, address: HostAddress): Promise<void> {
  const { clock, random, machine, streams, signal } = context
  const version = await programVersion(context)
  const identity = await createIdentity(machine.hostname, clock.wallMs())
  const done = Promise.withResolvers<void>()
  const late = (): Fault => new Fault('timed-out', `nobody has called within ${CALLER_MS_MAX / 60_000} min`, { next: 'Start it again, and then `holdfast doctor path` on the other machine.' })
  let timer = clock.setTimer(CALLER_MS_MAX, () => done.reject(late()))
  const listener = new ProbeListener({
    clock,
    random,
    log: silentLog,
    network: createProbeNetwork([], () => undefined),
    program: `holdfast ${version}`,
    host: machine.hostname,
    tlsKey: identity.fingerprint,
    onBegin(caller) {
      timer.cancel()
      streams.err(`${printable(caller)} measures the path to here.\n`)
    },
    onEnd(isDone, reason) {
      if (isDone) return done.resolve()
      streams.err(`The measurement was broken off: ${printable(reason)}. Waiting for another one.\n`)
      timer = clock.setTimer(CALLER_MS_MAX, () => done.reject(late()))
    },
  })
  const onAbort = (): void => done.reject(new Fault('cancelled', 'the listener was ended'))
  signal.addEventListener('abort', onAbort, { once: true })
  await using server = await listenForProbes(address, identity, (link) => listener.take(link))
  streams.err(`Waiting at ${address.host === '::' ? 'all addresses, ' : `${address.host} `}port ${server.port}. On the other machine: holdfast doctor path ${machine.hostname}:${server.port}\n`)
  try {
    await done.promise
    streams.out('The path was measured; its verdict stands on the other machine.\n')
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
    listener.close()
  }
}
