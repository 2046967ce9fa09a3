// Our archiver alone into a pipe against `tar cf - TREE | cat > FILE`, and against tar with the words the agent's gnutar gives it, which write the same things as
// we do (nanoseconds, attributes, lists); then level 1 with nothing changed against `tar --listed-incremental`. Same trees in memory, interleaved, medians. Ours is
// measured twice: `agent`, in a process that runs already and was asked for the estimate of the same dump and for a dump of a tiny tree before, as a run does
// it, a new one each time; and `cold`, with the start of Node, threads and all.

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { BenchCase, BenchContext } from '../case.ts'
import { compilePeer } from '../lab/compiled-peer.ts'
import { makeTree, type TreeShape } from '../lab/measure.ts'
import { RunningAgent } from '../lab/running-agent.ts'
import { interleaved, timed, type Contender, type Median } from '../lab/timed.ts'

const RUNS = 5
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4']
const NODE = `'${process.execPath}' ${FLAGS.join(' ')}`
const INDEXES = ['none', 'attributes']
/** Of the tree that an agent has dumped before. */
const TINY_FILES = 1000

const SHAPES: readonly TreeShape[] = [
  { name: 'small-files', fileCount: 120_000, fileBytes: 2048 },
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

interface OurDump {
  readonly dir: string
  readonly peer: string
  /** Words of the peer. */
  readonly words: readonly string[]
  /** Those of a dump of a tiny tree. */
  readonly tinyWords: readonly string[]
}

/** A process that has just done the estimate, asked for the dump. */
function byAgent(name: string, { dir, peer, words, tinyWords }: OurDump): Contender {
  const [out, fifo] = [path.join(dir, 'out'), path.join(dir, 'fifo')]
  let agent: RunningAgent | undefined
  return {
    name,
    async prepare() {
      rmSync(out, { force: true })
      agent = new RunningAgent([process.execPath, ...FLAGS, peer, '--agent'])
      await agent.order(['/dev/null', ...tinyWords])
      await agent.order(['', ...words])
    },
    async run() {
      if (agent === undefined) throw new Error('there is no agent')
      try {
        const [cpuBefore, startedMs] = [agent.cpuSeconds, performance.now()]
        const [read] = await Promise.all([timed(dir, `cat '${fifo}' > '${out}'`), agent.order([fifo, ...words])])
        const seconds = (performance.now() - startedMs) / 1000
        return { ...read, seconds, cpu: read.cpu + agent.cpuSeconds - cpuBefore }
      } finally {
        await agent[Symbol.asyncDispose]()
      }
    },
  }
}

function ours(dump: OurDump): Contender[] {
  const words = dump.words.map((word) => `'${word}'`).join(' ')
  const index = dump.words[1] ?? ''
  return [byAgent(`agent-${index}`, dump), intoFile(dump.dir, `cold-${index}`, `${NODE} '${dump.peer}' ${words}`, '')]
}

/** One line for each pair: how much of `amount` a second. */
function ratios(context: BenchContext, bench: string, on: string, amount: number, unit: string, medians: ReadonlyMap<string, Median>): void {
  for (const [name, mine] of medians) {
    if (!/^(agent|cold)-/.test(name)) continue
    for (const [peerName, peer] of medians) {
      if (/^(agent|cold)-/.test(peerName)) continue
      const [ourRate, peerRate] = [amount / mine.seconds, amount / peer.seconds]
      context.emit({ bench: `archive/${bench}/${name}/${peerName.replaceAll(' ', '-')}`, ours: Math.round(ourRate), peer: Math.round(peerRate), peerName: `${peerName} | cat > FILE`, unit, ratio: Number((ourRate / peerRate).toFixed(3)), on: `${on}, median of ${RUNS}`, cpuOurs: Number(mine.cpu.toFixed(2)), cpuPeer: peer.cpu })
    }
  }
}

/** Directories of one comparison: the tree, a tiny one, and a fifo. */
async function prepared(context: BenchContext, name: string): Promise<{ readonly dir: string; readonly tree: string; readonly tiny: string }> {
  const dir = path.join(context.dir, name)
  const [tree, tiny] = [path.join(dir, 'tree'), path.join(dir, 'tiny')]
  mkdirSync(tree, { recursive: true })
  makeTree(tiny, TINY_FILES, 2048)
  await timed(dir, 'mkfifo fifo')
  return { dir, tree, tiny }
}

async function compareFull(context: BenchContext, peer: string, { name, fileCount, fileBytes }: TreeShape): Promise<void> {
  const { dir, tree, tiny } = await prepared(context, name)
  const bytes = makeTree(tree, fileCount, fileBytes)
  const medians = await interleaved(
    [
      ...INDEXES.flatMap((index) => ours({ dir, peer, words: [tree, index], tinyWords: [tiny, index] })),
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
  const { dir, tree, tiny } = await prepared(context, name)
  const entries = makeEntries(tree)
  const [base, snapshot, full, list] = ['base', 'snapshot', 'list.full', 'list'].map((file) => path.join(dir, file)) as [string, string, string, string]
  // What was changed just before a dump is in doubt at the next, to us.
  await timed(dir, 'sleep 3', [])
  for (const [top, file] of [[tree, base], [tiny, `${base}-tiny`]] as const) await timed(dir, `${NODE} '${peer}' "$1" none '${file}' > /dev/null`, [top])
  await timed(dir, `tar -cf - --listed-incremental='${full}' -C "$1" . | cat > /dev/null`, [tree])
  const medians = await interleaved(
    [
      ...INDEXES.flatMap((index) => ours({ dir, peer, words: [tree, index, snapshot, base], tinyWords: [tiny, index, snapshot, `${base}-tiny`] })),
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
  summary: 'The archiver alone into a pipe, full and at level 1, against tar | cat > FILE (parts: full, level, or a shape of either)',
  async run(context) {
    const peer = compilePeer(path.join(context.dir, 'program'), 'archive-pipe')
    const isWanted = (part: string): boolean => context.parts.length === 0 || context.parts.includes(part)
    for (const shape of SHAPES) if (isWanted('full') || isWanted(`full-${shape.name}`)) await compareFull(context, peer, shape)
    const makeSmall = (tree: string): number => {
      makeTree(tree, 120_000, 2048)
      return 120_600
    }
    if (isWanted('level') || isWanted('level-small-files')) await compareLevel(context, peer, 'small-files', makeSmall)
    if (isWanted('level') || isWanted(`level-${WIDE.name}`)) await compareLevel(context, peer, WIDE.name, makeWideTree)
  },
}
