// How a vault grows: time and memory to open it, to add the same small dump, to ask for segments in no order, to check its structure and to prune a tenth of it, at several
// numbers of real segments. There is no peer: each size is held against the one before, a segment (> 1: a segment costs less at the larger size). Words: the sizes.
//
// A vault of ten million segments takes 2.5 GB below the bench's directory.

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import type { BenchCase, BenchContext } from '../case.ts'

const SIZES = [250_000, 1_000_000]
/** They cost the same at every size, and are not counted a segment. */
const FIXED = new Set(['add', 'known'])

interface Measured {
  readonly segments: number
  readonly indexResidentBytes: number
  readonly steps: Readonly<Record<string, { readonly seconds: number; readonly cpuSeconds: number; readonly peakBytes: number }>>
}

function measure(context: BenchContext, count: number): Measured {
  const dir = path.join(context.dir, `vault-${count}`)
  try {
    const result = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '../peers/vault-scale.ts'), dir, String(count)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    if (result.status !== 0) throw new Error(`the vault of ${count} segments failed with ${result.status ?? result.signal}`)
    return JSON.parse(result.stdout) as Measured
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export const benchCase: BenchCase = {
  name: 'vault-scale',
  summary: 'time and memory of a vault against the number of its segments',
  run(context) {
    let before: Measured | undefined
    for (const count of context.parts.length === 0 ? SIZES : context.parts.map(Number)) {
      const now = measure(context, count)
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
    return Promise.resolve()
  },
}
