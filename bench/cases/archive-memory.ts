// Resident memory of agent and server, at most, over a full dump and an incremental with nothing changed, of trees of very many files: it must not follow their number.
// `archive-memory:1000000,5000000` names the counts (that is the default). The files are empty and lie in a memory file system of their own, which needs root.

import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { command } from '../../integration/lab/commands.ts'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import type { BenchCase, BenchContext } from '../case.ts'
import { compileProgram } from '../lab/compiled-program.ts'
import { makeManyFiles } from '../lab/many-files.ts'
import { residentBytes } from '../lab/measure.ts'

const HOST = 'client'
const COUNTS = [1_000_000, 5_000_000]
const LIMIT_BYTES = 150e6
/** The same within ten percent. */
const GROWTH_MAX = 1.1

interface Peaks {
  readonly agent: number
  readonly server: number
}

async function measure(context: BenchContext, program: string, count: number): Promise<Peaks> {
  // Not beside the other files of the bench: theirs is a file system with a limit of inodes.
  const tree = path.join(tmpdir(), `holdfast-bench-tree-${process.pid}`)
  // Nor there the dumps: they are larger than a memory.
  const dir = path.join(tmpdir(), `holdfast-bench-dumps-${process.pid}`)
  mkdirSync(dir)
  mkdirSync(tree)
  await command(['mount', '-t', 'tmpfs', '-o', 'nr_inodes=0,size=90%', 'holdfast-bench', tree])
  try {
    const startedMs = performance.now()
    makeManyFiles(tree, count)
    context.note(`${count} files made in ${Math.round((performance.now() - startedMs) / 1000)} s`)
    await using holdfast = new HoldfastLab({ dir, program, port: await freePort(), serverYaml: `hosts:\n  ${HOST}:\n    - disk: tree\n      device: ${tree}\n      exclude: []\n      estimate: server\nstorage:\n  directory: ${dir}/volumes\n  slots: 5\n  volume-size: 100 GiB\n` })
    const server = await holdfast.startServer()
    await holdfast.enrol(HOST)
    const agent = await holdfast.startAgent(HOST)
    for (const level of ['0', '1']) {
      const runMs = performance.now()
      await holdfast.must('server', ['dump', HOST, '--level', level], 3_600_000)
      const peaks = { agent: residentBytes(agent.pid).peak, server: residentBytes(server.pid).peak }
      context.note(`${count} files, level ${level}: ${Math.round((performance.now() - runMs) / 1000)} s, agent ${Math.round(peaks.agent / 1e6)} MB, server ${Math.round(peaks.server / 1e6)} MB at most so far`)
    }
    return { agent: residentBytes(agent.pid).peak, server: residentBytes(server.pid).peak }
  } finally {
    await command(['umount', tree])
    rmSync(tree, { recursive: true })
    rmSync(dir, { recursive: true, force: true })
  }
}

export const benchCase: BenchCase = {
  name: 'archive-memory',
  summary: 'Resident memory of agent and server with very many files (:COUNT,COUNT)',
  async run(context) {
    const named = context.parts.map(Number).filter((count) => Number.isSafeInteger(count) && count > 0)
    const counts = named.length === 0 ? COUNTS : named
    const program = compileProgram(path.join(context.dir, 'program'))
    const seen: Peaks[] = []
    for (const count of counts) {
      const peaks = await measure(context, program, count)
      seen.push(peaks)
      for (const side of ['agent', 'server'] as const) context.emit({ bench: `archive-memory/${count}/${side}`, ours: Math.round(peaks[side] / 1e6), peer: LIMIT_BYTES / 1e6, peerName: 'the limit', unit: 'MB resident at most', ratio: Number((LIMIT_BYTES / peaks[side]).toFixed(2)), on: `${count} empty files, a full dump and an incremental` })
    }
    const [least, most] = [seen[0], seen.at(-1)]
    if (least === undefined || most === undefined || seen.length < 2) return
    for (const side of ['agent', 'server'] as const) context.emit({ bench: `archive-memory/growth/${side}`, ours: Number((most[side] / least[side]).toFixed(3)), peer: GROWTH_MAX, peerName: 'the limit', unit: 'times the memory', ratio: Number(((GROWTH_MAX * least[side]) / most[side]).toFixed(3)), on: `${counts.at(-1)} files against ${counts[0]}` })
  },
}
