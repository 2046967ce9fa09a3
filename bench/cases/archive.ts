// Our archiver alone into a pipe against `tar cf - TREE | cat > FILE`, and against tar with the words the agent's gnutar gives it, which write the same things as
// we do (nanoseconds, attributes, lists); then level 1 with nothing changed against `tar --listed-incremental`. Same trees in memory, interleaved, medians. An agent
// runs already, so the start of Node is not the archiver's: a run over an empty directory is taken off ours.

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { BenchCase, BenchContext } from '../case.ts'
import { compilePeer } from '../lab/compiled-peer.ts'
import { makeTree, type TreeShape } from '../lab/measure.ts'
import { interleaved, timed, type Contender, type Median } from '../lab/timed.ts'

const RUNS = 5
const NODE = `'${process.execPath}' --disable-warning=ExperimentalWarning --max-semi-space-size=4`
const INDEXES = ['none', 'attributes']

const SHAPES: readonly TreeShape[] = [
  { name: 'small-files', fileCount: 100_000, fileBytes: 2048 },
  { name: 'large-files', fileCount: 4, fileBytes: 384 * 1024 * 1024 },
]

/** Of the tree with many directories: 40,200 of them, and 260,000 files. */
const WIDE = { name: 'many-directories', above: 200, below: 200, files: 6.5 }

const FULL_TAR = `tar --create --file=- --blocking-factor=64 --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --numeric-owner --one-file-system --sparse --xattrs --acls`

function makeWideTree(root: string): number {
  const { above, below, files } = WIDE
  let number = 0
  for (let directory = 0; directory < above * below; directory++) {
    const dir = path.join(root, `d${Math.floor(directory / below)}`, `sub${directory % below}`)
    mkdirSync(dir, { recursive: true })
    for (; number < (directory + 1) * files; number++) writeFileSync(path.join(dir, `file-${number}`), 'x'.repeat(100))
  }
  return number + above * below + above
}

function intoFile(dir: string, name: string, script: string, top: string, prepare?: () => void): Contender {
  const out = path.join(dir, 'out')
  return {
    name,
    prepare() {
      rmSync(out, { force: true })
      prepare?.()
    },
    run: () => timed(dir, `${script} | cat > '${out}'`, [top]),
  }
}

/** One line for each pair: how much of `amount` a second. */
function ratios(context: BenchContext, bench: string, on: string, amount: number, unit: string, medians: ReadonlyMap<string, Median>): void {
  const start = medians.get('ours-empty')?.seconds ?? 0
  for (const index of INDEXES) {
    const mine = medians.get(`ours-${index}`)
    for (const [peerName, peer] of medians) {
      if (mine === undefined || peerName.startsWith('ours')) continue
      const [ourRate, peerRate] = [amount / (mine.seconds - start), amount / peer.seconds]
      context.emit({ bench: `archive/${bench}/index-${index}/${peerName.replaceAll(' ', '-')}`, ours: Math.round(ourRate), peer: Math.round(peerRate), peerName: `${peerName} | cat > FILE`, unit, ratio: Number((ourRate / peerRate).toFixed(3)), on: `${on}, median of ${RUNS}, less ${start.toFixed(2)} s for the start of Node`, cpuOurs: mine.cpu, cpuPeer: peer.cpu })
    }
  }
}

async function compareFull(context: BenchContext, peer: string, { name, fileCount, fileBytes }: TreeShape): Promise<void> {
  const dir = path.join(context.dir, name)
  const [tree, empty] = [path.join(dir, 'tree'), path.join(dir, 'empty')]
  mkdirSync(empty, { recursive: true })
  const bytes = makeTree(tree, fileCount, fileBytes)
  const ours = (index: string): string => `${NODE} '${peer}' "$1" ${index}`
  const medians = await interleaved(
    [
      ...INDEXES.map((index) => intoFile(dir, `ours-${index}`, ours(index), tree)),
      intoFile(dir, 'ours-empty', ours('none'), empty),
      intoFile(dir, 'plain tar', 'tar -cf - -C "$1" .', tree),
      intoFile(dir, 'same tar', `rm -f '${dir}/list'; ${FULL_TAR} --listed-incremental='${dir}/list' -C "$1" .`, tree),
    ],
    RUNS,
    (text) => context.note(`${name} ${text}`),
  )
  ratios(context, name, `${fileCount} files of ${fileBytes} bytes in memory`, bytes / 1e6, 'MB/s', medians)
  rmSync(dir, { recursive: true, force: true })
}

async function compareLevel(context: BenchContext, peer: string, name: string, makeEntries: (tree: string) => number): Promise<void> {
  const dir = path.join(context.dir, name)
  const [tree, empty] = [path.join(dir, 'tree'), path.join(dir, 'empty')]
  mkdirSync(empty, { recursive: true })
  const entries = makeEntries(tree)
  const [base, snapshot, full, list] = ['base', 'snapshot', 'list.full', 'list'].map((file) => path.join(dir, file)) as [string, string, string, string]
  // What was changed just before a dump is in doubt at the next, to us.
  await timed(dir, 'sleep 3', [])
  for (const [top, file] of [[tree, base], [empty, `${base}-empty`]] as const) await timed(dir, `${NODE} '${peer}' "$1" none '${file}' > /dev/null`, [top])
  await timed(dir, `tar -cf - --listed-incremental='${full}' -C "$1" . | cat > /dev/null`, [tree])
  const ours = (index: string, file = base): string => `${NODE} '${peer}' "$1" ${index} '${snapshot}' '${file}'`
  const medians = await interleaved(
    [
      ...INDEXES.map((index) => intoFile(dir, `ours-${index}`, ours(index), tree)),
      intoFile(dir, 'ours-empty', ours('none', `${base}-empty`), empty),
      // tar writes its list anew each time.
      intoFile(dir, 'tar --listed-incremental', `tar -cf - --listed-incremental='${list}' -C "$1" .`, tree, () => copyFileSync(full, list)),
    ],
    RUNS,
    (text) => context.note(`${name}, nothing changed: ${text}`),
  )
  ratios(context, `${name}/nothing-changed`, `level 1 of ${entries} files and directories in memory`, entries / 1e3, 'thousand entries/s', medians)
  rmSync(dir, { recursive: true, force: true })
}

export const benchCase: BenchCase = {
  name: 'archive',
  summary: 'The archiver alone into a pipe, full and at level 1, against tar | cat > FILE (parts: full, level)',
  async run(context) {
    const peer = compilePeer(path.join(context.dir, 'program'), 'archive-pipe')
    const isWanted = (part: string): boolean => context.parts.length === 0 || context.parts.includes(part)
    if (isWanted('full')) for (const shape of SHAPES) await compareFull(context, peer, shape)
    if (!isWanted('level')) return
    await compareLevel(context, peer, 'small-files', (tree) => {
      makeTree(tree, 120_000, 2048)
      return 120_600
    })
    await compareLevel(context, peer, WIDE.name, makeWideTree)
  },
}
