// HELLO and WELCOME: who the peer is, which session the link carries, and where both sides stand. The server issues session ids and
// epochs and decides in this order:
//
//   what HELLO says                                                   answer
//   no common version                                                 GOAWAY version-unsupported
//   an instance that another one has replaced, for the first times    GOAWAY superseded: a link of a dead process came late
//   … once more                                                       GOAWAY cloned-key: two are running
//   another machine than the one whose link is alive                  GOAWAY cloned-key
//   an attempt not newer than the newest of this instance             GOAWAY superseded: it lost a race
//   our session, same instance, possible positions                    WELCOME resumed, epoch + 1
//   same or first instance, our session not yet accepted by the peer  WELCOME new, with that session: its WELCOME was lost
//   anything else                                                     streams are reset; WELCOME new, fresh session

import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { VERSION_MAX, VERSION_MIN } from '../../wire/tether/frame.ts'
import type { HelloFrame, Positions, StreamPosition, WelcomeFrame } from '../../wire/tether/frame.ts'
import { REPLACED_INSTANCES_MAX, STRAGGLERS_MAX } from './limits.ts'
import { acknowledge, raiseCommit, raiseWindow } from './session-receive.ts'
import { closeLink, refuse } from './session-links.ts'
import { sendPing } from './session-liveness.ts'
import { PeerBreach, resetExchange } from './session-state.ts'
import type { Link, Session } from './session-state.ts'
import { emit } from './session-send.ts'

const NO_SESSION = new Uint8Array(16)
const NAME_CHARS_MAX = 255

/** Agent: the first frame on a new link. */
export function sendHello(session: Session, link: Link): void {
  const { options } = session
  session.attempt += 1
  const versions = versionRange(session)
  const { machineId, instanceId } = options
  const frame: HelloFrame = { kind: 'hello', ...versions, machineId, instanceId, attempt: session.attempt, session: session.sessionId ?? NO_SESSION, epoch: session.epoch, ...commonOf(session) }
  emit(link, encodeFrame(frame), true)
}

/** Server: answers HELLO. */
export function receiveHello(session: Session, link: Link, hello: HelloFrame): void {
  const instance = hexOf(hello.instanceId)
  const machine = hexOf(hello.machineId)
  const { versionMin, versionMax } = versionRange(session)
  const version = Math.min(versionMax, hello.versionMax)
  if (version < Math.max(versionMin, hello.versionMin)) {
    return refuse(session, link, 'version-unsupported', `the server speaks versions ${versionMin} to ${versionMax}, the agent ${hello.versionMin} to ${hello.versionMax}`)
  }
  const returns = session.replacedInstances.get(instance)
  if (returns !== undefined) {
    session.replacedInstances.set(instance, returns + 1)
    if (returns < STRAGGLERS_MAX) return refuse(session, link, 'superseded', 'a newer process of this agent came first')
    return refuseClone(session, link, `an agent on ${hello.hostName} that was replaced by another one is still running with the same key`)
  }
  if (session.live !== undefined && instance !== session.peerInstance && machine !== session.peerMachine) {
    return refuseClone(session, link, `another machine, ${hello.hostName}, uses the key of an agent that is connected`)
  }
  if (instance === session.peerInstance && hello.attempt <= session.peerAttempt) return refuse(session, link, 'superseded', 'a newer link of this agent came first')
  const isResumed = settleSession(session, hello, instance)
  if (session.peerInstance !== undefined && instance !== session.peerInstance) noteReplaced(session, session.peerInstance)
  session.peerInstance = instance
  session.peerMachine = machine
  session.peerAttempt = hello.attempt
  session.epoch += 1
  if (session.live !== undefined) closeLink(session, session.live, 'superseded', 'a newer link carries the session')
  const frame: WelcomeFrame = { kind: 'welcome', version, isResumed, session: session.sessionId ?? NO_SESSION, epoch: session.epoch, ...commonOf(session) }
  emit(link, encodeFrame(frame), true)
  goLive(session, link, isResumed ? hello : undefined, version, hello, isResumed)
}

/** Agent: the server's answer. */
export function receiveWelcome(session: Session, link: Link, welcome: WelcomeFrame): void {
  const { versionMin, versionMax } = versionRange(session)
  if (welcome.version < versionMin || welcome.version > versionMax) throw new PeerBreach('version-unsupported', `the server chose version ${welcome.version}, this agent speaks ${versionMin} to ${versionMax}`)
  const isOurs = session.sessionId !== undefined && hexOf(welcome.session) === hexOf(session.sessionId)
  if (welcome.isResumed && (!isOurs || welcome.epoch <= session.epoch || !isPossible(session, welcome))) {
    resetExchange(session, 'order-broken', 'the server resumed a session that cannot be')
    throw new PeerBreach('order-broken', 'the session cannot be resumed as WELCOME says')
  }
  if (!welcome.isResumed && session.sessionId !== undefined) resetExchange(session, 'session-unknown', 'the server does not know the session any more; it was probably started again')
  session.sessionId = welcome.session
  session.epoch = welcome.epoch
  goLive(session, link, welcome, welcome.version, welcome, welcome.isResumed)
}

function noteReplaced(session: Session, instance: string): void {
  const { replacedInstances } = session
  replacedInstances.set(instance, 0)
  const oldest = replacedInstances.keys().next().value
  if (replacedInstances.size > REPLACED_INSTANCES_MAX && oldest !== undefined) replacedInstances.delete(oldest)
}

function refuseClone(session: Session, link: Link, text: string): void {
  session.effects.push({ kind: 'told', told: { kind: 'clone-seen', text } })
  refuse(session, link, 'cloned-key', text)
}

/** Server: makes `session.sessionId` the session this link carries. True when it is resumed. */
function settleSession(session: Session, hello: HelloFrame, instance: string): boolean {
  const isSame = instance === session.peerInstance
  const isOurs = session.sessionId !== undefined && hexOf(hello.session) === hexOf(session.sessionId)
  if (isOurs && isSame && hello.epoch <= session.epoch && isPossible(session, hello)) return true
  const isUnaccepted = !session.exchange.isConfirmed && (isSame || session.peerInstance === undefined) && !isOurs
  if (!isUnaccepted) {
    if (isSame) resetExchange(session, 'session-unknown', 'the agent does not know the session any more')
    else resetExchange(session, 'peer-restarted', 'the agent was started again')
  }
  session.sessionId ??= new Uint8Array(session.options.randomBytes(16))
  return false
}

/** Whether the peer can have received so much. */
function isPossible(session: Session, { controlReceived, bulkReceived }: Positions): boolean {
  const { control, bulk } = session.exchange
  return controlReceived >= control.ackedSeq && controlReceived <= control.lastSeq && bulkReceived >= bulk.ackedSeq && bulkReceived <= bulk.lastSeq
}

/** The link carries the session from now on. `positions` undefined: the peer starts from nothing. */
function goLive(session: Session, link: Link, positions: Positions | undefined, version: number, peer: HelloFrame | WelcomeFrame, isResumed: boolean): void {
  const { exchange } = session
  if (positions !== undefined && isResumed) {
    acknowledge(session, undefined, positions.controlReceived, positions.bulkReceived)
    for (const { stream, offset } of positions.windows) raiseWindow(session, stream, offset)
    for (const { stream, offset } of positions.commits) raiseCommit(session, stream, offset)
    exchange.isConfirmed = true
  }
  link.phase = 'live'
  link.nextControl = exchange.control.ackedSeq + 1
  link.nextBulk = exchange.bulk.ackedSeq + 1
  session.live = link
  session.linkLostMs = undefined
  session.dial.failures = 0
  session.dial.pauseMs = 0
  // Often only the side that sends meets the firewall's answer; the other is told here.
  const isTaught = isResumed && peer.heartbeatMs < session.peerHeartbeatMs && peer.heartbeatMs < session.path.heartbeatMs
  session.peerHeartbeatMs = peer.heartbeatMs
  if (isTaught) session.effects.push({ kind: 'told', told: { kind: 'path-learned', heartbeatMs: peer.heartbeatMs } })
  exchange.ackDueMs = Number.POSITIVE_INFINITY
  exchange.unackedReceivedBytes = 0
  sendPing(session, link)
  const hostName = session.options.role === 'agent' ? peer.hostName : session.options.hostName
  session.effects.push({
    kind: 'established',
    link: link.id,
    isResumed,
    version,
    session: hexOf(session.sessionId ?? NO_SESSION),
    epoch: session.epoch,
    peerProgram: peer.program,
    hostName,
    resentBytes: isResumed ? exchange.bulkBytes + Math.max(0, peer.bulkSentBytes - exchange.bulkReceivedBytes) : 0,
  })
}

/** The fields both greetings share, with all absolute positions: those need not be said again. What changes before WELCOME comes must be. */
function commonOf(session: Session): Positions & { readonly heartbeatMs: number; readonly program: string; readonly hostName: string } {
  const { exchange, options } = session
  const windows: StreamPosition[] = []
  const commits: StreamPosition[] = []
  for (const { id, receive } of exchange.streams.values()) {
    windows.push({ stream: id, offset: receive.windowLimit })
    if (receive.committedBytes > 0) commits.push({ stream: id, offset: receive.committedBytes })
  }
  for (const [stream, { committed }] of exchange.finished) if (committed > 0) commits.push({ stream, offset: committed })
  exchange.dirtyWindows.clear()
  exchange.dirtyCommits.clear()
  return {
    heartbeatMs: Math.ceil(session.path.heartbeatMs),
    program: options.program.slice(0, NAME_CHARS_MAX),
    hostName: options.hostName.slice(0, NAME_CHARS_MAX),
    controlReceived: exchange.controlReceived,
    bulkReceived: exchange.bulkReceived,
    windows,
    commits,
    bulkSentBytes: exchange.bulkSentBytes,
  }
}

function versionRange(session: Session): { readonly versionMin: number; readonly versionMax: number } {
  return { versionMin: session.options.versionMin ?? VERSION_MIN, versionMax: session.options.versionMax ?? VERSION_MAX }
}

function hexOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex')
}
