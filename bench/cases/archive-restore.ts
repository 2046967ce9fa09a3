// Restores of the program as it is installed, wall seconds from the start of the command: everything against `tar xf` of the same archive, small and large files; and one
// file of 4 KiB out of a dump of 4 GB, with the bytes that all system calls read. The limits of the issue stand beside the latter, as nothing else can do it.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import { archiveCommand } from '../../integration/lab/taped-dump.ts'
import { median, type BenchCase, type BenchContext } from '../case.ts'
import { commandOf, compileProgram } from '../lab/compiled-program.ts'
import { makeTree, type TreeShape } from '../lab/measure.ts'
import { interleaved, timed, type Timed } from '../lab/timed.ts'

const HOST = 'client'
const RUNS = 5
const SECONDS_MAX = 1
const BYTES_READ_MAX = 20e6

const SHAPES: readonly TreeShape[] = [
  { name: 'small-files', fileCount: 100_000, fileBytes: 4096 },
  { name: 'large-files', fileCount: 4, fileBytes: 384 * 1024 * 1024 },
]

/** A server with one disk, dumped once. */
class Dumped implements AsyncDisposable {
  readonly #holdfast: HoldfastLab
  readonly #command: string
  readonly run: string
  private constructor(holdfast: HoldfastLab, command: string, run: string) {
    this.#holdfast = holdfast
    this.#command = command
    this.run = run
  }

  /** `isHeld`: volumes have no room for it, so it stays on the holding disk. */
  static async make(dir: string, program: string, tree: string, dumptype: string, isHeld = false): Promise<Dumped> {
    const holdfast = new HoldfastLab({ dir, program, port: await freePort(), serverYaml: `hosts:\n  ${HOST}:\n    - disk: tree\n      device: ${tree}\n      exclude: []\n      estimate: server\n${dumptype}storage:\n  directory: ${dir}/volumes\n  slots: ${isHeld ? 1 : 3}\n  volume-size: ${isHeld ? '512 MiB' : '100 GiB'}\n` })
    await holdfast.startServer()
    await holdfast.enrol(HOST)
    await holdfast.startAgent(HOST)
    const { stdout, stderr } = await holdfast.run('server', ['dump', HOST, '--level', 'full', '--json'])
    const { run, dumps } = JSON.parse(stdout) as { readonly run: string; readonly dumps: readonly { readonly status?: string }[] }
    if (dumps.some(({ status }) => status !== 'complete')) throw new Error(`the dump failed: ${stderr}`)
    if (existsSync(path.join(dir, 'holding', run)) !== isHeld) throw new Error(`the dump is not on the ${isHeld ? 'holding disk' : 'volumes'}`)
    return new Dumped(holdfast, commandOf(program), run)
  }

  /** A command of the server's operator as it is installed, quoted for a shell. */
  words(args: readonly string[]): string {
    return [this.#command, '--config', this.#holdfast.serverConfig, ...args].map((word) => `'${word}'`).join(' ')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holdfast[Symbol.asyncDispose]()
  }
}

async function everything(context: BenchContext, program: string, shape: TreeShape): Promise<void> {
  const dir = path.join(context.dir, shape.name)
  const tree = path.join(dir, 'tree')
  mkdirSync(dir)
  const bytes = makeTree(tree, shape.fileCount, shape.fileBytes)
  await using dumped = await Dumped.make(path.join(dir, 'holdfast'), program, tree, '')
  rmSync(tree, { recursive: true })
  const target = path.join(dir, 'restored')
  const clear = (): void => rmSync(target, { recursive: true, force: true })
  const archive = archiveCommand(path.join(dir, 'holdfast', 'volumes'), 'tree', dumped.run)
  const medians = await interleaved(
    [
      { name: 'ours', prepare: clear, run: () => timed(dir, dumped.words(['restore', HOST, 'tree', '--to', target])) },
      { name: 'start', run: () => timed(dir, dumped.words(['version'])) },
      { name: 'tar', prepare: clear, run: () => timed(dir, `mkdir '${target}'; ( ${archive} ) | tar -xpf - --numeric-owner -C '${target}'`) },
    ],
    RUNS,
    (text) => context.note(`${shape.name} ${text}`),
  )
  const [ours, peer, start] = [medians.get('ours'), medians.get('tar'), medians.get('start')]
  if (ours === undefined || peer === undefined || start === undefined) return
  const rate = (seconds: number): number => bytes / 1e6 / seconds
  for (const [name, off, words] of [['', 0, 'from the start of the command'], ['/running', start.seconds, `less ${start.seconds.toFixed(2)} s, which \`version\` takes`]] as const) {
    const seconds = ours.seconds - off
    context.emit({ bench: `archive-restore/${shape.name}${name}`, ours: Math.round(rate(seconds)), peer: Math.round(rate(peer.seconds)), peerName: 'tar xf of the same archive', unit: 'MB/s', ratio: Number((peer.seconds / seconds).toFixed(3)), on: `${shape.fileCount} files of ${shape.fileBytes} bytes, volumes and target in memory, median of ${RUNS}, ${words}`, cpuOurs: ours.cpu, cpuPeer: peer.cpu })
  }
  rmSync(dir, { recursive: true, force: true })
}

/** A thousand files of 4 MiB, and the one among small ones at the end of them. On the holding disk a quarter of that, since tree and dump are there at once. */
async function oneFile(context: BenchContext, program: string, dumptype: string, name: string, isHeld = false): Promise<void> {
  const dir = path.join(context.dir, `one-${name}`)
  const tree = path.join(dir, 'tree')
  mkdirSync(dir)
  const bytes = makeTree(tree, isHeld ? 250 : 1000, 4 * 1024 * 1024)
  makeTree(path.join(tree, 'small'), 2000, 4096)
  const place = isHeld ? 'd1' : 'd4'
  writeFileSync(path.join(tree, place, 'wanted'), Buffer.alloc(4096, 'wanted '))
  await using dumped = await Dumped.make(path.join(dir, 'holdfast'), program, tree, dumptype, isHeld)
  rmSync(tree, { recursive: true })
  const results: Timed[] = []
  for (let run = -1; run < RUNS; run++) {
    const target = path.join(dir, `target-${run}`)
    const result = await timed(dir, `${dumped.words(['recover', 'extract', HOST, 'tree', `/${place}/wanted`, '--to', target])} && cmp -n 4096 '${target}/${place}/wanted' <(head -c 4096 < <(yes 'wanted ' | tr -d '\\n'))`)
    if (run >= 0) results.push(result)
  }
  const seconds = median(results.map((result) => result.seconds))
  const read = median(results.map((result) => result.bytesRead))
  const on = `4 KiB out of a dump of ${Math.round(bytes / 1e6)} MB (${name}), median of ${RUNS}, from the start of the command`
  context.emit({ bench: `archive-restore/one-file-${name}/seconds`, ours: Number(seconds.toFixed(3)), peer: SECONDS_MAX, peerName: 'the limit', unit: 's', ratio: Number((SECONDS_MAX / seconds).toFixed(2)), on })
  context.emit({ bench: `archive-restore/one-file-${name}/bytes-read`, ours: Number((read / 1e6).toFixed(2)), peer: BYTES_READ_MAX / 1e6, peerName: 'the limit', unit: 'MB read, the program itself among them', ratio: Number((BYTES_READ_MAX / read).toFixed(2)), on })
  rmSync(dir, { recursive: true, force: true })
}

export const benchCase: BenchCase = {
  name: 'archive-restore',
  summary: 'Everything back against tar xf; one small file out of a large dump (:small-files,large-files,plain,zstd,holding)',
  async run(context) {
    const program = compileProgram(path.join(context.dir, 'program'))
    const isWanted = (part: string): boolean => context.parts.length === 0 || context.parts.includes(part)
    for (const shape of SHAPES) if (isWanted(shape.name)) await everything(context, program, shape)
    if (isWanted('plain')) await oneFile(context, program, '', 'plain')
    if (isWanted('zstd')) await oneFile(context, program, '      compress: {kind: zstd, where: client}\n', 'zstd')
    if (isWanted('holding')) await oneFile(context, program, '', 'holding', true)
  },
}
