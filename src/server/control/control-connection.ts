// One client of the control socket: lines in, lines out, over any duplex of bytes. Requests of one client run side by side; all of them are
// told when the client goes. What a client sends is never trusted: a line that is no request gets a fault or ends the connection.

import { z } from 'zod'
import type { ByteSink, ByteSource } from '../../kernel/byte-stream.ts'
import { BoundedQueue } from '../../kernel/queue.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { EventSink } from '../../kernel/log.ts'
import type { RunId } from '../../catalog/contract.ts'
import { vaultRequestSchemas } from './vault-requests.ts'
import { EXISTING_POLICIES } from '../../wire/amanda/restore-dialogue.ts'
import { CONTROL_LINE_BYTES_MAX, type ControlReply, type ControlRequest, type ControlResults, type ServerEvent } from './contract.ts'

export type ControlHandler = (request: ControlRequest, emit: EventSink<ServerEvent>, signal: AbortSignal) => Promise<ControlResults[ControlRequest['kind']]>

/** Lines that wait for a slow client: one event of each disk of the largest configuration. One that lets more wait does not read. */
const LINES_WAITING_MAX = 20_000
/** Lines that wait when progress is left out, as a later event repeats it. */
const LINES_FOR_PROGRESS = 500
const REQUESTS_MAX = 16

const host = z.string().min(1).max(255)
const run = z.string().regex(/^\d{14}$/).transform((text) => text as RunId)
const selection = z.array(z.strictObject({ host, disks: z.array(z.string().max(4096)).optional() })).max(10_000)
const wait = z.boolean().optional()

const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dump'), selection, level: z.union([z.literal('full'), z.literal('incremental'), z.number().int().min(0).max(9)]).optional(), wait }),
  z.strictObject({ kind: z.literal('flush'), wait }),
  z.strictObject({ kind: z.literal('status') }),
  z.strictObject({ kind: z.literal('watch'), untilRun: run.optional() }),
  z.strictObject({ kind: z.literal('cancel'), run: run.optional(), selection: selection.optional() }),
  z.strictObject({ kind: z.literal('check'), selection: selection.optional() }),
  z.strictObject({ kind: z.literal('agents') }),
  z.strictObject({ kind: z.literal('enrol-token'), host, validForMs: z.number().int().positive().max(30 * 86_400_000).optional() }),
  z.strictObject({ kind: z.literal('revoke'), host }),
  z.strictObject({ kind: z.literal('rename'), from: host, to: host }),
  z.strictObject({ kind: z.literal('renew'), host }),
  z.strictObject({ kind: z.literal('restore-to-agent'), request: z.strictObject({ host, disk: z.string().max(4096), toHost: host, target: z.string().min(1).max(4096), paths: z.array(z.string().max(16_384)).max(100_000), existing: z.enum(EXISTING_POLICIES).optional(), notAfter: run.optional(), allowPrograms: z.array(z.string().max(4096)).max(100).optional() }) }),
  z.strictObject({ kind: z.literal('compare-live'), host, disk: z.string().max(4096), notAfter: run.optional(), isDeep: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('measure-path'), host, upToMs: z.number().int().min(1000).max(86_400_000), pourMs: z.number().int().min(100).max(30_000) }),
  ...vaultRequestSchemas,
  z.strictObject({ kind: z.literal('stop'), afterRun: z.boolean().optional() }),
])
const callSchema = z.strictObject({ id: z.number().int(), request: z.unknown() })

/** Serves one client until either side ends. Never rejects. */
export async function serveControl(input: ByteSource, output: ByteSink, handler: ControlHandler, signal: AbortSignal): Promise<void> {
  const controller = new AbortController()
  const lines = new BoundedQueue<string>(LINES_WAITING_MAX)
  const requests = new Set<Promise<void>>()
  const end = (reason: Fault): void => {
    controller.abort(reason)
    input.cancel(reason)
    lines.close(reason)
  }
  const onAbort = (): void => end(faultOf(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  const say = (reply: ControlReply): Promise<void> => lines.push(`${JSON.stringify(reply)}\n`).catch(() => undefined)
  const writing = writeLines(lines, output).catch((error: unknown) => end(faultOf(error)))
  const answer = async (id: number, raw: unknown): Promise<void> => {
    const emit: EventSink<ServerEvent> = (event) => {
      // Progress is left out for a slow client; one that reads nothing at all must not be waited for in memory.
      if (lines.count >= LINES_WAITING_MAX) {
        const fault = new Fault('timed-out', 'the client does not read its events')
        output.fail(fault)
        return end(fault)
      }
      if ((event.kind !== 'dump-progress' && event.kind !== 'path-progress' && event.kind !== 'vault-progress') || lines.count < LINES_FOR_PROGRESS) void say({ id, kind: 'event', event })
    }
    try {
      const parsed = requestSchema.safeParse(raw)
      if (!parsed.success) throw new Fault('wire-malformed', `the request is not understood: ${z.prettifyError(parsed.error)}`)
      await say({ id, kind: 'result', result: await handler(parsed.data as ControlRequest, emit, controller.signal) })
    } catch (error) {
      const { code, message, next } = faultOf(error)
      await say({ id, kind: 'fault', fault: { code, message, next } })
    }
  }
  try {
    for await (const line of linesOf(input)) {
      const call = callSchema.parse(JSON.parse(line))
      if (requests.size >= REQUESTS_MAX) {
        await say({ id: call.id, kind: 'fault', fault: { code: 'tether-limit', message: `${REQUESTS_MAX} requests are open`, next: 'Wait for one of them to end.' } })
        continue
      }
      const request = answer(call.id, call.request).finally(() => requests.delete(request))
      requests.add(request)
    }
  } catch {
    // A client that breaks off or sends no JSON is not answered: there is nobody, or no id, to answer.
  }
  signal.removeEventListener('abort', onAbort)
  controller.abort(new Fault('cancelled', 'the client is gone'))
  await Promise.all(requests)
  lines.close()
  await writing
}

async function writeLines(lines: BoundedQueue<string>, output: ByteSink): Promise<void> {
  try {
    for await (const line of lines) await output.write(Buffer.from(line, 'utf8'))
    await output.end()
  } catch (error) {
    output.fail(faultOf(error))
    throw error
  }
}

async function* linesOf(input: ByteSource): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for (let piece = await input.read(); piece !== null; piece = await input.read()) {
    rest = Buffer.concat([rest, piece])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.toString('utf8', 0, end)
      rest = rest.subarray(end + 1)
      if (line.trim() !== '') yield line
    }
    if (rest.length > CONTROL_LINE_BYTES_MAX) throw new Fault('wire-malformed', 'a control line is too long')
  }
}
