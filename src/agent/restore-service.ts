// The service restore: the server pushes the levels of a dump, one request each, into a directory that this agent's configuration
// permits. Dialogue on CTL: src/wire/amanda/restore-dialogue.ts. What the archives say cannot lead out of that directory
// (src/archive/extract/); a chain that fails leaves nothing behind.

import { extractArchive } from '../archive/extract/extract-archive.ts'
import { pathSelection } from '../archive/extract/path-selection.ts'
import { problemText } from '../archive/extract/problem-text.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { ByteStream, IncomingRequest } from '../transport/contract.ts'
import { normalisePath } from '../stream/pick-paths.ts'
import { formatConnectReply } from '../wire/amanda/connect-reply.ts'
import { parseDles } from '../wire/amanda/dle-reader.ts'
import { DUMP_HEADER_BYTES, decodeDumpHeader, type DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { OUR_FEATURES } from '../wire/amanda/features.ts'
import { formatMesgLine, type MesgLine } from '../wire/amanda/mesg.ts'
import { formatRestoreLine, parseRestoreLine, type ExistingPolicyWord, type RestoreLine, type RestoreWord } from '../wire/amanda/restore-dialogue.ts'
import { isTarArchive } from '../wire/amanda/tar-dump.ts'
import { RunningText } from '../wire/amanda/running-text.ts'
import { runShort } from '../stream/programs.ts'
import { StagingJournal } from '../stream/staging-journal.ts'
import { closeRestoreChain, openRestoreChain, type RestoreChain } from './restore-target.ts'
import { RestoreScripts } from './scripts/restore-scripts.ts'
import { diskJob, diskScripts, type AgentContext, type AgentParts } from './service-parts.ts'

/** Names of files, one a line: more are restored by their directory. */
const INCLUDE_BYTES_MAX = 512 * 1024
/** A dialogue has ten lines of the server. */
const DIALOGUE_LINES_MAX = 32
/** What the server may say without more coming of it than an answer. */
const PASSIVE_WORDS: ReadonlySet<RestoreWord> = new Set<RestoreWord>(['INCLUDE-EXCLUDE-DONE', 'NO-STATE-SEND', 'USE-DAR NO', 'AVAIL-DATAPATH AMANDA', 'DATAPATH-OK'])
/** One agent uses a state directory: whatever the journal holds at its start is of one that has ended. */
const NO_PID = 0
/** Restores between two levels at one time. */
const CHAINS_MAX = 8

/** Lines of CTL, and DATA of which the first bytes may be a list of names. */
class Dialogue {
  readonly #ctl: ByteStream
  readonly #data: ByteStream
  readonly #text = new RunningText()
  readonly #lines: string[] = []
  #rest: Uint8Array | undefined

  constructor(ctl: ByteStream, data: ByteStream) {
    this.#ctl = ctl
    this.#data = data
  }

  async say(line: RestoreLine): Promise<void> {
    await this.#ctl.write(Buffer.from(formatRestoreLine(line)))
  }

  async next(): Promise<RestoreLine> {
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) return parseRestoreLine(line)
      const piece = await this.#ctl.read()
      if (piece === null) throw new Fault('wire-malformed', 'restore: the server ended the dialogue too early')
      this.#lines.push(...this.#text.push(piece))
    }
  }

  /** Exactly `count` bytes of DATA. */
  async take(count: number): Promise<Buffer> {
    const pieces: Uint8Array[] = []
    for (let missing = count; missing > 0; ) {
      const piece = this.#rest ?? (await this.#data.read())
      this.#rest = undefined
      if (piece === null) throw new Fault('wire-malformed', 'restore: DATA ended within a list of names')
      // A copy: the piece is only lent.
      pieces.push(Buffer.from(piece.subarray(0, missing)))
      if (piece.length > missing) this.#rest = piece.subarray(missing)
      missing -= Math.min(missing, piece.length)
    }
    return Buffer.concat(pieces)
  }

  /** What is left of DATA. */
  dump(): ByteSource {
    return {
      read: () => {
        const rest = this.#rest
        this.#rest = undefined
        return rest === undefined ? this.#data.read() : Promise.resolve(rest)
      },
      cancel: (reason) => this.#data.cancel(reason),
    }
  }
}

interface LevelOrder {
  readonly target: string
  readonly names: readonly string[]
  readonly previous: number
  readonly next: number
  /** Undefined: the target must be missing or empty. */
  readonly existing: ExistingPolicyWord | undefined
  /** Of the dump, when the server sent it. */
  readonly header: DumpFileHeader | undefined
}

function parseNames(bytes: Buffer): string[] {
  const names = bytes.toString('utf8').split('\n').filter((name) => name !== '')
  for (const name of names) if (name.startsWith('/') || name.split('/').includes('..')) throw new Fault('restore-unsafe', `${JSON.stringify(name)} is not a name below the top of the disk`)
  return names.map((name) => (name.startsWith('./') ? name : `./${name}`))
}

/** Only tar streams can be extracted; filters were undone by the server. */
function checkHeader(block: Uint8Array): DumpFileHeader {
  const header = decodeDumpHeader(block)
  if (header.kind !== 'file') throw new Fault('wire-malformed', `restore: a ${header.kind} header where that of a dump was expected`)
  if (!isTarArchive(header)) throw new Fault('restore-target', `dumps of the application ${header.application} cannot be restored here`)
  if (header.compress !== 'N' || header.isEncrypted) throw new Fault('wire-malformed', 'restore: the dump comes compressed or encrypted')
  return header
}

/** The dialogue up to the dump. Lines that a server may leave out may come in any order. */
async function negotiate(dialogue: Dialogue): Promise<LevelOrder> {
  await dialogue.say({ kind: 'features', features: OUR_FEATURES.format() })
  const target = await dialogue.next()
  if (target.kind !== 'target') throw new Fault('wire-malformed', 'restore: the server names no target')
  const take = async (bytes: number, limitBytes: number, ready: RestoreWord, done: RestoreWord): Promise<Buffer> => {
    if (bytes > limitBytes) throw new Fault('wire-malformed', `restore: ${bytes} bytes where at most ${limitBytes} were expected`)
    await dialogue.say({ kind: 'word', word: ready })
    const taken = await dialogue.take(bytes)
    await dialogue.say({ kind: 'word', word: done })
    return taken
  }
  let order: LevelOrder = { target: target.dir, names: [], previous: -1, next: -1, existing: undefined, header: undefined }
  for (let count = 0; count < DIALOGUE_LINES_MAX; count++) {
    const line = await dialogue.next()
    if (line.kind === 'header-send') order = { ...order, header: checkHeader(await take(line.bytes, DUMP_HEADER_BYTES, 'HEADER-READY', 'HEADER-DONE')) }
    else if (line.kind === 'include-send') order = { ...order, names: parseNames(await take(line.bytes, INCLUDE_BYTES_MAX, 'INCLUDE-READY', 'INCLUDE-DONE')) }
    else if (line.kind === 'existing') order = { ...order, existing: line.policy }
    else if (line.kind === 'levels') order = { ...order, previous: line.previous, next: line.next }
    else if (line.kind === 'word' && line.word === 'DATA-SEND') {
      await dialogue.say({ kind: 'word', word: 'DATA-READY' })
      return order
    } else if (line.kind !== 'word' || !PASSIVE_WORDS.has(line.word)) throw new Fault('wire-malformed', `restore: ${JSON.stringify(formatRestoreLine(line).trim())} was not expected`)
    else if (line.word === 'USE-DAR NO') await dialogue.say({ kind: 'word', word: 'USE-DAR NO' })
    else if (line.word === 'AVAIL-DATAPATH AMANDA') await dialogue.say({ kind: 'word', word: 'USE-DATAPATH AMANDA' })
  }
  throw new Fault('wire-malformed', 'restore: the dialogue has no end')
}

function isOnlyLevel(order: LevelOrder): boolean {
  return order.previous < 0 && order.next < 0
}

/** Puts one level into the tree of its chain. Returns what could not be done. */
async function extract(chain: RestoreChain, order: LevelOrder, dump: ByteSource, context: AgentContext, signal: AbortSignal): Promise<string[]> {
  // One level: members are picked. More: directories may have been renamed between the levels, which can only be followed in the whole tree.
  const names = isOnlyLevel(order) ? order.names.map(normalisePath) : []
  const select = names.length === 0 || names.includes('/') ? {} : { select: pathSelection(names) }
  const { problems } = await extractArchive(dump, { target: chain.treeDir, existing: 'replace', owners: 'number', isIncremental: true, ...select }, { disk: context.disk }, () => undefined, signal)
  return problems.map(problemText)
}

async function discard(chain: Pick<RestoreChain, 'stagingDir' | 'forget'>, context: AgentParts): Promise<void> {
  // Through `rm`, which knows names that are not UTF-8.
  await runShort(context.processes, context.clock, { argv: ['rm', '-rf', '--', chain.stagingDir], workingDir: '/' }, new AbortController().signal).catch(() => undefined)
  if ((await context.disk.stat(chain.stagingDir).catch(() => undefined)) === undefined) await chain.forget().catch(() => undefined)
}

/** Removes, in the background, what restores of earlier processes left. Resolves when they are known; from then on new ones may be noted. */
export async function sweepRestores(parts: AgentParts): Promise<StagingJournal> {
  const journal = new StagingJournal(parts.disk, `${parts.stateDir}/restoring`, NO_PID)
  const leftovers = await journal.leftovers(() => false).catch((error: unknown) => {
    parts.log.warn('the journal of restores cannot be read', { reason: faultOf(error).message })
    return []
  })
  void (async () => {
    for (const { path, forget } of leftovers) {
      await discard({ stagingDir: path, forget }, parts)
      parts.log.info('what a restore that was broken off had left was removed', { path })
    }
  })()
  return journal
}

/** The scripts that the dumptype had when the dump was made. */
function scriptsOf({ header }: LevelOrder, peerHost: string, context: AgentContext): RestoreScripts | undefined {
  if (header?.dleXml === undefined) return undefined
  try {
    const dle = parseDles(header.dleXml).find(({ disk, scripts }) => disk === header.disk && scripts.length > 0)
    if (dle === undefined) return undefined
    return new RestoreScripts(diskScripts(dle, context), diskJob(dle, { hostname: header.host, timestamp: header.datestamp }, peerHost, context.clock), context.log)
  } catch (error) {
    context.log.warn('the scripts of a dump cannot be read', { disk: header.disk, reason: faultOf(error).message })
    return undefined
  }
}

/** Nobody goes on with it, and nobody listens. */
async function giveUp(chain: RestoreChain, context: AgentContext): Promise<void> {
  await chain.scripts?.after(() => Promise.resolve())
  await discard(chain, context)
}

/** The chain this level belongs to: a new one for the first level, else the one its predecessor left. */
async function chainOf(order: LevelOrder, peerHost: string, context: AgentContext): Promise<RestoreChain> {
  const open = context.restoreChains.get(order.target)
  context.restoreChains.delete(order.target)
  if (order.previous >= 0) {
    if (open === undefined) throw new Fault('restore-target', `no restore to ${order.target} is under way here`, { next: 'Start the restore again from its first level.' })
    return open
  }
  if (open !== undefined) await giveUp(open, context)
  // A server that begins many and ends none does not fill the disk.
  const [oldest] = context.restoreChains.keys()
  if (oldest !== undefined && context.restoreChains.size >= CHAINS_MAX) {
    const stale = context.restoreChains.get(oldest)
    context.restoreChains.delete(oldest)
    if (stale !== undefined) await giveUp(stale, context)
  }
  const names = order.names.map(normalisePath)
  return await openRestoreChain(context.disk, context.random, await context.stagingJournal, { target: order.target, wanted: isOnlyLevel(order) || names.includes('/') ? [] : names, existing: order.existing, scripts: scriptsOf(order, peerHost, context) }, context.settings.restorePaths)
}

export async function serveRestore(request: IncomingRequest, context: AgentContext): Promise<void> {
  if (context.settings.restorePaths.length === 0) throw new Fault('not-permitted', 'this agent permits no restore', { next: 'Add restore paths to the configuration of the agent.' })
  const ctl = request.openStream()
  const data = request.openStream()
  const mesg = request.openStream()
  request.rep(formatConnectReply([['CTL', ctl.handle], ['DATA', data.handle], ['MESG', mesg.handle]]))
  const say = (line: MesgLine): Promise<void> => mesg.write(Buffer.from(formatMesgLine(line)))
  let chain: RestoreChain | undefined
  try {
    const dialogue = new Dialogue(ctl, data)
    const order = await negotiate(dialogue)
    chain = await chainOf(order, request.peer.host, context)
    const level = order.header?.level ?? 0
    await chain.scripts?.beforeLevel(level, say, request.signal)
    for (const text of await extract(chain, order, dialogue.dump(), context, request.signal)) await say({ kind: 'strange', text })
    await chain.scripts?.afterLevel(level, say, request.signal)
    if (order.next < 0) {
      const { missing, problems } = await closeRestoreChain({ disk: context.disk, processes: context.processes, tar: context.settings.tar ?? 'tar' }, chain, context.settings.restorePaths, request.signal)
      for (const path of missing) await say({ kind: 'strange', text: `${path} is not in the dumps` })
      for (const text of problems) await say({ kind: 'strange', text })
      await chain.scripts?.after(say)
      await discard(chain, context)
    } else context.restoreChains.set(order.target, chain)
    context.log.info('a level was restored', { target: order.target, previous: order.previous, next: order.next })
    await say({ kind: 'end' })
    for (const stream of [ctl, data, mesg]) await stream.end()
  } catch (error) {
    const fault = faultOf(error)
    context.log.warn('a restore failed', { code: fault.code, reason: fault.message })
    data.cancel(fault)
    await chain?.scripts?.after(say)
    if (chain !== undefined) await discard(chain, context)
    await say({ kind: 'error', text: fault.message }).catch(() => undefined)
    await mesg.end().catch(() => undefined)
    for (const stream of [ctl, data]) stream.fail(fault)
  }
}
