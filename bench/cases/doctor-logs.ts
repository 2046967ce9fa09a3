// `holdfast doctor logs` over a gigabyte of logs, as a whole process: of runs that were well, and of runs that failed. Against `grep -r -F -f WORDS`
// with the same words, which only finds the lines, and against `wc -l`, which only counts them: both do less. The other figure is resident memory
// against the 200 MB it may have.

import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { LOG_WORDS } from '../../src/doctor/logs/kind-index.ts'
import { median, type BenchCase, type BenchContext } from '../case.ts'
import { makeLogCorpus } from '../lab/log-corpus.ts'
import { residentBytes } from '../lab/measure.ts'

const RUNS = 3
const CORPUS_BYTES = 1e9
const CLIENTS = 40
const LIMIT_BYTES = 200e6
const WATCH_MS = 20
const ROOT = path.resolve(import.meta.dirname, '..', '..')
const RECORDED = path.join(ROOT, 'testdata', 'doctor')
const OURS = [process.execPath, '--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', '--heap-growing-percent=50', path.join(ROOT, 'src', 'cli', 'main.ts'), 'doctor', 'logs']
/** "Something was not backed up" is no failure of the bench. */
const GOOD_CODES = [0, 1, 4]

interface Measured {
  readonly seconds: number
  readonly peakBytes: number
}

function measured([program = '', ...args]: readonly string[]): Promise<Measured> {
  const startedMs = performance.now()
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  let peakBytes = 0
  const watch = setInterval(() => (peakBytes = Math.max(peakBytes, residentBytes(child.pid ?? 0).peak)), WATCH_MS)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      clearInterval(watch)
      if (GOOD_CODES.includes(code ?? -1)) resolve({ seconds: (performance.now() - startedMs) / 1000, peakBytes })
      else reject(new Error(`${program} ended with ${String(code)}`))
    })
  })
}

async function measure({ dir, emit, note }: BenchContext, name: string, sources: readonly string[]): Promise<void> {
  const corpus = path.join(dir, name)
  const bytes = makeLogCorpus(corpus, sources.map((source) => path.join(RECORDED, source)), CORPUS_BYTES, CLIENTS)
  const words = path.join(dir, 'words')
  writeFileSync(words, `${LOG_WORDS.join('\n')}\n`)
  const peers: Readonly<Record<string, readonly string[]>> = { grep: ['env', 'LC_ALL=C', 'grep', '-r', '-c', '-F', '-f', words, corpus], wc: ['sh', '-c', `find '${corpus}' -type f -print0 | xargs -0 cat | wc -l`] }
  const ours: Measured[] = []
  const theirs = new Map(Object.keys(peers).map((peer) => [peer, [] as number[]]))
  for (let run = 0; run < RUNS; run++) {
    ours.push(await measured([...OURS, corpus]))
    for (const [peer, argv] of Object.entries(peers)) theirs.get(peer)?.push((await measured(argv)).seconds)
    note(`${name}: ours ${ours.at(-1)?.seconds.toFixed(2)} s, ${[...theirs].map(([peer, seconds]) => `${peer} ${seconds.at(-1)?.toFixed(2)} s`).join(', ')}`)
  }
  rmSync(corpus, { recursive: true })
  const seconds = median(ours.map((one) => one.seconds))
  const on = `${(bytes / 1e9).toFixed(2)} GB of logs of runs that ${name}, ${LOG_WORDS.length} words`
  for (const [peer, all] of theirs) emit({ bench: `doctor-logs ${name}`, ours: seconds, peer: median(all), peerName: peer, unit: 's', ratio: median(all) / seconds, on })
  emit({ bench: `doctor-logs ${name} rate`, ours: bytes / 1e9 / seconds, peer: bytes / 1e9 / median(theirs.get('grep') ?? []), peerName: 'grep', unit: 'GB/s', ratio: median(theirs.get('grep') ?? []) / seconds, on })
  const peak = Math.max(...ours.map(({ peakBytes }) => peakBytes))
  emit({ bench: `doctor-logs ${name} memory`, ours: peak / 1e6, peer: LIMIT_BYTES / 1e6, peerName: 'the limit', unit: 'MB', ratio: LIMIT_BYTES / peak, on })
}

async function run(context: BenchContext): Promise<void> {
  const recorded = readdirSync(RECORDED)
  const isWell = (name: string): boolean => name === 'nothing-wrong' || name.startsWith('healthy-')
  await measure(context, 'went well', recorded.filter(isWell))
  await measure(context, 'failed', recorded.filter((name) => !isWell(name)))
}

export const benchCase: BenchCase = { name: 'doctor-logs', summary: 'holdfast doctor logs over a gigabyte, against grep -F -f and wc -l, with its memory', run }
