// The service compare: the server sends the index of a disk as it is at the end of its newest dumps, and this agent says what of it is not so on the disk. Nothing is
// written; files are read only when their contents are to be compared. The request names its disk as a request for a dump does. Protocol: docs/protocol/compare.md.

import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { IncomingRequest } from '../transport/contract.ts'
import { formatConnectReply } from '../wire/amanda/connect-reply.ts'
import { parseRequest } from '../wire/amanda/request.ts'
import { RunningText } from '../wire/amanda/running-text.ts'
import { formatCounts, formatDifference, parseCompareRequest } from '../wire/compare/compare-lines.ts'
import { archiveSettings } from './archive/archive-order.ts'
import { LeftOut } from './left-out.ts'
import { LiveComparer } from './live-comparer.ts'
import { applicationName, diskJob, type AgentContext } from './service-parts.ts'

/** The clocks of server and client may differ, and a dump begins after it is asked for. */
const CLOCK_MARGIN_MS = 120_000
const NS_PER_MS = 1_000_000n

async function* linesOf(source: ByteSource): AsyncGenerator<string> {
  const text = new RunningText()
  for (let piece = await source.read(); piece !== null; piece = await source.read()) yield* text.push(piece)
  const rest = text.finish()
  if (rest !== undefined) yield rest
}

export async function serveCompare(request: IncomingRequest, context: AgentContext): Promise<void> {
  const { sinceMs, disks } = parseCompareRequest(request.body)
  const { options, dles } = parseRequest(disks)
  const [dle] = dles
  if (dle === undefined || dles.length !== 1) throw new Fault('wire-malformed', `compare: ${dles.length} disks where one was expected`)
  const job = diskJob(dle, options, request.peer.host, context.clock)
  if (!job.device.startsWith('/') || job.device.includes('\0')) throw new Fault('wire-malformed', `compare: ${JSON.stringify(job.device)} is not the path of a directory`)
  const leftOut = new LeftOut(await archiveSettings(job, context.disk, context.clock.wallMs()), applicationName(dle) === 'archive')
  const stream = request.openStream()
  request.rep(formatConnectReply([['DATA', stream.handle]]))
  try {
    const comparer = new LiveComparer(job.device, BigInt(sinceMs - CLOCK_MARGIN_MS) * NS_PER_MS, leftOut, (difference) => stream.write(Buffer.from(formatDifference(difference), 'latin1')))
    for await (const line of linesOf(stream)) {
      if (request.signal.aborted) throw new Fault('cancelled', 'the comparison was given up')
      await comparer.take(line)
    }
    const counts = await comparer.finish()
    await stream.write(Buffer.from(formatCounts(counts), 'latin1'))
    await stream.end()
    context.log.info('a disk was compared with its dumps', { disk: job.disk, ...counts })
  } catch (error) {
    const fault = faultOf(error)
    context.log.warn('a comparison failed', { disk: job.disk, code: fault.code, reason: fault.message })
    stream.cancel(fault)
    stream.fail(fault)
  }
}
