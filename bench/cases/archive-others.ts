// The same work by restic and Borg, without encryption where they can do without, printed whatever it says: a first backup, a second one with nothing changed, everything
// back. Ours is the whole of a run over TLS into the holding disk and on to a volume, and the commands as they are installed; theirs is a local repository in
// memory. They deduplicate and compress, which we do not do here.

import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import type { BenchCase, BenchContext } from '../case.ts'
import { compileProgram } from '../lab/compiled-program.ts'
import { makeTree, type TreeShape } from '../lab/measure.ts'
import { interleaved, timed, type Contender } from '../lab/timed.ts'

const HOST = 'client'
const RUNS = 3

const SHAPES: readonly TreeShape[] = [
  { name: 'small-files', fileCount: 100_000, fileBytes: 4096 },
  { name: 'large-files', fileCount: 3, fileBytes: 384 * 1024 * 1024 },
]

const ENVIRONMENT = { RESTIC_PASSWORD: 'bench', BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes', BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes' }

function ratios(context: BenchContext, what: string, on: string, medians: Awaited<ReturnType<typeof interleaved>>): void {
  const ours = medians.get('ours')
  if (ours === undefined) return
  for (const [peerName, peer] of medians) {
    if (peerName === 'ours') continue
    context.emit({ bench: `archive-others/${what}/${peerName}`, ours: Number(ours.seconds.toFixed(2)), peer: Number(peer.seconds.toFixed(2)), peerName, unit: 's', ratio: Number((peer.seconds / ours.seconds).toFixed(3)), on, cpuOurs: ours.cpu, cpuPeer: peer.cpu })
  }
}

async function compare(context: BenchContext, program: string, shape: TreeShape): Promise<void> {
  const dir = path.join(context.dir, shape.name)
  const tree = path.join(dir, 'tree')
  mkdirSync(dir)
  makeTree(tree, shape.fileCount, shape.fileBytes)
  const on = `${shape.fileCount} files of ${shape.fileBytes} bytes in memory, median of ${RUNS}; the CPU of our server and agent is not in ours`
  await using holdfast = new HoldfastLab({ dir: path.join(dir, 'holdfast'), program, port: await freePort(), serverYaml: `hosts:\n  ${HOST}:\n    - disk: tree\n      device: ${tree}\n      exclude: []\n      estimate: server\nstorage:\n  directory: ${dir}/volumes\n  slots: 20\n  volume-size: 100 GiB\n  keep:\n    days: 0\n    fulls: 1\n` })
  await holdfast.startServer()
  await holdfast.enrol(HOST)
  await holdfast.startAgent(HOST)
  const words = (args: readonly string[]): string => holdfast.words('server', args).map((word) => `'${word}'`).join(' ')
  const [restic, borg, target] = [path.join(dir, 'restic'), path.join(dir, 'borg'), path.join(dir, 'target')]
  const shell = (name: string, script: string, prepare?: () => Promise<void>): Contender => ({ name, run: () => timed(dir, script, [tree], { ...ENVIRONMENT, HOME: dir }), ...(prepare === undefined ? {} : { prepare }) })
  const clean = async (script: string): Promise<void> => void (await timed(dir, script, [], { ...ENVIRONMENT, HOME: dir }))
  const note = (text: string): void => context.note(`${shape.name} ${text}`)
  const first = [
    shell('ours', words(['dump', HOST, '--level', 'full'])),
    shell('restic', `restic -q -r '${restic}' backup "$1"`, () => clean(`rm -rf '${restic}' '${dir}/.cache'; restic -q -r '${restic}' init`)),
    shell('borg', `cd "$1" && borg create '${borg}::{now:%s%f}' .`, () => clean(`rm -rf '${borg}' '${dir}/.cache/borg' '${dir}/.config/borg'; borg init -e none '${borg}'`)),
  ]
  ratios(context, `${shape.name}/first`, on, await interleaved(first, RUNS, note))
  const again = [shell('ours', words(['dump', HOST, '--level', '1'])), shell('restic', `restic -q -r '${restic}' backup "$1"`), shell('borg', `cd "$1" && borg create '${borg}::{now:%s%f}' .`)]
  ratios(context, `${shape.name}/nothing-changed`, on, await interleaved(again, RUNS, note))
  const clear = (): Promise<void> => clean(`rm -rf '${target}'`)
  const back = [
    shell('ours', words(['restore', HOST, 'tree', '--to', target]), clear),
    shell('restic', `restic -q -r '${restic}' restore latest --target '${target}'`, clear),
    shell('borg', `mkdir '${target}'; cd '${target}'; borg extract --numeric-ids "${borg}::$(borg list --last 1 --short '${borg}')"`, clear),
  ]
  ratios(context, `${shape.name}/restore`, on, await interleaved(back, RUNS, note))
  rmSync(dir, { recursive: true, force: true })
}

export const benchCase: BenchCase = {
  name: 'archive-others',
  summary: 'The same backups and restores by restic and Borg (:COUNT,COUNT of files of 4 KiB)',
  async run(context) {
    const program = compileProgram(path.join(context.dir, 'program'))
    const named = context.parts.map(Number).filter((count) => Number.isSafeInteger(count) && count > 0)
    const shapes = named.length === 0 ? SHAPES : named.map((fileCount) => ({ name: `${fileCount}-files`, fileCount, fileBytes: 4096 }))
    for (const shape of shapes) await compare(context, program, shape)
  },
}
