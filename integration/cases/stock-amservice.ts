// Our writers of requests and readers of replies against a real amandad on pipes (-auth=local): noop, selfcheck, sendsize, sendbackup.
// The framing of tokens is done here, by hand, for this case alone: 4 bytes length, 4 bytes handle, payload; a payload of 0 is the end.

import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { RunningCrc32c } from '../../src/stream/crc32c.ts'
import { parseConnectReply } from '../../src/wire/amanda/connect-reply.ts'
import { EMPTY_SELECTION, type Dle } from '../../src/wire/amanda/dle.ts'
import { OUR_FEATURES, type FeatureSet } from '../../src/wire/amanda/features.ts'
import { MesgReader } from '../../src/wire/amanda/mesg.ts'
import { MesgSummariser } from '../../src/wire/amanda/mesg-summary.ts'
import { parseNoopReply } from '../../src/wire/amanda/noop-reply.ts'
import { formatRequest } from '../../src/wire/amanda/request.ts'
import { parseSelfcheckReply } from '../../src/wire/amanda/selfcheck-reply.ts'
import { parseSendsizeReply } from '../../src/wire/amanda/sendsize-reply.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { StockRoom, STOCK_CLIENT_PROGRAMS } from '../lab/stock-room.ts'

const AMANDAD = '/usr/lib/amanda/amandad'
/** Larger tokens are refused by Amanda itself. */
const TOKEN_BYTES_MAX = 4 * 1024 * 1024
const HEAD_BYTES = 8
const KINDS = ['req', 'rep', 'prep', 'ack', 'nak'] as const
const DISCONNECTED = 'amandad ended'

interface Token {
  readonly handle: number
  readonly payload: Buffer
}

/** One amandad with its pipes. */
class Amandad implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #pieces: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  #nextHandle = 1

  constructor(words: readonly [string, ...string[]]) {
    const [program, ...args] = words
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true, cwd: '/' })
    this.#child.stdin.on('error', () => undefined)
    this.#pieces = this.#child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  send(handle: number, payload: Uint8Array): void {
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt32BE(payload.length, 0)
    head.writeUInt32BE(handle, 4)
    this.#child.stdin.write(Buffer.concat([head, payload]))
  }

  async #need(bytes: number): Promise<void> {
    while (this.#rest.length < bytes) {
      const { value, done } = await this.#pieces.next()
      if (done === true) throw new Error(DISCONNECTED)
      this.#rest = Buffer.concat([this.#rest, value])
    }
  }

  async receive(): Promise<Token> {
    await this.#need(HEAD_BYTES)
    const [length, handle] = [this.#rest.readUInt32BE(0), this.#rest.readUInt32BE(4)]
    must(length <= TOKEN_BYTES_MAX, `a token of ${length} bytes`)
    await this.#need(HEAD_BYTES + length)
    const payload = Buffer.from(this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length))
    this.#rest = this.#rest.subarray(HEAD_BYTES + length)
    return { handle, payload }
  }

  /** One request to its REP; returns the bodies of PREPs and of the REP. */
  async request(service: string, body: string): Promise<{ readonly preps: string[]; readonly reply: string }> {
    const handle = this.#nextHandle++
    const packet = (kind: number, text: string): Buffer => Buffer.concat([Buffer.from([kind]), Buffer.from(text), Buffer.from([0])])
    this.send(handle, packet(0, `SERVICE ${service}\n${body}`))
    const preps: string[] = []
    for (;;) {
      const token = await this.receive()
      if (token.handle !== handle || token.payload.length === 0) continue
      const text = token.payload.toString('utf8', 1, token.payload.at(-1) === 0 ? token.payload.length - 1 : undefined)
      const kind = KINDS[token.payload[0] ?? -1]
      if (kind === 'nak') throw new Error(`${service} was refused: ${text}`)
      if (kind === 'prep') preps.push(text)
      if (kind !== 'rep') continue
      this.send(handle, packet(3, ''))
      this.send(handle, Buffer.alloc(0))
      return { preps, reply: text }
    }
  }

  /** All of the streams to their ends, each answered by ours. */
  async readStreams(handles: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Buffer>> {
    const open = new Map([...handles].filter(([, handle]) => handle >= 0).map(([name, handle]) => [handle, { name, pieces: [] as Buffer[] }]))
    const read = new Map<string, Buffer>()
    while (open.size > 0) {
      const { handle, payload } = await this.receive()
      const stream = open.get(handle)
      if (stream === undefined) continue
      if (payload.length > 0) {
        stream.pieces.push(payload)
        continue
      }
      this.send(handle, payload)
      open.delete(handle)
      read.set(stream.name, Buffer.concat(stream.pieces))
    }
    return read
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end()
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
      await ended
    }
    this.#child.stdout.destroy()
  }
}

function dleOf(disk: string, levels: readonly number[], extra: Partial<Dle>): Dle {
  return { program: 'GNUTAR', auth: 'local', estimates: [], disk, levels: levels.map((level) => ({ level, isServers: false })), compress: { kind: 'none' }, encrypt: { kind: 'none' }, record: true, index: true, exclude: EMPTY_SELECTION, include: EMPTY_SELECTION, properties: [], scripts: [], ...extra }
}

const VARIANTS: readonly { readonly name: string; readonly extra: Partial<Dle>; readonly unpack: string }[] = [
  { name: 'GNUTAR', extra: {}, unpack: 'cat' },
  { name: 'GNUTAR with gzip on the client', extra: { compress: { kind: 'fast' } }, unpack: 'gzip -dc' },
  { name: 'amgtar', extra: { program: 'APPLICATION', application: { plugin: 'amgtar', properties: [{ name: 'sparse', values: ['yes'] }] } }, unpack: 'cat' },
]

class Client {
  readonly #room: StockRoom
  readonly #features: FeatureSet
  constructor(room: StockRoom, features: FeatureSet) {
    this.#room = room
    this.#features = features
  }

  start(): Amandad {
    return new Amandad(this.#room.words([AMANDAD, '-auth=local'], true))
  }

  /** What a server of ours sends: the options that the client's features allow. */
  body(service: 'selfcheck' | 'sendsize' | 'sendbackup', dles: readonly Dle[], run: string): string {
    const timestamp = service !== 'selfcheck' && this.#features.has('reqOptionsTimestamp') ? { timestamp: run } : {}
    return formatRequest(service, { features: OUR_FEATURES, maxDumps: 1, hostname: hostname(), ...timestamp }, dles)
  }
}

async function checkSelfcheck(client: Client, tree: string): Promise<number> {
  await using amandad = client.start()
  const { reply } = await amandad.request('selfcheck', client.body('selfcheck', [dleOf(tree, [0], {}), dleOf(`${tree}/nowhere`, [0], {})], ''))
  const { findings, version, features } = parseSelfcheckReply(reply)
  must(version !== undefined && features?.has('reqXml') === true, `selfcheck says neither version nor features: ${reply.slice(0, 300)}`)
  const errors = findings.filter(({ severity }) => severity === 'error').map(({ text }) => text)
  must(errors.length === 1 && (errors[0] ?? '').includes('nowhere'), `selfcheck found ${JSON.stringify(errors)}`)
  return findings.length
}

async function checkSendsize(client: Client, tree: string): Promise<number> {
  await using amandad = client.start()
  const dles = [dleOf(tree, [0, 1], {}), dleOf(`${tree}/a "quoted" dir`, [0], { program: 'APPLICATION', application: { plugin: 'amgtar', properties: [] } }), dleOf(`${tree}/nowhere`, [0], {})]
  const { preps, reply } = await amandad.request('sendsize', client.body('sendsize', dles, '20260101000000'))
  for (const prep of preps) parseSendsizeReply(prep)
  const { lines } = parseSendsizeReply(reply)
  const size = (disk: string): number => lines.reduce((found, line) => (line.kind === 'size' && line.disk === disk && line.level === 0 ? line.sizeKib : found), 0)
  must(size(tree) > 2900 && size(`${tree}/a "quoted" dir`) > 0, `sendsize says ${reply}`)
  must(lines.some((line) => line.kind === 'error' && line.disk === `${tree}/nowhere`), `sendsize is content with what is not there: ${reply}`)
  return size(tree)
}

async function checkDump(client: Client, tree: string, variant: (typeof VARIANTS)[number], target: string): Promise<string> {
  await using amandad = client.start()
  const { reply } = await amandad.request('sendbackup', client.body('sendbackup', [dleOf(tree, [0], variant.extra)], '20260101000000'))
  const connect = parseConnectReply(reply)
  if (connect.kind !== 'connect') throw new Error(`${variant.name}: ${reply}`)
  const streams = await amandad.readStreams(connect.streams)
  const data = streams.get('DATA') ?? Buffer.alloc(0)
  const reader = new MesgReader()
  const summariser = new MesgSummariser()
  for (const line of reader.push(streams.get('MESG') ?? Buffer.alloc(0))) summariser.take(line)
  const summary = summariser.summary()
  must(summary.hasEnd && summary.isInfoComplete && summary.errors.length === 0 && !summary.isStrange, `${variant.name}: ${streams.get('MESG')?.toString() ?? ''}`)
  const crc = new RunningCrc32c()
  crc.update(data)
  must(summary.clientCrc === crc.text(), `${variant.name}: the checksum of the client ${summary.clientCrc} is not ours, ${crc.text()}`)
  const index = streams.get('INDEX')?.toString().split('\n') ?? []
  must(index.includes('/') && index.includes('/big'), `${variant.name}: the index is ${index.join(' ')}`)
  mkdirSync(target)
  const tar = spawnSync('sh', ['-c', `${variant.unpack} | tar --extract --file=- --listed-incremental=/dev/null --numeric-owner --preserve-permissions --directory="$1"`, 'sh', target], { input: data })
  must(tar.status === 0, `${variant.name}: ${tar.stderr.toString()}`)
  const { differences } = compareTrees(tree, target, { extendedAttributes: false })
  must(differences.length === 0, `${variant.name}: ${differences.slice(0, 5).join('; ')}`)
  return `${variant.name} ${data.length} bytes`
}

async function run(context: CaseContext): Promise<string> {
  const tree = path.join(context.dir, 'tree')
  mkdirSync(path.join(tree, 'a "quoted" dir'), { recursive: true })
  writeFileSync(path.join(tree, 'big'), Buffer.alloc(3_000_000, 'big'))
  writeFileSync(path.join(tree, 'a "quoted" dir', 'small'), 'small')
  // Stock Amanda asks tar for whole seconds.
  await command(['find', tree, '-depth', '-exec', 'touch', '--date=2020-02-02 02:02:02 UTC', '{}', '+'])
  await command(['chmod', '755', context.dir])
  const backupId = Number(await command(['id', '-u', 'backup']))
  using room = new StockRoom(path.join(context.dir, 'room'), backupId)
  let features: FeatureSet
  {
    await using amandad = new Amandad(room.words([AMANDAD, '-auth=local'], true))
    features = parseNoopReply((await amandad.request('noop', formatRequest('noop', { features: OUR_FEATURES }))).reply)
  }
  must(features.has('sendbackupCrc') && features.has('sendbackupStreamState'), `noop answers with ${features.format()}`)
  context.note(`noop: ${features.format()}`)
  const client = new Client(room, features)
  const findings = await checkSelfcheck(client, tree)
  const estimateKib = await checkSendsize(client, tree)
  const dumps: string[] = []
  for (const [index, variant] of VARIANTS.entries()) dumps.push(await checkDump(client, tree, variant, path.join(context.dir, `restored-${index}`)))
  return `noop, selfcheck (${findings} findings), sendsize (${estimateKib} KiB), sendbackup: ${dumps.join(', ')}`
}

export const integrationCase: IntegrationCase = {
  name: 'stock-amservice',
  summary: 'our requests and reply readers against a real amandad on pipes: noop, selfcheck, sendsize, sendbackup',
  needs: ['tar', 'gzip', ...STOCK_CLIENT_PROGRAMS],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 180_000,
  run,
}
