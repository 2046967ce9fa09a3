// Compares what the newest dumps of a disk say with the disk itself: sends the index of the chain to the agent (service compare, docs/protocol/compare.md) and gathers
// what it answers. The agent's answers are bounded: it may be another program than it says.

import type { DumpRecord } from '../catalog/contract.ts'
import type { ByteStream, Connection } from '../transport/contract.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { parseConnectReply } from '../wire/amanda/connect-reply.ts'
import { OUR_FEATURES } from '../wire/amanda/features.ts'
import type { Dle } from '../wire/amanda/dle.ts'
import { formatRequest } from '../wire/amanda/request.ts'
import { RunningText } from '../wire/amanda/running-text.ts'
import { formatCompareRequest, formatSumLine, parseCompareLine, SUMS_FOLLOW, type CompareCounts, type LiveDifference } from '../wire/compare/compare-lines.ts'
import { formatIndexEntry } from '../wire/tar/index-entry.ts'
import type { IndexPlace } from './browse.ts'
import { contentSums, type SumTools } from './content-sums.ts'
import { openTreeAt, type TreeAt } from './tree-at.ts'

export interface LiveComparison {
  readonly counts: CompareCounts
  /** The first of each kind. */
  readonly differences: readonly LiveDifference[]
  /** Dumps of the chain that have no index: what only they hold was not compared. */
  readonly withoutIndex: readonly DumpRecord[]
}

const DIFFERENCES_MAX = 2000
const PIECE_CHARACTERS = 64 * 1024

async function openStream(connection: Connection, body: string, signal: AbortSignal): Promise<ByteStream> {
  for await (const packet of connection.request('compare', body, signal)) {
    if (packet.kind === 'prep') continue
    if (packet.kind === 'nak') throw new Fault('agent-refused', `the agent refuses: ${packet.body.trim()}`)
    const reply = parseConnectReply(packet.body)
    const handle = reply.kind === 'connect' ? reply.streams.get('DATA') : undefined
    if (handle === undefined) throw new Fault('agent-refused', 'the agent refuses to compare its disk')
    return connection.stream(handle)
  }
  throw new Fault('wire-malformed', 'the agent gave no reply to a request to compare')
}

/** Everything that the chain holds, in order of the tree. */
async function sendTree(tree: TreeAt, stream: ByteStream): Promise<void> {
  let text = ''
  for await (const { path, kind, attributes } of tree.walk('/')) {
    const line = kind === 'directory' && path !== '/' ? `${path}/` : path
    text += `${attributes === undefined ? line : formatIndexEntry(line, attributes)}\n`
    if (text.length < PIECE_CHARACTERS) continue
    await stream.write(Buffer.from(text, 'latin1'))
    text = ''
  }
  await stream.write(Buffer.from(text, 'latin1'))
}

/** The tree, and then the checksums of what is in its files when `sums` can read them. */
async function sendAll(place: IndexPlace, tree: TreeAt, chain: readonly DumpRecord[], sums: SumTools | undefined, stream: ByteStream): Promise<void> {
  await sendTree(tree, stream)
  if (sums !== undefined) {
    await stream.write(Buffer.from(`${SUMS_FOLLOW}\n`))
    for await (const line of contentSums(sums, place, tree, chain)) await stream.write(Buffer.from(formatSumLine(line), 'latin1'))
  }
  await stream.end()
}

async function readAnswer(stream: ByteStream): Promise<Omit<LiveComparison, 'withoutIndex'>> {
  const text = new RunningText()
  const differences: LiveDifference[] = []
  let counts: CompareCounts | undefined
  for (let piece = await stream.read(); piece !== null; piece = await stream.read()) {
    for (const each of text.push(piece)) {
      const line = parseCompareLine(each)
      if (line.kind === 'end') counts = line.counts
      else if (differences.length < DIFFERENCES_MAX) differences.push(line.difference)
      else throw new Fault('wire-malformed', `compare: the agent tells more than ${DIFFERENCES_MAX} differences`)
    }
  }
  if (counts === undefined) throw new Fault('wire-malformed', 'compare: the agent ended without its counts')
  return { counts, differences }
}

/** `chain` as plan.ts chooses it, `dle` as for a request to dump that disk; with `sums` contents are compared too. Rejects with `agent-refused`, `index-damaged` and what the connection and reading dumps reject with. */
export async function compareWithLive(place: IndexPlace, connection: Connection, dle: Dle, chain: readonly DumpRecord[], sums: SumTools | undefined, signal: AbortSignal): Promise<LiveComparison> {
  const newest = chain.at(-1)
  if (newest === undefined) throw new Fault('dump-missing', 'there is no dump to compare with')
  await using tree = await openTreeAt(place, chain)
  if (tree.withoutIndex.length === chain.length) throw new Fault('dump-missing', `the dumps of ${newest.host} ${newest.disk} have no index to compare with`, { next: 'Set `index: true` in the dumptype, or make the index again with `holdfast catalog rebuild`.' })
  const stream = await openStream(connection, formatCompareRequest(newest.startedMs, sums !== undefined, formatRequest('selfcheck', { features: OUR_FEATURES, hostname: newest.host, timestamp: newest.run }, [dle])), signal)
  const onAbort = (): void => {
    const fault = new Fault('cancelled', 'the comparison was cancelled')
    stream.fail(fault)
    stream.cancel(fault)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const [answer] = await Promise.all([readAnswer(stream), sendAll(place, tree, chain, sums, stream)])
    return { ...answer, withoutIndex: tree.withoutIndex }
  } catch (error) {
    const fault = faultOf(error)
    stream.fail(fault)
    stream.cancel(fault)
    throw fault
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
