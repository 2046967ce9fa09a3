// `npm run demo [-- PATH]`: the main job, for real, on this machine. A server and an agent as two processes, an enrolment, a full dump
// through a proxy that cuts, resets, stalls and black-holes the link, real changes, an incremental, and restores of both, compared byte
// by byte. It works on a copy of PATH; nothing outside its own temporary folder is touched. Exit 0 only if all of it is true.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { execFileSync, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { formatDuration, formatSize } from '../src/config/units.ts'
import { freePort, HoldfastLab } from '../integration/lab/holdfast.ts'
import { ChaosProxy, type Deed } from '../testkit/chaos-proxy.ts'
import { compareTrees } from '../testkit/tree-compare.ts'
import { editTree, makeHardCases } from '../testkit/tree.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const HOST = 'demo-host'
/** What is done to the link, spread evenly over the dump. A black hole is noticed when nothing was heard for 30 s. */
const DEEDS: readonly (readonly [Deed, number])[] = [['cut', 0], ['reset', 0], ['stall', 1500], ['reset', 0], ['black-hole', 2000], ['cut', 0], ['reset', 0]]
const CUTS_MIN = 5
const EDITS = 300
/** Of files that nothing makes smaller, so that at least this much passes, whatever else there is: the deeds are spread over it. */
const FILLER_BYTES = 128 * 1024 * 1024
const FILLER_FILE_BYTES = 2 * 1024 * 1024

const say = (text = ''): void => {
  process.stdout.write(`${text}\n`)
}
const heading = (text: string): void => say(`\n== ${text}`)

/** Does the deeds as bytes pass, and measures how long nothing moved after each. */
class Chaos implements AsyncDisposable {
  readonly proxy: ChaosProxy
  readonly #totalBytes: number
  readonly #timer: NodeJS.Timeout
  #startBytes = 0
  #next = 0
  #isArmed = false
  #pausedSinceMs: number | undefined
  #pausedAtBytes = 0
  deedsDone = 0
  lostMs = 0

  constructor(proxy: ChaosProxy, totalBytes: number) {
    this.proxy = proxy
    this.#totalBytes = totalBytes
    this.#timer = setInterval(() => this.#look(), 10)
  }

  /** From now on bytes count. */
  arm(): void {
    this.#startBytes = this.proxy.bytesPassed
    this.#isArmed = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    return this.proxy[Symbol.asyncDispose]()
  }

  #look(): void {
    const passed = this.proxy.bytesPassed
    // A handful of bytes is a handshake; data counts.
    if (this.#pausedSinceMs !== undefined && passed > this.#pausedAtBytes + 65_536) {
      this.lostMs += performance.now() - this.#pausedSinceMs
      this.#pausedSinceMs = undefined
    }
    const due = this.#startBytes + ((this.#next + 1) * this.#totalBytes) / (DEEDS.length + 2)
    const deed = DEEDS[this.#next]
    if (!this.#isArmed || deed === undefined || passed < due || this.#pausedSinceMs !== undefined) return
    this.#next += 1
    this.deedsDone += 1
    this.#pausedSinceMs = performance.now()
    this.#pausedAtBytes = passed
    this.proxy.do(...deed)
  }
}

/** Runs a command with its output on this terminal. */
function show(lab: HoldfastLab, args: readonly string[]): Promise<number> {
  const argv = ['--disable-warning=ExperimentalWarning', path.join(ROOT, 'src', 'cli', 'main.ts'), '--config', lab.serverConfig, ...args]
  return new Promise((resolve) => spawn(process.execPath, argv, { stdio: 'inherit' }).once('exit', (code) => resolve(code ?? 1)))
}

interface DumpView {
  readonly run: string
  readonly level: number
  readonly bytes: number
  readonly startedMs: number
  readonly endedMs: number
  readonly sentBytes?: number
  readonly readBytes?: number
  readonly unchangedBytes?: number
  readonly link: { readonly cuts: number; readonly resumes: number; readonly bytesResent: number }
}

async function lastDump(lab: HoldfastLab): Promise<DumpView> {
  const status = JSON.parse(await lab.must('server', ['status', '--json'])) as { lastRun?: { dumps: readonly DumpView[] } }
  const dump = status.lastRun?.dumps[0]
  if (dump === undefined) throw new Error('the server remembers no dump')
  return dump
}

/** Bytes on disk: holes do not pass through the link. */
function treeBytes(tree: string): number {
  return Number(execFileSync('du', ['-s', '-B1', tree]).toString().split('\t')[0])
}

/** Files that can neither be compressed nor be known already. */
function addFiller(tree: string): void {
  const dir = path.join(tree, 'filler')
  mkdirSync(dir)
  for (let bytes = 0, index = 0; bytes < FILLER_BYTES; bytes += FILLER_FILE_BYTES) writeFileSync(path.join(dir, `random-${index++}`), randomBytes(FILLER_FILE_BYTES))
}

function describe(dump: DumpView): string {
  const seconds = (dump.endedMs - dump.startedMs) / 1000
  return `${formatSize(dump.bytes)} (${formatSize(dump.readBytes ?? 0)} read, ${formatSize(dump.unchangedBytes ?? 0)} unchanged, ${formatSize(dump.sentBytes ?? 0)} sent) in ${seconds.toFixed(1)} s (${formatSize(Math.round(dump.bytes / seconds))}/s)`
}

function assertSame(what: string, expected: string, restored: string): void {
  const { differences, entryCount, bytes } = compareTrees(expected, restored)
  if (differences.length > 0) throw new Error(`${what} differs from what was there:\n  ${differences.slice(0, 20).join('\n  ')}`)
  say(`${what}: ${entryCount} entries, ${formatSize(bytes)}: every byte and all metadata alike`)
}

function copyTree(from: string, to: string): void {
  execFileSync('cp', ['-a', '--reflink=auto', from, to])
}

async function demo(source: string, work: string): Promise<void> {
  heading('Preparing')
  const tree = path.join(work, 'tree')
  mkdirSync(tree)
  copyTree(source, path.join(tree, 'files'))
  const { missing } = makeHardCases(path.join(tree, 'hard-cases'))
  addFiller(tree)
  say(`${formatSize(treeBytes(tree))} to back up: a copy of ${source}, and generated hard cases${missing.length > 0 ? ` (this machine cannot make: ${missing.join(', ')})` : ''}`)

  const port = await freePort()
  const proxy = await ChaosProxy.start({ host: '127.0.0.1', port }, ({ deed, durationMs, bytesPassed }) => {
    say(`\n  *** the path: ${deed}${durationMs > 0 ? ` for ${formatDuration(durationMs)}` : ''}, after ${formatSize(bytesPassed)}`)
  })
  await using chaos = new Chaos(proxy, FILLER_BYTES)
  await using lab = new HoldfastLab({
    dir: path.join(work, 'holdfast'),
    port,
    publicAddress: `127.0.0.1:${proxy.port}`,
    serverYaml: `storage:\n  kind: vault\n  directory: ${path.join(work, 'holdfast', 'vault')}\nhosts:\n  ${HOST}:\n    - disk: ${tree}\n      exclude: []\n`,
  })
  await lab.startServer()
  await lab.enrol(HOST)
  await lab.startAgent(HOST)
  say('a server and an agent run as two processes; the agent was enrolled with a one-time token and keeps a TLS 1.3 link with pinned keys')

  heading(`Full dump through a path that is disturbed ${DEEDS.length} times`)
  chaos.arm()
  if ((await show(lab, ['dump', HOST])) !== 0) throw new Error('the full dump failed')
  const full = await lastDump(lab)
  const before = path.join(work, 'before')
  copyTree(tree, before)

  heading('Changing the tree, then the next dump: whole again, and only what changed is sent')
  const edits = editTree(path.join(tree, 'files'), 7, EDITS)
  say(Object.entries(edits).map(([what, count]) => `${count} ${what}`).join(', '))
  if ((await show(lab, ['dump', HOST])) !== 0) throw new Error('the next dump failed')
  const incremental = await lastDump(lab)
  if ((incremental.unchangedBytes ?? 0) === 0 || (incremental.sentBytes ?? 0) > (full.sentBytes ?? 0) / 2) throw new Error(`the second dump sent ${incremental.sentBytes ?? 0} bytes, the first ${full.sentBytes ?? 0}`)

  heading('Restoring both, out of the vault')
  for (const [run, to] of [[full.run, 'restored-full'], [incremental.run, 'restored-incremental']] as const) {
    if ((await show(lab, ['restore', HOST, tree, '--at', run, '--to', path.join(work, to)])) !== 0) throw new Error(`the restore of ${run} failed`)
  }
  assertSame('The full dump', before, path.join(work, 'restored-full'))
  assertSame('The second dump', tree, path.join(work, 'restored-incremental'))
  if ((await show(lab, ['verify'])) !== 0) throw new Error('verify found damage')

  heading('What happened')
  say(`full dump     ${describe(full)}`)
  say(`second dump   ${describe(incremental)}`)
  say(`the path      ${chaos.deedsDone} disturbances: ${full.link.cuts} links lost, ${full.link.resumes} resumed, ${formatSize(full.link.bytesResent)} sent again, ${formatDuration(Math.round(chaos.lostMs))} in which nothing moved`)
  say('              no stream was started again; nothing was read twice from the disk')
  if (chaos.deedsDone < DEEDS.length || full.link.cuts < CUTS_MIN) throw new Error(`only ${chaos.deedsDone} disturbances and ${full.link.cuts} lost links`)
}

const HOW_TO = `
== To do the same for real
On the server:     holdfast init                       writes a configuration, keys and directories
                   holdfast server run                 (as a service; see docs/configuration.md)
                   holdfast agents token HOST          prints a token, good once
On the client:     holdfast agent enrol TOKEN
                   holdfast agent run                  (as a service)
On the server:     add HOST and its disks to holdfast.yaml, then
                   holdfast check && holdfast dump HOST
                   holdfast restore HOST DISK --to DIR
`

const source = path.resolve(process.argv[2] ?? ROOT)
const work = mkdtempSync(path.join(tmpdir(), 'holdfast-demo-'))
try {
  mkdirSync(path.join(work, 'holdfast'))
  await demo(source, work)
  say(HOW_TO)
  say('All of it is true.')
} catch (error) {
  say(`\nThe demo FAILED: ${error instanceof Error ? error.message : String(error)}`)
  const kept = path.join(tmpdir(), 'holdfast-demo-failed')
  rmSync(kept, { recursive: true, force: true })
  cpSync(path.join(work, 'holdfast'), kept, { recursive: true })
  say(`its configuration, logs and volumes are in ${kept}`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
