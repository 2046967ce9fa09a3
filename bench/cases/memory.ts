// Resident memory of server and agent with twenty dumps at once, against the 160 MB they may have (there is no peer for it: the ratio is
// the limit over what was seen, > 1 is within it). It runs the compiled program, as it is installed: stripping types costs thirty megabytes. Two trees: many names, which load the index, and few large files, which load the flow. The
// twenty disks are twenty names of one tree, so that the tree is there once.

import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import type { BenchCase, BenchContext } from '../case.ts'
import { compileProgram } from '../lab/compiled-program.ts'
import { makeTree, residentBytes } from '../lab/measure.ts'

const HOST = 'client'
const DUMPS = 20
const LIMIT_BYTES = 160e6

interface Shape {
  readonly name: string
  readonly fileCount: number
  readonly fileBytes: number
  /** Of the dumptype, as YAML. */
  readonly dumptype: string
}

const SHAPES: readonly Shape[] = [
  { name: 'small-files', fileCount: 40_000, fileBytes: 512, dumptype: '' },
  { name: 'large-files', fileCount: 3, fileBytes: 32 * 1024 * 1024, dumptype: '' },
  { name: 'compressed-here', fileCount: 2, fileBytes: 24 * 1024 * 1024, dumptype: '      compress: {kind: zstd, where: server}\n' },
]

interface Summary {
  readonly good: number
  readonly startedMs: number
  readonly endedMs: number
  readonly dumps: readonly { readonly startedMs?: number; readonly endedMs?: number; readonly faultCode?: string; readonly message?: string }[]
}

/** How many dumps ran at the same time, at most. */
function mostAtOnce({ dumps }: Summary): number {
  return Math.max(...dumps.map((one) => dumps.filter((other) => (other.startedMs ?? 0) <= (one.startedMs ?? 0) && (one.startedMs ?? 0) < (other.endedMs ?? 0)).length))
}

async function measure(context: BenchContext, shape: Shape, program: string): Promise<void> {
  const dir = path.join(context.dir, shape.name)
  const tree = path.join(dir, 'tree')
  mkdirSync(dir, { recursive: true })
  const bytes = makeTree(tree, shape.fileCount, shape.fileBytes)
  const disks = Array.from({ length: DUMPS }, (_none, index) => `    - {disk: disk-${index}, device: ${tree}}\n`).join('')
  await using holdfast = new HoldfastLab({
    dir,
    program,
    port: await freePort(),
    serverYaml: `hosts:\n  ${HOST}:\n    disks:\n${disks.replaceAll(/^ {4}/gm, '      ')}    max-dumps: ${DUMPS}\n    estimate: server\n    exclude: []\n${shape.dumptype.replaceAll(/^ {6}/gm, '    ')}limits:\n  parallel-dumps: ${DUMPS}\n`,
  })
  const server = await holdfast.startServer()
  await holdfast.enrol(HOST)
  const agent = await holdfast.startAgent(HOST)
  const idle = { server: residentBytes(server.pid).peak, agent: residentBytes(agent.pid).peak }
  const result = await holdfast.run('server', ['dump', '--json', '--level', 'full'])
  const summary = JSON.parse(result.stdout) as Summary
  if (summary.good !== DUMPS) throw new Error(`${summary.good} of ${DUMPS} dumps are good: ${JSON.stringify(summary.dumps.filter(({ faultCode }) => faultCode !== undefined)).slice(0, 2000)}`)
  const on = `${DUMPS} dumps, ${mostAtOnce(summary)} of them at once, each of ${shape.fileCount} files of ${shape.fileBytes} bytes`
  for (const [side, pid] of [['server', server.pid], ['agent', agent.pid]] as const) {
    const { peak } = residentBytes(pid)
    context.emit({ bench: `memory/${shape.name}/${side}`, ours: Math.round(peak / 1e6), peer: LIMIT_BYTES / 1e6, peerName: 'the limit', unit: 'MB resident at most', ratio: Number((LIMIT_BYTES / peak).toFixed(2)), on })
    context.note(`${shape.name}: ${side} ${Math.round(idle[side] / 1e6)} MB before, ${Math.round(peak / 1e6)} MB at most; ${Math.round((DUMPS * bytes) / 1e6)} MB in ${Math.round((summary.endedMs - summary.startedMs) / 1000)} s`)
  }
  rmSync(dir, { recursive: true, force: true })
}

export const benchCase: BenchCase = {
  name: 'memory',
  summary: 'Resident memory of server and agent with twenty dumps at once',
  async run(context) {
    const program = compileProgram(path.join(context.dir, 'program'))
    for (const shape of SHAPES) await measure(context, shape, program)
  },
}
