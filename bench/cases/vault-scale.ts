// How a vault grows: time and memory to open it, to add the same small dump, to ask for segments in no order, to check its structure and to prune a tenth of it, at several
// numbers of real segments. There is no peer: each size is held against the one before, a segment (> 1: a segment costs less at the larger size). Words: the sizes.
// `vault-scale:files,100000,5000000` makes dumps of so many files instead, a first one and one with nothing changed: what agent and server have resident must not follow the number.
//
// A vault of ten million segments takes 2.5 GB below the directory for temporary files, five million files 3 GB: both are larger than a memory should hold.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import type { BenchCase, BenchContext } from '../case.ts'
import { compileProgram } from '../lab/compiled-program.ts'
import { makeManyFiles } from '../lab/many-files.ts'
import { cpuSeconds, residentBytes } from '../lab/measure.ts'

/** As the launcher starts a server. */
const { nodeFlags, ENVIRONMENT } = createRequire(import.meta.url)('../../scripts/launch.cjs') as { readonly nodeFlags: (args: readonly string[]) => string[]; readonly ENVIRONMENT: Readonly<Record<string, string>> }
const SIZES = [250_000, 1_000_000]
const FILES = [100_000, 1_000_000]
/** One file of so many has contents, of its own. */
const CONTENTS_EVERY = 10
const HOST = 'client'
const LIMIT_BYTES = 256e6
const DUMP_MS_MAX = 3_600_000
/** They cost the same at every size, and are not counted a segment. */
const FIXED = new Set(['add', 'known', 'plan'])

interface Measured {
  readonly segments: number
  readonly indexResidentBytes: number
  readonly steps: Readonly<Record<string, { readonly seconds: number; readonly cpuSeconds: number; readonly peakBytes: number }>>
}

function measure(count: number): Measured {
  const dir = path.join(tmpdir(), `holdfast-bench-vault-${process.pid}-${count}`)
  try {
    const argv = [...nodeFlags(['server', 'run']), path.join(import.meta.dirname, '../peers/vault-scale.ts'), dir, String(count)]
    const result = spawnSync(process.execPath, argv, { encoding: 'utf8', env: { ...process.env, ...ENVIRONMENT }, stdio: ['ignore', 'pipe', 'inherit'] })
    if (result.status !== 0) throw new Error(`the vault of ${count} segments failed with ${result.status ?? result.signal}`)
    return JSON.parse(result.stdout) as Measured
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Peaks {
  readonly agent: number
  readonly server: number
}

async function measureFiles({ dir, note }: BenchContext, program: string, count: number): Promise<Peaks> {
  const tree = path.join(tmpdir(), `holdfast-bench-tree-${process.pid}-${count}`)
  const vault = path.join(tmpdir(), `holdfast-bench-vault-${process.pid}`)
  const lab = path.join(dir, 'lab')
  mkdirSync(tree)
  try {
    makeManyFiles(tree, count, CONTENTS_EVERY)
    await using holdfast = new HoldfastLab({ dir: lab, program, port: await freePort(), serverYaml: `hosts:\n  ${HOST}:\n    - disk: tree\n      device: ${tree}\n      exclude: []\nstorage:\n  kind: vault\n  directory: ${vault}\n` })
    const server = await holdfast.startServer()
    await holdfast.enrol(HOST)
    const agent = await holdfast.startAgent(HOST)
    const peaks = (): Peaks => ({ agent: residentBytes(agent.pid).peak, server: residentBytes(server.pid).peak })
    for (const what of ['first', 'unchanged']) {
      const [agentCpu, serverCpu] = [cpuSeconds(agent.pid), cpuSeconds(server.pid)]
      await holdfast.must('server', ['dump', HOST], DUMP_MS_MAX)
      note(`${count} files, ${what}: CPU s agent ${(cpuSeconds(agent.pid) - agentCpu).toFixed(1)}, server ${(cpuSeconds(server.pid) - serverCpu).toFixed(1)}; at most so far agent ${Math.round(peaks().agent / 1e6)} MB, server ${Math.round(peaks().server / 1e6)} MB`)
    }
    return peaks()
  } finally {
    for (const made of [tree, vault, lab]) rmSync(made, { recursive: true, force: true })
  }
}

async function compareFiles(context: BenchContext, counts: readonly number[]): Promise<void> {
  const program = compileProgram(path.join(context.dir, 'program'))
  let before: { readonly count: number; readonly peaks: Peaks } | undefined
  for (const count of counts) {
    const peaks = await measureFiles(context, program, count)
    const on = `${count} files, a first dump and one with nothing changed`
    for (const side of ['agent', 'server'] as const) {
      const ours = Math.round(peaks[side] / 1e6)
      context.emit({ bench: `vault-scale:files-${side}`, ours, peer: LIMIT_BYTES / 1e6, peerName: 'the limit', unit: 'MB resident', ratio: LIMIT_BYTES / peaks[side], on })
      if (before !== undefined) context.emit({ bench: `vault-scale:files-${side}`, ours, peer: Math.round(before.peaks[side] / 1e6), peerName: `itself with ${before.count} files`, unit: 'MB resident', ratio: before.peaks[side] / peaks[side], on })
    }
    before = { count, peaks }
  }
}

export const benchCase: BenchCase = {
  name: 'vault-scale',
  summary: 'time and memory of a vault against the number of its segments, or of the files of a dump (:COUNT,COUNT or files,COUNT,COUNT)',
  async run(context) {
    const counts = context.parts.map(Number).filter((count) => Number.isSafeInteger(count) && count > 0)
    if (context.parts.includes('files')) return await compareFiles(context, counts.length === 0 ? FILES : counts)
    let before: Measured | undefined
    for (const count of counts.length === 0 ? SIZES : counts) {
      const now = measure(count)
      const list = Object.entries(now.steps).map(([name, { seconds, cpuSeconds, peakBytes }]) => `${name} ${seconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(2)}) ${(peakBytes / 1e6).toFixed(0)} MB`)
      context.note(`${now.segments} segments: index resident ${(now.indexResidentBytes / 1e6).toFixed(1)} MB; ${list.join(', ')}`)
      for (const [name, { cpuSeconds, peakBytes }] of Object.entries(now.steps)) {
        const earlier = before?.steps[name]
        if (before === undefined || earlier === undefined) continue
        const [ours, peer, unit] = FIXED.has(name) ? [cpuSeconds, earlier.cpuSeconds, 'CPU s'] : [(cpuSeconds * 1e6) / now.segments, (earlier.cpuSeconds * 1e6) / before.segments, 'CPU s a million segments']
        const about = { peerName: `itself with ${before.segments} segments`, on: `${now.segments} segments` }
        context.emit({ bench: `vault-scale:${name}`, ours, peer, unit, ratio: peer / ours, ...about })
        context.emit({ bench: `vault-scale:${name}-memory`, ours: peakBytes / 1e6, peer: earlier.peakBytes / 1e6, unit: 'MB resident', ratio: earlier.peakBytes / peakBytes, ...about })
      }
      before = now
    }
  },
}
