// The service sendbackup: one dump of one disk at one level, as the streams DATA, MESG, INDEX and STATE.
//
//   prepare ──error──► rep ERROR          base missing ──► rep RETRY level 0
//      │ rep CONNECT                      a disk with scripts: rep CONNECT, PRE scripts, prepare, since they may change what is dumped
//   header (MESG: start, info …, info end) ──► move (DATA, INDEX) ──► judge (program's outcome)
//      │ POST scripts, whatever happened since the PRE scripts were begun, also when nobody listens any more
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
import { DumpScripts } from './scripts/dump-scripts.ts'
import { diskJob, diskScripts, peerFeatures, type AgentContext } from './service-parts.ts'

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
  const job: DumpJob = { ...diskJob(dle, request.options, peerHost, context.clock), level: level.level, baseRun: dle.baseRun, isForVault: dle.isDataPathVault === true }
  const filters = clientFilters(dle, context.settings.filters)
  if (job.isForVault === true && (job.level !== 0 || filters.filters.length > 0)) throw new Fault('wire-malformed', 'a dump into a vault is whole and has no filters')
  return { job, dle, filters }
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
    const hasState = peerFeatures(parsed.options).has('sendbackupStreamState')
    const scripts = new DumpScripts(diskScripts(order.dle, context), order.job, context.log)
    if (scripts.areThere) return await runDump(request, order, async (say, signal) => await prepareDump(await scripts.before(say, signal), order.dle, context, signal), scripts, hasState, canRetry, context)
    let prepared: PreparedDump
    try {
      prepared = await prepareDump(order.job, order.dle, context, request.signal)
    } catch (error) {
      const fault = faultOf(error)
      refuse(fault, retryAdvice(fault))
      return
    }
    await runDump(request, order, () => Promise.resolve(prepared), scripts, hasState, canRetry, context)
  } finally {
    context.busyDisks.delete(key)
  }
}

async function prepareDump(job: DumpJob, dle: Dle, context: AgentContext, signal: AbortSignal): Promise<PreparedDump> {
  const application = await context.findApplication(dle, signal)
  if (job.level > application.levelMax) throw new Fault('wire-malformed', `${application.name} has no level ${job.level}`)
  return await application.prepareDump(job, signal)
}

function retryAdvice(fault: Fault): RetryAdvice | undefined {
  return fault.code === 'base-missing' ? { level: 0, message: fault.message } : undefined
}

function openStreams(request: IncomingRequest, order: DumpOrder, hasState: boolean): Streams {
  const data = request.openStream()
  const mesg = request.openStream()
  const index = order.job.index && order.job.isForVault !== true ? request.openStream() : undefined
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

/** Makes what is to be dumped ready, once the streams are there. */
type Prepare = (say: Say, signal: AbortSignal) => Promise<PreparedDump>

async function runDump(request: IncomingRequest, order: DumpOrder, prepare: Prepare, scripts: DumpScripts, hasState: boolean, canRetry: boolean, context: AgentContext): Promise<void> {
  const streams = openStreams(request, order, hasState)
  const say = createSay(streams.mesg)
  const all = [streams.data, streams.mesg, streams.index, streams.state].filter((stream) => stream !== undefined)
  let prepared: PreparedDump | undefined
  let running: RunningDump | undefined
  try {
    prepared = await prepareUnlessStopped(prepare, say, streams, request.signal)
    for (const line of headerLines(order, prepared)) await say(line)
    if (order.job.isForVault === true) {
      await dumpIntoVault(prepared, streams, say, scripts, request.signal)
      context.log.info('a dump ended', { disk: order.job.disk, level: 0, outcome: 'good' })
      return
    }
    running = await prepared.start(say)
    const verdict = await moveUnlessStopped(running, order, streams, context)
    // Before the end is said: a script may still make the dump a failed one, which then is no base of another.
    const failure = (await scripts.after(say)) ?? (verdict.kind === 'failed' ? verdict.text : undefined)
    if (failure !== undefined || verdict.kind === 'failed') {
      await running.abandon()
      await say({ kind: 'error', text: verdict.kind === 'failed' ? verdict.text : (failure ?? '') })
    } else {
      for (const line of verdict.filterLines) await say({ kind: 'strange', text: line })
      await commit(running, order, say, context)
      await say({ kind: 'native-crc', crc: verdict.native })
      await say({ kind: 'client-crc', crc: verdict.client })
      await say({ kind: 'size', sizeKib: verdict.sizeKib })
      await say({ kind: 'end' })
    }
    for (const stream of all) await stream.end()
    context.log.info('a dump ended', { disk: order.job.disk, level: order.job.level, outcome: failure === undefined ? verdict.kind : 'failed' })
  } catch (error) {
    const fault = faultOf(error)
    await (running === undefined ? prepared?.abandon() : running.abandon())
    await scripts.after(say)
    context.log.warn('a dump was cut', { disk: order.job.disk, level: order.job.level, code: fault.code, reason: fault.message })
    const advice = prepared === undefined && canRetry ? retryAdvice(fault) : undefined
    await say(advice === undefined ? { kind: 'error', text: fault.message } : { kind: 'retry', advice }).catch(() => undefined)
    await streams.mesg.end().catch(() => undefined)
    for (const stream of all) stream.fail(fault)
  }
}

/** The server judges what MESG says before the dump is listed, so all is said while it is asked whether it is. */
async function dumpIntoVault(prepared: PreparedDump, { data, mesg, state }: Streams, say: Say, scripts: DumpScripts, signal: AbortSignal): Promise<void> {
  if (prepared.intoVault === undefined) throw new Fault('wire-malformed', 'only the application archive dumps into a vault')
  const stopped = new AbortController()
  for (const stream of [data, mesg]) stream.onStopped((reason) => stopped.abort(reason))
  await prepared.intoVault({
    data,
    say,
    signal: AbortSignal.any([signal, stopped.signal]),
    async sent({ nativeBytes, nativeCrc }) {
      const failure = await scripts.after(say)
      if (failure !== undefined) throw new Fault('process-failed', failure)
      await say({ kind: 'normal', text: `Total bytes written: ${nativeBytes}` })
      await say({ kind: 'native-crc', crc: `${nativeCrc.toString(16).padStart(8, '0')}:${nativeBytes}` })
      await say({ kind: 'size', sizeKib: Math.ceil(nativeBytes / 1024) })
      await say({ kind: 'end' })
      await mesg.end()
      await state?.end()
    },
  })
  await data.end()
}

/** Scripts may take their time; nobody is left to want the dump when its streams are gone. */
async function prepareUnlessStopped(prepare: Prepare, say: Say, streams: Streams, signal: AbortSignal): Promise<PreparedDump> {
  const stopped = new AbortController()
  for (const stream of [streams.data, streams.mesg]) stream.onStopped((reason) => stopped.abort(reason))
  return await prepare(say, AbortSignal.any([signal, stopped.signal]))
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
