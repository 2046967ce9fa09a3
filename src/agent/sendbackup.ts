// The service sendbackup: one dump of one disk at one level, as the streams DATA, MESG, INDEX and STATE.
//
//   prepare ──error──► rep ERROR          base missing ──► rep RETRY level 0
//      │ rep CONNECT
//   header (MESG: start, info …, info end) ──► move (DATA, INDEX) ──► judge (program's outcome)
//      good: snapshot made durable, then sizes and checksums, then `end`      bad: `error`; the base stays as it was
//
// The server believes a dump only if `end` came and the checksums agree, so DATA ends in the plain way even when the program failed.

import { Fault, faultOf } from '../kernel/fault.ts'
import type { ByteStream, IncomingRequest } from '../transport/contract.ts'
import { formatConnectReply, formatRetryReply, type StreamName } from '../wire/amanda/connect-reply.ts'
import type { Dle } from '../wire/amanda/dle.ts'
import { formatMesgLine, type MesgLine } from '../wire/amanda/mesg.ts'
import { parseRequest, type ServiceRequest } from '../wire/amanda/request.ts'
import type { RetryAdvice } from '../wire/amanda/retry.ts'
import { formatErrorLine } from '../wire/amanda/service-errors.ts'
import type { DumpJob, DumpOutcome, PreparedDump, RunningDump, Say } from './application.ts'
import { clientFilters, type ClientFilters } from './client-filters.ts'
import { moveDump, type DumpSums } from './dump-streams.ts'
import { diskJob, peerFeatures, type AgentContext } from './service-parts.ts'

/** Pause before the next try while an older dump of the disk is being ended. */
const BUSY_RETRY_SECONDS = 30

interface Streams {
  readonly data: ByteStream
  readonly mesg: ByteStream
  readonly index: ByteStream | undefined
  readonly state: ByteStream | undefined
}

interface DumpOrder {
  readonly job: DumpJob
  readonly dle: Dle
  readonly filters: ClientFilters
}

function readOrder(request: ServiceRequest, peerHost: string, context: AgentContext): DumpOrder {
  const [dle, second] = request.dles
  if (dle === undefined || second !== undefined) throw new Fault('wire-malformed', 'a sendbackup request must name exactly one disk')
  const [level, otherLevel] = dle.levels
  if (level === undefined || otherLevel !== undefined) throw new Fault('wire-malformed', 'a sendbackup request must name exactly one level')
  if (dle.isDataPathDirect === true) throw new Fault('wire-malformed', 'the data path DIRECTTCP is not supported')
  if (dle.scripts.length > 0) throw new Fault('application-unknown', `the dumptype has the script ${dle.scripts[0]?.plugin ?? ''}, and this agent runs no scripts: take it out of the dumptype, or dump this disk with a stock Amanda client`)
  const job: DumpJob = { ...diskJob(dle, request.options, peerHost, context.clock), level: level.level, baseRun: dle.baseRun }
  return { job, dle, filters: clientFilters(dle, context.settings.filters) }
}

export async function serveSendbackup(request: IncomingRequest, context: AgentContext): Promise<void> {
  const parsed = parseRequest(request.body)
  const order = readOrder(parsed, request.peer.host, context)
  const key = JSON.stringify([order.job.host, order.job.disk])
  const canRetry = peerFeatures(parsed.options).has('sendbackupRepRetry')
  const refuse = (fault: Fault, advice: RetryAdvice | undefined): void => {
    context.log.warn('a dump was refused', { disk: order.job.disk, level: order.job.level, code: fault.code, reason: fault.message })
    request.rep(advice !== undefined && canRetry ? formatRetryReply(advice) : formatErrorLine(`[${fault.message}]`))
  }
  if (context.busyDisks.has(key)) {
    refuse(new Fault('disk-busy', `${order.job.disk} is being dumped already`), { delaySeconds: BUSY_RETRY_SECONDS, level: order.job.level, message: `${order.job.disk} is being dumped already` })
    return
  }
  context.busyDisks.add(key)
  try {
    let prepared: PreparedDump
    try {
      const application = await context.findApplication(order.dle, request.signal)
      if (order.job.level > application.levelMax) throw new Fault('wire-malformed', `${application.name} has no level ${order.job.level}`)
      prepared = await application.prepareDump(order.job, request.signal)
    } catch (error) {
      const fault = faultOf(error)
      refuse(fault, fault.code === 'base-missing' ? { level: 0, message: fault.message } : undefined)
      return
    }
    await runDump(request, order, prepared, peerFeatures(parsed.options).has('sendbackupStreamState'), context)
  } finally {
    context.busyDisks.delete(key)
  }
}

function openStreams(request: IncomingRequest, order: DumpOrder, hasState: boolean): Streams {
  const data = request.openStream()
  const mesg = request.openStream()
  const index = order.job.index ? request.openStream() : undefined
  const state = hasState ? request.openStream() : undefined
  const named: (readonly [StreamName, number])[] = [['DATA', data.handle], ['MESG', mesg.handle], ['INDEX', index?.handle ?? -1]]
  if (state !== undefined) named.push(['STATE', state.handle])
  request.rep(formatConnectReply(named))
  return { data, mesg, index, state }
}

function headerLines(order: DumpOrder, prepared: PreparedDump): MesgLine[] {
  const { job, filters } = order
  return [
    { kind: 'start', text: `${job.host}:${job.disk} level ${job.level}` },
    { kind: 'info', key: 'BACKUP', value: prepared.program },
    ...(prepared.application === undefined ? [] : [{ kind: 'info', key: 'APPLICATION', value: prepared.application } as const]),
    { kind: 'info', key: 'RECOVER_CMD', value: `${filters.undoCommand}${prepared.recoverCommand}` },
    ...filters.info,
    { kind: 'info-end' },
  ]
}

/** One writer for all lines: lines of the program and of the service never mix. */
function createSay(mesg: ByteStream): Say {
  let last: Promise<void> = Promise.resolve()
  return (line) => {
    const written = last.then(() => mesg.write(Buffer.from(formatMesgLine(line))))
    last = written.catch(() => undefined)
    return written
  }
}

async function runDump(request: IncomingRequest, order: DumpOrder, prepared: PreparedDump, hasState: boolean, context: AgentContext): Promise<void> {
  const streams = openStreams(request, order, hasState)
  const say = createSay(streams.mesg)
  const all = [streams.data, streams.mesg, streams.index, streams.state].filter((stream) => stream !== undefined)
  let running: RunningDump | undefined
  try {
    for (const line of headerLines(order, prepared)) await say(line)
    running = await prepared.start(say)
    const verdict = await moveUnlessStopped(running, order, streams, context)
    if (verdict.kind === 'failed') {
      await running.abandon()
      await say({ kind: 'error', text: verdict.text })
    } else {
      for (const line of verdict.filterLines) await say({ kind: 'strange', text: line })
      await commit(running, order, say, context)
      await say({ kind: 'native-crc', crc: verdict.native })
      await say({ kind: 'client-crc', crc: verdict.client })
      await say({ kind: 'size', sizeKib: verdict.sizeKib })
      await say({ kind: 'end' })
    }
    for (const stream of all) await stream.end()
    context.log.info('a dump ended', { disk: order.job.disk, level: order.job.level, outcome: verdict.kind })
  } catch (error) {
    const fault = faultOf(error)
    await (running === undefined ? prepared.abandon() : running.abandon())
    context.log.warn('a dump was cut', { disk: order.job.disk, level: order.job.level, code: fault.code, reason: fault.message })
    await say({ kind: 'error', text: fault.message }).catch(() => undefined)
    await streams.mesg.end().catch(() => undefined)
    for (const stream of all) stream.fail(fault)
  }
}

/** A program that is silent, such as one that looks for what has changed on a large disk, would not notice for long that nobody wants its dump any more. */
async function moveUnlessStopped(running: RunningDump, order: DumpOrder, streams: Streams, context: AgentContext): Promise<Verdict> {
  let isMoving = true
  const onStopped = (): void => {
    if (isMoving) void running.abandon()
  }
  for (const stream of [streams.data, streams.mesg]) stream.onStopped(onStopped)
  try {
    return await moveAndJudge(running, order, streams, context)
  } finally {
    isMoving = false
  }
}

type Verdict = ({ readonly kind: 'good'; readonly sizeKib: number } & DumpSums) | { readonly kind: 'failed'; readonly text: string }

/** Moves the data and waits for the program. Rejects only when the streams to the server are gone. */
async function moveAndJudge(running: RunningDump, order: DumpOrder, streams: Streams, context: AgentContext): Promise<Verdict> {
  const stateWork = sendState(running, streams.state)
  stateWork.catch(() => undefined)
  let sums: DumpSums
  try {
    const flow = { source: running.data, index: running.index, filters: order.filters.filters, wantsAttributes: order.job.indexAttributes }
    sums = await moveDump(flow, context.processes, streams.data, streams.index)
    await stateWork
  } catch (error) {
    const fault = faultOf(error)
    await running.abandon()
    const outcome = await running.outcome
    // The program's own end says more than the broken archive it left.
    return { kind: 'failed', text: fault.code === 'wire-malformed' && outcome.kind === 'failed' ? outcome.text : fault.message }
  }
  const outcome: DumpOutcome = await running.outcome
  return outcome.kind === 'good' ? { ...outcome, ...sums } : outcome
}

async function sendState(running: RunningDump, state: ByteStream | undefined): Promise<void> {
  if (running.state === undefined) return
  for (;;) {
    const piece = await running.state.read()
    if (piece === null) return
    // Read to its end in any case, so that the program is not stopped by a full pipe.
    await state?.write(piece)
  }
}

/** A dump whose snapshot cannot be kept is still a good dump; the next one is then a full. */
async function commit(running: RunningDump, order: DumpOrder, say: Say, context: AgentContext): Promise<void> {
  try {
    await running.commit()
  } catch (error) {
    const fault = faultOf(error)
    context.log.error('the snapshot of a dump cannot be kept', { disk: order.job.disk, code: fault.code, reason: fault.message })
    await say({ kind: 'strange', text: `this dump cannot be the base of another: ${fault.message}` })
  }
}
