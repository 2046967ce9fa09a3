// Our archiver alone into a pipe against `tar cf - TREE | cat > FILE`, and against tar with the words the agent's gnutar gives it, which write the same things as
// we do (nanoseconds, attributes, lists). Same tree in memory, interleaved, medians. The start of Node is not the archiver's: a run over an empty directory is taken off ours,
// as it is off tar's.

import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { BenchCase, BenchContext } from '../case.ts'
import { makeTree } from '../lab/measure.ts'
import { interleaved, timed, type Contender } from '../lab/timed.ts'

const RUNS = 5
const PEER = path.resolve(import.meta.dirname, '..', 'peers', 'archive-pipe.ts')
const NODE = `'${process.execPath}' --disable-warning=ExperimentalWarning`

interface Shape {
  readonly name: string
  readonly fileCount: number
  readonly fileBytes: number
}

const SHAPES: readonly Shape[] = [
  { name: 'small-files', fileCount: 100_000, fileBytes: 4096 },
  { name: 'large-files', fileCount: 4, fileBytes: 384 * 1024 * 1024 },
]

const FULL_TAR = `tar --create --file=- --blocking-factor=64 --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --numeric-owner --one-file-system --sparse --xattrs --acls`

async function compare(context: BenchContext, shape: Shape): Promise<void> {
  const dir = path.join(context.dir, shape.name)
  const tree = path.join(dir, 'tree')
  const empty = path.join(dir, 'empty')
  mkdirSync(empty, { recursive: true })
  const bytes = makeTree(tree, shape.fileCount, shape.fileBytes)
  const out = path.join(dir, 'out')
  const contender = (name: string, script: string, top: string): Contender => ({ name, prepare: () => rmSync(out, { force: true }), run: () => timed(dir, `${script} | cat > '${out}'`, [top]) })
  const ours = `${NODE} '${PEER}' "$1"`
  const medians = await interleaved(
    [contender('ours', ours, tree), contender('ours-empty', ours, empty), contender('plain tar', 'tar -cf - -C "$1" .', tree), contender('same tar', `rm -f '${dir}/list'; ${FULL_TAR} --listed-incremental='${dir}/list' -C "$1" .`, tree)],
    RUNS,
    (text) => context.note(`${shape.name} ${text}`),
  )
  const start = medians.get('ours-empty')?.seconds ?? 0
  const mine = medians.get('ours')
  for (const peerName of ['plain tar', 'same tar']) {
    const peer = medians.get(peerName)
    if (mine === undefined || peer === undefined) continue
    const [ourRate, peerRate] = [bytes / 1e6 / (mine.seconds - start), bytes / 1e6 / peer.seconds]
    context.emit({ bench: `archive/${shape.name}/${peerName.replace(' ', '-')}`, ours: Math.round(ourRate), peer: Math.round(peerRate), peerName: `${peerName} | cat > FILE`, unit: 'MB/s', ratio: Number((ourRate / peerRate).toFixed(3)), on: `${shape.fileCount} files of ${shape.fileBytes} bytes in memory, median of ${RUNS}, less ${start.toFixed(2)} s for the start of Node`, cpuOurs: mine.cpu, cpuPeer: peer.cpu })
  }
  rmSync(dir, { recursive: true, force: true })
}

export const benchCase: BenchCase = {
  name: 'archive',
  summary: 'The archiver alone into a pipe, against tar | cat > FILE',
  async run(context) {
    for (const shape of SHAPES) await compare(context, shape)
  },
}
