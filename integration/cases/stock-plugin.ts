// Our agent drives Debian's real application amgtar: what it supports, a selfcheck, estimates, dumps at levels 0 and 1 with messages,
// index and state, exclusions, and the tree back from the data with GNU tar.

import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeHardCases } from '../../testkit/tree.ts'
import { createAgentServices } from '../../src/agent/agent-services.ts'
import { readAll } from '../../src/kernel/byte-stream.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { Fault } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { nodeProcesses } from '../../src/kernel/node-processes.ts'
import { systemRandom } from '../../src/kernel/random.ts'
import { RunningCrc32c } from '../../src/stream/crc32c.ts'
import type { Connection, ServiceName } from '../../src/transport/contract.ts'
import { createMemoryTransport } from '../../src/transport/memory-transport.ts'
import { parseConnectReply, type StreamName } from '../../src/wire/amanda/connect-reply.ts'
import { EMPTY_SELECTION, type Dle } from '../../src/wire/amanda/dle.ts'
import { OUR_FEATURES } from '../../src/wire/amanda/features.ts'
import { MesgReader } from '../../src/wire/amanda/mesg.ts'
import { MesgSummariser, type MesgSummary } from '../../src/wire/amanda/mesg-summary.ts'
import { formatRequest } from '../../src/wire/amanda/request.ts'
import { parseSelfcheckReply } from '../../src/wire/amanda/selfcheck-reply.ts'
import { parseSendsizeReply } from '../../src/wire/amanda/sendsize-reply.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { command } from '../lab/commands.ts'
import { must } from '../lab/must.ts'
import { noMounts } from '../lab/namespaces.ts'
import { StockRoom, STOCK_CLIENT_PROGRAMS } from '../lab/stock-room.ts'

const HOST = 'client'
/** amgtar asks tar for its own old format: whole seconds, no extended attributes. */
const AS_AMGTAR = { extendedAttributes: false }
const SET_TIME = ['touch', '--no-dereference', '--date=2020-02-02 02:02:02 UTC'] as const
const STREAM_BYTES_MAX = 64 * 1024 * 1024

interface Dump {
  readonly data: Buffer
  readonly index: readonly string[]
  readonly state: readonly string[]
  readonly summary: MesgSummary
}

function dleOf(disk: string, levels: readonly number[], extra: Partial<Dle> = {}): Dle {
  return {
    program: 'APPLICATION', application: { plugin: 'amgtar', properties: [{ name: 'atime-preserve', values: ['no'] }] }, estimates: [], disk, levels: levels.map((level) => ({ level, isServers: false })),
    // A property of the dumptype that is ours alone must not reach a plug-in that does not know it.
    compress: { kind: 'none' }, encrypt: { kind: 'none' }, record: true, index: true, exclude: EMPTY_SELECTION, include: EMPTY_SELECTION, properties: [{ name: 'compress-level', values: ['3'] }], scripts: [], ...extra,
  }
}

async function ask(connection: Connection, service: Exclude<ServiceName, 'probe' | 'compare'>, dle: Dle, run: string): Promise<string> {
  const body = formatRequest(service === 'noop' ? 'noop' : service, { features: OUR_FEATURES, hostname: HOST, timestamp: run, maxDumps: 1 }, [dle])
  for await (const packet of connection.request(service, body)) {
    if (packet.kind === 'nak') throw new Error(`${service} was refused: ${packet.body}`)
    if (packet.kind === 'rep') return packet.body
  }
  throw new Error(`${service} was not answered`)
}

async function dump(connection: Connection, dle: Dle, run: string): Promise<Dump> {
  const reply = parseConnectReply(await ask(connection, 'sendbackup', dle, run))
  if (reply.kind !== 'connect') throw new Error(`the dump was refused: ${JSON.stringify(reply)}`)
  const read = async (name: StreamName): Promise<Buffer> => {
    const handle = reply.streams.get(name)
    if (handle === undefined || handle < 0) throw new Error(`there is no stream ${name}`)
    return Buffer.from(await readAll(connection.stream(handle), STREAM_BYTES_MAX))
  }
  const [data, mesg, index, state] = await Promise.all([read('DATA'), read('MESG'), read('INDEX'), read('STATE')])
  const reader = new MesgReader()
  const summariser = new MesgSummariser()
  for (const line of reader.push(mesg)) summariser.take(line)
  const summary = summariser.summary()
  must(summary.errors.length === 0 && summary.hasEnd && !summary.isStrange, `the dump went wrong: ${mesg.toString()}`)
  const crc = new RunningCrc32c()
  crc.update(data)
  must(summary.nativeCrc === crc.text() && summary.clientCrc === crc.text(), 'the checksums differ')
  must(summary.originalKib === Math.ceil(data.length / 1024), `${summary.originalKib} KiB are not ${data.length} bytes`)
  const lines = (text: Buffer): string[] => text.toString('latin1').split('\n').slice(0, -1)
  return { data, index: lines(index), state: lines(state), summary }
}

/** The state tells the block of every member's header; the name is there in the data. */
function checkState({ data, state }: Dump): void {
  for (const line of state) {
    const [, block, name] = /^(\d+) \/(.*)$/s.exec(line) ?? []
    if (block === undefined || name === undefined) throw new Error(`a line of the state is ${JSON.stringify(line)}`)
    const at = Number(block) * 512
    const header = data.toString('latin1', at, at + 512)
    must(header.length === 512 && header.slice(257, 262) === 'ustar', `there is no member at block ${block}`)
  }
}

function untar(data: Buffer, target: string): void {
  mkdirSync(target, { recursive: true })
  const tar = spawnSync('tar', ['--extract', '--file=-', '--listed-incremental=/dev/null', '--numeric-owner', '--preserve-permissions', `--directory=${target}`], { input: data })
  must(tar.status === 0, `tar cannot restore: ${tar.stderr.toString()}`)
}

async function checkAnswers(connection: Connection, tree: string): Promise<number> {
  const check = parseSelfcheckReply(await ask(connection, 'selfcheck', dleOf(tree, [0]), '20260101000000'))
  must(check.findings.every(({ severity }) => severity !== 'error'), `selfcheck complains: ${JSON.stringify(check.findings)}`)
  must(check.findings.some(({ text }) => text.startsWith('amgtar version 3.')), 'selfcheck does not name amgtar')
  const missing = parseSelfcheckReply(await ask(connection, 'selfcheck', dleOf(`${tree}/nowhere`, [0]), '20260101000000'))
  must(missing.findings.some(({ severity }) => severity === 'error'), 'selfcheck is content with a directory that is not there')
  const { lines } = parseSendsizeReply(await ask(connection, 'sendsize', dleOf(tree, [0, 1]), '20260101000000'))
  const [full] = lines
  must(full?.kind === 'size' && full.sizeKib > 0, `the estimate is ${JSON.stringify(lines)}`)
  return full?.kind === 'size' ? full.sizeKib : -1
}

async function checkExclusions(connection: Connection, tree: string, dir: string): Promise<void> {
  writeFileSync(path.join(dir, 'exclude.list'), '*.skip\n')
  const exclude = { files: ['./changing/big'], lists: [path.join(dir, 'exclude.list'), path.join(dir, 'not-there')], isOptional: true }
  const made = await dump(connection, dleOf(tree, [0], { exclude, record: false }), '20260103000000')
  must(!made.index.some((name) => name.endsWith('.skip') || name === '/changing/big'), 'something excluded was dumped')
  must(made.index.includes('/changing/kept'), 'too much was excluded')
  const included = await dump(connection, dleOf(tree, [0], { include: { files: ['./changing'], lists: [], isOptional: false }, record: false }), '20260104000000')
  must(included.index.every((name) => name.startsWith('/changing')), `more than was included was dumped: ${included.index.join(' ')}`)
}

/** Gives everything in `tree` times without a fraction. */
async function wholeSeconds(tree: string): Promise<void> {
  await command(['find', tree, '-depth', '-exec', ...SET_TIME, '{}', '+'])
}

async function run(context: CaseContext): Promise<string> {
  const tree = path.join(context.dir, 'tree')
  makeHardCases(tree)
  mkdirSync(path.join(tree, 'changing'))
  for (const name of ['kept', 'gone', 'a.skip']) writeFileSync(path.join(tree, 'changing', name), `${name}\n`)
  writeFileSync(path.join(tree, 'changing', 'big'), Buffer.alloc(3_000_000, 'big'))
  await wholeSeconds(tree)
  const backupId = Number(await command(['id', '-u', 'backup']))
  using room = new StockRoom(path.join(context.dir, 'room'), backupId)
  const handler = createAgentServices({
    clock: systemClock, random: systemRandom, disk: nodeDisk, processes: nodeProcesses, log: silentLog, stateDir: path.join(context.dir, 'state'), version: '1', distro: 'd', platform: 'p',
    settings: { restorePaths: [], commands: [], filters: [], pluginDir: room.pluginDir('amgtar'), estimateTimeoutMs: 60_000 },
  })
  const connection = await createMemoryTransport(new Map([[HOST, handler]])).connect(HOST, context.signal)
  const estimateKib = await checkAnswers(connection, tree)
  const full = await dump(connection, dleOf(tree, [0]), '20260101000000')
  checkState(full)
  must(full.summary.info['APPLICATION'] === 'amgtar' && full.summary.lines.some((line) => line.startsWith('| Total bytes written')), 'the messages of amgtar are missing')
  must(Math.abs(estimateKib - (full.summary.originalKib ?? 0)) <= 64, `estimated ${estimateKib} KiB, dumped ${full.summary.originalKib} KiB`)
  const target = path.join(context.dir, 'restored')
  untar(full.data, target)
  const differences = compareTrees(tree, target, AS_AMGTAR).differences
  must(differences.length === 0, `the full differs: ${differences.slice(0, 5).join('; ')}`)
  context.note(`level 0: ${full.data.length} bytes, ${full.index.length} names, ${full.state.length} lines of state`)
  rmSync(path.join(tree, 'changing', 'gone'))
  appendFileSync(path.join(tree, 'changing', 'kept'), 'more\n')
  // Only what changed: a new time of change on the rest would make tar take it again.
  for (const name of ['changing/kept', 'changing']) await command([...SET_TIME, path.join(tree, name)])
  const incremental = await dump(connection, dleOf(tree, [1], { baseRun: '20260101000000' }), '20260102000000')
  checkState(incremental)
  must(incremental.data.length < full.data.length / 4 && incremental.index.includes('/changing/kept') && !incremental.index.includes('/changing/big'), 'level 1 is not an incremental')
  untar(incremental.data, target)
  const later = compareTrees(tree, target, AS_AMGTAR).differences
  must(later.length === 0, `the incremental differs: ${later.slice(0, 5).join('; ')}`)
  await checkExclusions(connection, tree, context.dir)
  must(readFileSync(path.join(context.dir, 'room', 'lib', 'amandates'), 'utf8') === '', 'amandates was written')
  await connection.close(new Fault('cancelled', 'the case is over'))
  return `amgtar by our agent: ${full.index.length} names at level 0, ${incremental.index.length} at level 1, both restored by tar; estimate ${estimateKib} KiB; exclusions hold`
}

export const integrationCase: IntegrationCase = {
  name: 'stock-plugin',
  summary: "our agent runs Debian's amgtar: selfcheck, estimate, levels 0 and 1 with index and state, exclusions, restore",
  needs: ['tar', ...STOCK_CLIENT_PROGRAMS],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 120_000,
  run,
}
