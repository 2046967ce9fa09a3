// The calling end of a measurement between this machine and another: dials the port, finds out what answers there, and measures with two hands
// when it is a listener of ours.

import { lookup } from 'node:dns/promises'
import type { HostAddress } from '../../config/address.ts'
import { measureForeign } from '../../doctor/path/measure-foreign.ts'
import { measurePath, type PathOptions } from '../../doctor/path/measure-path.ts'
import type { PathRig, RigListener } from '../../doctor/path/probe-exchange.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { ControlChannel } from '../../transport/probe/control-channel.ts'
import { callProbe, type Welcome } from '../../transport/probe/probe-caller.ts'
import { ProbeHand } from '../../transport/probe/probe-hand.ts'
import type { ProbeNetwork } from '../../transport/probe/probe-link.ts'
import { createProbeNetwork } from '../../transport/probe/probe-sockets.ts'
import { isProbeEvent } from '../../wire/probe/frame.ts'
import type { PathFacts, PathProgress } from '../../wire/probe/path-facts.ts'
import { programVersion } from '../commands/version.ts'
import type { CliContext } from '../context.ts'
import { hostOf, nameFacts } from './path-names.ts'

const DIAL_MS = 15_000

/** Two hands: ours dials, the peer's is told what to do over the control channel. */
function rigOf(clock: Clock, channel: ControlChannel, welcome: Welcome, network: ProbeNetwork, program: string, host: string): PathRig {
  let listener: RigListener | undefined
  const hand = new ProbeHand({ clock, network, session: welcome.session, program, host, emit: (event) => listener?.event('dialler', event) })
  return {
    clock,
    order: (end, order) => (end === 'dialler' ? hand.order(order) : channel.send(order)),
    ping: () => channel.ping(),
    cutCount: () => 0,
    listen(next) {
      listener = next
      channel.listen({
        frame: (frame) => {
          if (isProbeEvent(frame)) next.event('acceptor', frame)
        },
        heard: () => next.heard(),
        down: (reason) => {
          hand.close()
          next.down(reason)
        },
      })
    },
  }
}

/** Measures the path to `address`. Rejects with `peer-unreachable` words of the connection when nothing answers there. */
export async function callForPath(context: CliContext, address: HostAddress, options: PathOptions, onProgress: (progress: PathProgress) => void): Promise<PathFacts> {
  const { clock, machine, signal } = context
  const program = `holdfast ${await programVersion(context)}`
  let pinnedFingerprint = ''
  const resolved = await lookup(address.host).catch((error: unknown) => {
    throw new Fault('host-unknown', `the name ${address.host} is not known: ${error instanceof Error ? error.message : String(error)}`, { next: 'Correct the name, or name an address.' })
  })
  const network = createProbeNetwork([{ host: resolved.address, port: address.port }], () => (pinnedFingerprint === '' ? undefined : { identity: undefined, pinnedFingerprint }))
  const dialled = await network.dial('plain', DIAL_MS)
  if (dialled.kind === 'end') throw noAnswer(address, dialled.end, dialled.text)
  const outcome = await callProbe(dialled.link, clock, { program, host: machine.hostname })
  if (outcome.kind === 'foreign') {
    const subject = { peer: `${address.host}:${address.port}`, dialler: machine.hostname, names: [await nameFacts(resolved.address)], host: resolved.address, port: address.port, saw: outcome.text }
    return await measureForeign({ clock, network }, subject, options, onProgress, signal)
  }
  const { channel, welcome } = outcome
  pinnedFingerprint = welcome.tlsKey
  const rig = rigOf(clock, channel, welcome, network, program, machine.hostname)
  try {
    const diallerHost = hostOf(welcome.remote)
    const subject = {
      peer: `${address.host}:${address.port}`, kind: 'listener', program: welcome.program, dialler: machine.hostname, acceptor: welcome.host,
      names: await Promise.all([...new Set([resolved.address, diallerHost])].map(nameFacts)),
      security: 'plain', alsoTried: ['tls'], acceptorAddress: { host: resolved.address, port: address.port }, diallerHost, diallingBackFrom: ['dialler', 'acceptor'],
    } as const
    const facts = await measurePath(rig, subject, options, onProgress, signal)
    await channel.finish('measured')
    return facts
  } catch (error) {
    channel.close('stopping', 'the caller broke it off')
    throw error
  }
}

function noAnswer(address: HostAddress, end: string, text: string): Fault {
  const where = `${address.host}:${address.port}`
  switch (end) {
    case 'refused':
      return new Fault('agent-unreachable', `${where} refuses the connection: ${text}`, { next: 'The machine is there, but nothing listens at the port, or a firewall rejects it: start `holdfast doctor path --listen PORT` there, or look at the firewall.' })
    case 'timed-out':
      return new Fault('agent-unreachable', `${where} does not answer: ${text}`, { next: 'A firewall drops the connection, or the machine is not there: see whether it answers to ping, and open the port.' })
    default:
      return new Fault('agent-unreachable', `${where} cannot be reached (${end}): ${text}`, { next: 'Look at the addresses, routes and firewalls between the two machines.' })
  }
}
