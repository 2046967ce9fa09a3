import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { createBytePipe } from '../../kernel/byte-pipe.ts'
import { readAll } from '../../kernel/byte-stream.ts'
import { sleep, systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { nodeProcesses } from '../../kernel/node-processes.ts'
import { systemRandom } from '../../kernel/random.ts'
import type { ByteStream } from '../../transport/contract.ts'
import { parseConnectReply } from '../../wire/amanda/connect-reply.ts'
import { EMPTY_SELECTION, type Dle, type DleScript } from '../../wire/amanda/dle.ts'
import { OUR_FEATURES } from '../../wire/amanda/features.ts'
import { formatRequest } from '../../wire/amanda/request.ts'
import { parseSelfcheckReply } from '../../wire/amanda/selfcheck-reply.ts'
import { parseSendsizeReply } from '../../wire/amanda/sendsize-reply.ts'
import { createAgentServices, type AgentServices } from '../agent-services.ts'

const LIMIT = 64 * 1024 * 1024
let dir = ''
let scripts = ''
let tree = ''
let trace = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-scripts-'))
  scripts = path.join(dir, 'scripts')
  tree = path.join(dir, 'tree')
  trace = path.join(dir, 'trace')
  mkdirSync(scripts, { mode: 0o755 })
  mkdirSync(tree)
  writeFileSync(path.join(tree, 'here'), 'here')
})
after(() => rmSync(dir, { recursive: true, force: true }))
beforeEach(() => rmSync(trace, { force: true }))

/** A script that notes its command line, but not `support`, and then does `body`, in which `$1` is the command. */
function put(name: string, body: string, mode = 0o755): string {
  const file = path.join(scripts, name)
  writeFileSync(file, `#!/bin/sh\n[ "$1" = support ] && { echo TIMESTAMP YES; echo EXECUTE-WHERE YES; exit 0; }\necho "${name} $*" >> '${trace}'\n${body}\n`)
  chmodSync(file, mode)
  return name
}

function script(plugin: string, executeOn: string, properties: Record<string, string> = {}, executeWhere = 'CLIENT'): DleScript {
  return { plugin, executeWhere, executeOn, properties: Object.entries(properties).map(([name, value]) => ({ name, values: [value] })) }
}

function dleOf(use: readonly DleScript[], extra: Partial<Dle> = {}): Dle {
  return { program: 'GNUTAR', estimates: [], disk: tree, levels: [{ level: 0, isServers: false }], compress: { kind: 'none' }, encrypt: { kind: 'none' }, record: true, index: true, exclude: EMPTY_SELECTION, include: EMPTY_SELECTION, properties: [], scripts: use, ...extra }
}

function traced(): string[] {
  return existsSync(trace) ? readFileSync(trace, 'utf8').split('\n').slice(0, -1) : []
}

/** The script and the point of every command that was run. */
function points(): string[] {
  return traced().map((line) => line.split(' ').slice(0, 2).join(' '))
}

function agent(timeoutMs = 20_000, scriptDir: string | null = scripts): AgentServices {
  const settings = { restorePaths: [], commands: ['sh', 'sleep'], filters: [], pluginDir: undefined, estimateTimeoutMs: 60_000, ...(scriptDir === null ? {} : { scripts: { dir: scriptDir, userId: process.getuid?.(), timeoutMs } }) }
  return createAgentServices({ clock: systemClock, random: systemRandom, disk: nodeDisk, processes: nodeProcesses, log: silentLog, stateDir: path.join(dir, 'state'), version: '1', distro: 'd', platform: 'p', settings })
}

async function ask(service: 'selfcheck' | 'sendsize', dles: readonly Dle[], services = agent()): Promise<string> {
  let body = ''
  const text = formatRequest(service, { features: OUR_FEATURES, hostname: 'client', config: 'daily', timestamp: '20260101000000', maxDumps: 1 }, dles)
  await services({ service, body: text, peer: { host: 'server' }, signal: new AbortController().signal, openStream: () => assert.fail('a stream was opened'), prep: () => undefined, rep: (reply) => void (body = reply), nak: (reply) => void (body = reply) })
  return body
}

/** One that has ended may wait for somebody to ask for its status. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}

interface Dumped {
  readonly mesg: string
  readonly data: Buffer
  readonly index: string
}

/** A dump to its end. `whileRunning` may cut it: what has come until then is returned. */
async function dump(dle: Dle, services = agent(), whileRunning?: (streams: ReadonlyMap<number, ByteStream>, abort: () => void) => Promise<void>): Promise<Dumped> {
  const streams = new Map<number, ByteStream>()
  const controller = new AbortController()
  const answered = Promise.withResolvers<string>()
  const served = services({
    service: 'sendbackup', body: formatRequest('sendbackup', { features: OUR_FEATURES, hostname: 'client', config: 'daily', timestamp: '20260101000000' }, [dle]), peer: { host: 'server' }, signal: controller.signal,
    openStream() {
      const pipe = createBytePipe(64 * 1024)
      const stopped: ((reason: Fault) => void)[] = []
      const cancel = (reason: Fault): void => {
        pipe.cancel(reason)
        for (const listener of stopped) listener(reason)
      }
      const stream: ByteStream = { handle: streams.size + 1, read: () => pipe.read(), write: (piece) => pipe.write(piece), end: () => pipe.end(), fail: (reason) => pipe.fail(reason), cancel, commit: () => undefined, committedBytes: () => 0, onStopped: (listener) => void stopped.push(listener) }
      streams.set(stream.handle, stream)
      return stream
    },
    prep: () => undefined, rep: (body) => answered.resolve(body), nak: (body) => answered.resolve(`NAK ${body}`),
  })
  const reply = await answered.promise
  const connect = parseConnectReply(reply)
  assert.ok(connect.kind === 'connect', reply)
  const cut = whileRunning?.(streams, () => controller.abort())
  const read = async (name: 'DATA' | 'MESG' | 'INDEX' | 'STATE'): Promise<Buffer> => {
    const stream = streams.get(connect.streams.get(name) ?? -1)
    return stream === undefined ? Buffer.alloc(0) : Buffer.from(await readAll(stream, LIMIT).catch(() => Buffer.alloc(0)))
  }
  const [data, mesg, index] = await Promise.all([read('DATA'), read('MESG'), read('INDEX'), read('STATE')])
  await Promise.all([served, cut])
  return { data, mesg: mesg.toString(), index: index.toString() }
}

test('a dump has its scripts around it, in their order, with their properties, and what they print is in MESG', async () => {
  put('one', 'echo "says $1"; echo "warns $1" >&2')
  put('two', '')
  const on = 'PRE-DLE-BACKUP,POST-DLE-BACKUP'
  const { mesg, index } = await dump(dleOf([script('one', on, { colour: 'deep blue' }), script('two', on.toLowerCase()), script('two', on, {}, 'SERVER'), script('two', 'PRE-DLE-ESTIMATE')]))
  assert.deepEqual(points(), ['one PRE-DLE-BACKUP', 'two PRE-DLE-BACKUP', 'one POST-DLE-BACKUP', 'two POST-DLE-BACKUP'])
  assert.equal(traced()[0], `one PRE-DLE-BACKUP --execute-where client --config daily --host client --disk ${tree} --device ${tree} --timestamp 20260101000000 --level 0 --colour deep blue`)
  const lines = mesg.split('\n')
  assert.deepEqual(lines.slice(0, 2), ['| says PRE-DLE-BACKUP', "? Script 'one' command 'PRE-DLE-BACKUP': warns PRE-DLE-BACKUP"])
  assert.ok(lines.includes('| says POST-DLE-BACKUP') && lines.includes('sendbackup: end'), mesg)
  assert.match(index, /^\/here$/m)
})

test('a script points the dump and the estimate at another directory, and sets properties', async () => {
  const other = path.join(dir, 'an other')
  mkdirSync(other, { recursive: true })
  writeFileSync(path.join(other, 'there'), 'x'.repeat(300_000))
  put('mover', `case "$1" in PRE-*) echo 'PROPERTY directory ${other}'; echo 'PROPERTY "Some_Name" "a value"'; echo 'PROPERTY'; esac`)
  const dle = dleOf([script('mover', 'PRE-DLE-BACKUP,POST-DLE-BACKUP,PRE-DLE-ESTIMATE,POST-DLE-ESTIMATE')])
  const { index, mesg } = await dump(dle)
  assert.match(index, /^\/there$/m)
  assert.doesNotMatch(index, /^\/here$/m)
  assert.match(mesg, /^\| PROPERTY$/m, 'a line that sets nothing is text')
  const [size] = parseSendsizeReply(await ask('sendsize', [dle])).lines.filter(({ kind }) => kind === 'size')
  assert.ok(size?.kind === 'size' && size.sizeKib >= 290, JSON.stringify(size))
  assert.ok(traced().every((line) => line.includes(`--device ${tree} `)), 'scripts are told the device of the request')
  put('mover', 'case "$1" in PRE-*) echo PROPERTY directory ../etc; esac')
  assert.match((await dump(dle)).mesg, /sendbackup: error \[a script of .* set the directory .*no absolute path\]/)
})

test('a script that fails before makes no dump, and those after run all the same', async () => {
  put('bad', 'case "$1" in PRE-*) echo first >&2; echo second >&2; exit 3; esac')
  put('two', '')
  const { mesg, data } = await dump(dleOf([script('bad', 'PRE-DLE-BACKUP,POST-DLE-BACKUP'), script('two', 'PRE-DLE-BACKUP,POST-DLE-BACKUP')]))
  assert.equal(data.length, 0)
  assert.match(mesg, /^\? Script 'bad' command 'PRE-DLE-BACKUP': second\n[\s\S]*sendbackup: error \[Script 'bad' command 'PRE-DLE-BACKUP': first\]\n$/)
  assert.doesNotMatch(mesg, /sendbackup: end/)
  assert.deepEqual(points(), ['bad PRE-DLE-BACKUP', 'two PRE-DLE-BACKUP', 'bad POST-DLE-BACKUP', 'two POST-DLE-BACKUP'])
})

test('a script that fails after makes the dump a failed one, which is no base of another', async () => {
  put('late', 'case "$1" in POST-*) exit 1; esac')
  const { mesg } = await dump(dleOf([script('late', 'POST-DLE-BACKUP')], { disk: `${tree}/`, device: tree }))
  assert.match(mesg, /sendbackup: error \[Script 'late' command 'POST-DLE-BACKUP': exited with status 1\]/)
  assert.doesNotMatch(mesg, /sendbackup: end/)
  put('late', '')
  const next = await dump(dleOf([script('late', 'POST-DLE-BACKUP')], { disk: `${tree}/`, device: tree, levels: [{ level: 1, isServers: false }] }))
  assert.match(next.mesg, /sendbackup: retry level 0 /)
})

test('a dump that is cut has its script after it, and so has one whose program failed', async () => {
  put('both', '')
  const on = script('both', 'PRE-DLE-BACKUP,POST-DLE-BACKUP')
  const slow = dleOf([on], { program: 'APPLICATION', application: { plugin: 'command', properties: [{ name: 'command', values: ['sleep', '60'] }] } })
  const services = agent()
  await dump(slow, services, async (streams) => {
    while (points().length === 0) await sleep(systemClock, 20)
    await sleep(systemClock, 200)
    for (const stream of streams.values()) stream.cancel(new Fault('connection-lost', 'cut'))
  })
  await services.settled()
  assert.deepEqual(points(), ['both PRE-DLE-BACKUP', 'both POST-DLE-BACKUP'])
  const failing = dleOf([on], { disk: '/nowhere/at/all' })
  assert.match((await dump(failing)).mesg, /sendbackup: error /)
  assert.deepEqual(points().slice(2), ['both PRE-DLE-BACKUP', 'both POST-DLE-BACKUP'])
})

test('a request that is given up stops a script that runs, with what it started, and still runs the one after', async () => {
  put('hangs', 'case "$1" in PRE-*) sleep 60 & echo $! > "$0.pid"; wait; esac')
  const services = agent()
  const pidFile = path.join(scripts, 'hangs.pid')
  await dump(dleOf([script('hangs', 'PRE-DLE-BACKUP,POST-DLE-BACKUP')]), services, async (_streams, abort) => {
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await sleep(systemClock, 20)
    abort()
  })
  await services.settled()
  assert.deepEqual(points(), ['hangs PRE-DLE-BACKUP', 'hangs POST-DLE-BACKUP'])
  assert.ok(!isRunning(readFileSync(pidFile, 'utf8').trim()), 'what the script started is gone')
})

test('a script that takes too long, floods, or leaves a program behind that holds its output', async () => {
  put('slow', 'case "$1" in PRE-*) sleep 60; esac')
  assert.match((await dump(dleOf([script('slow', 'PRE-DLE-BACKUP')]), agent(1000))).mesg, /error \[Script 'slow' command 'PRE-DLE-BACKUP': it did not end within 1 s and was stopped\]/)
  put('flood', 'yes "a line of text"')
  assert.match((await dump(dleOf([script('flood', 'PRE-DLE-BACKUP')]))).mesg, /error \[Script 'flood' command 'PRE-DLE-BACKUP': it printed more than 1048576 bytes/)
  put('many', 'i=0; while [ $i -lt 1000 ]; do echo $i; i=$((i+1)); done')
  const { mesg } = await dump(dleOf([script('many', 'PRE-DLE-BACKUP')]))
  assert.match(mesg, /^\| 199$\n\| \(800 more lines\)$/m)
  put('leaves', 'sleep 60 &')
  assert.match((await dump(dleOf([script('leaves', 'PRE-DLE-BACKUP')]), agent(10_000))).mesg, /sendbackup: end/)
  // In a session of its own it is out of reach; nobody waits for it.
  put('escapes', 'echo said; setsid sleep 20 & echo $! > "$0.pid"')
  const escaped = (await dump(dleOf([script('escapes', 'PRE-DLE-BACKUP')]), agent(10_000))).mesg
  assert.match(escaped, /^\| said$[\s\S]*sendbackup: end/m)
  put('escapes', 'setsid sleep 20 & sleep 20')
  assert.match((await dump(dleOf([script('escapes', 'PRE-DLE-BACKUP')]), agent(500))).mesg, /it did not end within 1 s/)
})

test('only scripts of the directory that root or we own and nobody else can write to are run', async () => {
  const mesgOf = async (plugin: string, services = agent()): Promise<string> => (await dump(dleOf([script(plugin, 'PRE-DLE-BACKUP')]), services)).mesg
  assert.match(await mesgOf('good', agent(1000, null)), /error \[Script 'good' may not run: script-dir in agent\.yaml is not set\]/)
  assert.match(await mesgOf('nowhere'), /error \[Script 'nowhere' is not in /)
  put('open', '', 0o777)
  assert.match(await mesgOf('open'), /may not run: .*\/open can be written by others/)
  put('plain', '', 0o644)
  assert.match(await mesgOf('plain'), /may not run: .*\/plain is not executable/)
  symlinkSync('/bin/true', path.join(scripts, 'link'))
  assert.match(await mesgOf('link'), /may not run: .*\/link is not a plain file/)
  put('good', '')
  if (process.getuid?.() === 0) {
    put('foreign', '')
    chownSync(path.join(scripts, 'foreign'), 12_345, 0)
    assert.match(await mesgOf('foreign'), /may not run: .*\/foreign belongs to the user 12345/)
    chownSync(scripts, 12_345, 0)
    assert.match(await mesgOf('good'), /may not run: .*\/scripts belongs to the user 12345/)
    chownSync(scripts, 0, 0)
  }
  chmodSync(scripts, 0o775)
  assert.match(await mesgOf('good'), /may not run: .*\/scripts can be written by others/)
  chmodSync(scripts, 0o755)
  assert.match(await mesgOf('good'), /sendbackup: end/)
  assert.deepEqual(points(), ['good PRE-DLE-BACKUP'])
})

test('an estimate has scripts of its host and of its disk; a failure before is an error and no size', async () => {
  put('all', 'echo "at $1"')
  const everywhere = 'PRE-HOST-ESTIMATE,PRE-DLE-ESTIMATE,POST-DLE-ESTIMATE,POST-HOST-ESTIMATE'
  const good = parseSendsizeReply(await ask('sendsize', [dleOf([script('all', everywhere)])])).lines
  assert.deepEqual(good.map((line) => (line.kind === 'size' ? 'size' : `${line.kind} ${line.text}`)), ['host-warning "at PRE-HOST-ESTIMATE"', 'warning at PRE-DLE-ESTIMATE', 'size', 'warning at POST-DLE-ESTIMATE', 'host-warning "at POST-HOST-ESTIMATE"'].map((line) => line.replaceAll('"', '')))
  put('all', '[ "$1" = PRE-DLE-ESTIMATE ] && { echo no >&2; exit 1; }; exit 0')
  const bad = parseSendsizeReply(await ask('sendsize', [dleOf([script('all', everywhere)])])).lines
  assert.deepEqual(bad, [{ kind: 'error', disk: tree, level: 0, text: "Script 'all' command 'PRE-DLE-ESTIMATE': no" }])
  assert.deepEqual(points().slice(4), everywhere.split(',').map((point) => `all ${point}`))
  put('all', '[ "$1" != PRE-HOST-ESTIMATE ]')
  const none = parseSendsizeReply(await ask('sendsize', [dleOf([script('all', everywhere)])])).lines
  assert.deepEqual(none, [{ kind: 'host-error', text: "Script 'all' command 'PRE-HOST-ESTIMATE': exited with status 1" }])
})

test('a check has its scripts, and tells what is wrong with them', async () => {
  put('all', 'echo "OK $1"; [ "$1" != PRE-DLE-AMCHECK ] || { echo cannot >&2; exit 1; }')
  const everywhere = 'PRE-HOST-AMCHECK,PRE-DLE-AMCHECK,POST-DLE-AMCHECK,POST-HOST-AMCHECK'
  const { findings } = parseSelfcheckReply(await ask('selfcheck', [dleOf([script('all', everywhere), script('nowhere', 'PRE-DLE-AMCHECK')])]))
  assert.deepEqual(points(), everywhere.split(',').map((point) => `all ${point}`))
  const ofScripts = findings.filter(({ text }) => /AMCHECK|Script/.test(text)).map(({ severity, code, text }) => [severity, code, text.replace(/\. .*/, '')])
  assert.deepEqual(ofScripts, [
    ['info', undefined, 'PRE-HOST-AMCHECK'],
    ['info', undefined, 'PRE-DLE-AMCHECK'],
    ['error', 'script-failed', `${tree}: Script 'all' command 'PRE-DLE-AMCHECK': cannot`],
    ['error', 'script-missing', `${tree}: Script 'nowhere' is not in ${scripts}`],
    ['info', undefined, 'POST-DLE-AMCHECK'],
    ['info', undefined, 'POST-HOST-AMCHECK'],
  ])
})

test('a script that does not answer `support` is not run', async () => {
  writeFileSync(path.join(scripts, 'mute'), '#!/bin/sh\necho what >&2\nexit 1\n', { mode: 0o755 })
  const { mesg } = await dump(dleOf([script('mute', 'PRE-DLE-BACKUP')]))
  assert.match(mesg, /error \[Script 'mute' command 'support': what\]/)
})
