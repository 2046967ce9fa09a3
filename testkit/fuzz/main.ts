// `npm run fuzz`: feeds a target with changed inputs and stores each one that breaks it below testdata/fuzz/NAME/, where the unit tests run it
// from then on. It drives; inputs.ts makes the inputs, verdict.ts judges.
//
//   npm run fuzz                                          lists the targets
//   npm run fuzz -- NAME --minutes N [--seed S]           N minutes; the seed is printed, by default it comes from the clock
//   npm run fuzz -- NAME --seed S --input NUMBER          one input again, here and not in a thread, for a debugger
//   npm run fuzz -- all --minutes N                       every target for N minutes

import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { FuzzInputs } from './inputs.ts'
import type { FuzzTarget } from './target.ts'
import { TARGETS, targetNamed } from './targets.ts'
import { judge } from './verdict.ts'
import type { WorkerOrder, WorkerReport } from './worker.ts'

const FAILURES_MAX = 5
const HANG_MS = 20_000
const WATCH_MS = 250
/** A target needs a few megabytes; the corpus and the engine the rest. */
const HEAP_MIB_MAX = 256
/** Memory of the process beyond what it had at the start of a target, buffers outside of the heap included. */
const RESIDENT_BYTES_MAX = 768 * 1024 * 1024
const USAGE_EXIT = 64

const say = (text: string): void => void process.stdout.write(`${text}\n`)

interface Failure {
  readonly number: number
  readonly what: string
  /** The thread has to be replaced. */
  readonly isFatal: boolean
}

function store(target: FuzzTarget, seed: number, failure: Failure): void {
  const input = new FuzzInputs(target, seed).at(failure.number)
  const dir = path.resolve(import.meta.dirname, '../../testdata/fuzz', target.name)
  mkdirSync(dir, { recursive: true })
  const file = path.join(dir, createHash('sha256').update(input).digest('hex').slice(0, 16))
  writeFileSync(file, input)
  say(`${target.name} seed ${seed} input ${failure.number} FAILED: ${failure.what}`)
  say(`  stored: ${path.relative(process.cwd(), file)} (${input.length} bytes)`)
  say(`  replay: npm run fuzz -- ${target.name} --seed ${seed} --input ${failure.number}`)
}

/** One thread, until the time is over or it must be replaced. Resolves with the number to go on with. */
function runThread(target: FuzzTarget, seed: number, first: number, untilMs: number, onFailure: (failure: Failure) => boolean): Promise<number> {
  return new Promise((resolve) => {
    const shared = new SharedArrayBuffer(4)
    const current = new Int32Array(shared)
    const order: WorkerOrder = { target: target.name, seed, first, untilMs, current: shared }
    Atomics.store(current, 0, first)
    const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: order, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX } })
    const startBytes = process.memoryUsage.rss()
    let seen = first
    let seenMs = Date.now()
    let isOver = false
    const finish = (next: number): void => {
      if (isOver) return
      isOver = true
      clearInterval(watch)
      void worker.terminate().then(() => resolve(next))
    }
    const fail = (what: string): void => {
      if (isOver) return
      const number = Atomics.load(current, 0)
      onFailure({ number, what, isFatal: true })
      finish(number + 1)
    }
    const watch = setInterval(() => {
      const number = Atomics.load(current, 0)
      if (number !== seen) {
        seen = number
        seenMs = Date.now()
      } else if (Date.now() - seenMs > HANG_MS) fail(`no end within ${HANG_MS / 1000} s`)
      if (process.memoryUsage.rss() - startBytes > RESIDENT_BYTES_MAX) fail(`more than ${RESIDENT_BYTES_MAX} bytes of memory (this input or one shortly before it)`)
    }, WATCH_MS)
    worker.on('message', (report: WorkerReport) => {
      if (report.kind === 'done') finish(report.next)
      else if (!onFailure({ number: report.number, what: report.what, isFatal: false })) finish(report.number + 1)
    })
    worker.on('error', (error) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error)))
    worker.on('exit', () => fail('the thread ended by itself'))
  })
}

async function fuzz(target: FuzzTarget, seed: number, minutes: number): Promise<boolean> {
  const startMs = Date.now()
  const untilMs = startMs + minutes * 60_000
  let failures = 0
  let next = 0
  while (Date.now() < untilMs && failures < FAILURES_MAX) {
    next = await runThread(target, seed, next, untilMs, (failure) => {
      store(target, seed, failure)
      return ++failures < FAILURES_MAX
    })
  }
  const seconds = (Date.now() - startMs) / 1000
  say(`${target.name}: ${next} inputs from seed ${seed} in ${seconds.toFixed(0)} s (${Math.round(next / seconds)}/s), ${failures} failed`)
  return failures === 0
}

async function replay(target: FuzzTarget, seed: number, number: number): Promise<boolean> {
  const input = new FuzzInputs(target, seed).at(number)
  say(JSON.stringify(input.toString('latin1').slice(0, 2000)))
  const what = await judge(target, input)
  say(what === undefined ? `${target.name} input ${number}: good` : `${target.name} input ${number} FAILED: ${what}`)
  return what === undefined
}

function stop(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(USAGE_EXIT)
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : stop(`--${name} takes a number, not ${JSON.stringify(text)}`)
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { minutes: { type: 'string' }, seed: { type: 'string' }, input: { type: 'string' } } })
  const [name] = positionals
  if (name === undefined) {
    for (const target of TARGETS) say(`${target.name.padEnd(18)} ${target.summary}`)
    return true
  }
  const seed = numberOf('seed', values.seed) ?? Date.now() % 1_000_000_000
  const target = targetNamed(name)
  const chosen = name === 'all' ? TARGETS : target === undefined ? stop(`no target ${name}; run without a name for the list`) : [target]
  const input = numberOf('input', values.input)
  if (input !== undefined) return target === undefined ? stop('--input needs one target') : await replay(target, seed, input)
  let isGood = true
  for (const each of chosen) if (!(await fuzz(each, seed, numberOf('minutes', values.minutes) ?? 1))) isGood = false
  return isGood
}

process.exitCode = (await main()) ? 0 : 1
