// Dumps into a vault and back against restic, Borg and `tar | zstd -1`, of the same trees in memory, interleaved: a first backup, nothing changed, a hundredth changed, everything back; and what
// they store. Ours is the whole of a run as an operator asks for it: command, server and agent, two processes over TLS; CPU seconds are of all of them. The others work
// on a local repository.

import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import type { BenchCase, BenchContext } from '../case.ts'
import { compileProgram } from '../lab/compiled-program.ts'
import { cpuSeconds, residentBytes } from '../lab/measure.ts'
import { inSameShare } from '../lab/same-share.ts'
import { interleaved, timed, type Contender, type Median, type Timed } from '../lab/timed.ts'
import { availableBytes, changeImages, changeSmallFiles, makeImages, makeSmallFiles, storedBytes } from '../lab/vault-trees.ts'

const HOST = 'client'
const RUNS = 5
const GIB = 1024 ** 3
const ENVIRONMENT = { RESTIC_PASSWORD: 'bench', BORG_PASSPHRASE: 'bench', BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes' }
/** Tree, three repositories, a restored tree. */
const MEMORY_FACTOR = 3.4

interface Shape {
  readonly name: 'A' | 'B'
  readonly bytes: number
  make(tree: string): Promise<string>
  change(tree: string, round: number): void
}

function shapeOf(name: 'A' | 'B', scale: number): Shape {
  if (name === 'A') {
    return {
      name,
      bytes: 2 * GIB * scale,
      make: (tree) => {
        const { files, bytes } = makeSmallFiles(tree, Math.round(120_000 * scale), 1.95e9 * scale)
        return Promise.resolve(`${files} files of this machine, ${Math.round(bytes / 1e6)} MB`)
      },
      change: changeSmallFiles,
    }
  }
  return {
    name,
    bytes: 4 * GIB * scale,
    make: async (tree) => {
      await makeImages(tree, 4, GIB * scale)
      return `4 images of ${scale} GiB`
    },
    change: changeImages,
  }
}

/** Server and agent with a vault that holds nothing; made again for every first backup. */
class VaultSide implements AsyncDisposable {
  readonly #options: { readonly dir: string; readonly program: string; readonly tree: string }
  #lab: HoldfastLab | undefined
  #pids: readonly number[] = []
  #resident = { server: 0, agent: 0 }

  constructor(options: { readonly dir: string; readonly program: string; readonly tree: string }) {
    this.#options = options
  }

  get vault(): string {
    return path.join(this.#options.dir, 'vault')
  }

  async renew(): Promise<void> {
    await this[Symbol.asyncDispose]()
    const { dir, program, tree } = this.#options
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    const lab = new HoldfastLab({ dir, program, on: (_side, argv) => inSameShare(argv), port: await freePort(), serverYaml: `hosts:\n  ${HOST}:\n    - disk: tree\n      device: ${tree}\n      exclude: []\nstorage:\n  kind: vault\n  directory: ${this.vault}\n` })
    this.#lab = lab
    const server = await lab.startServer()
    await lab.enrol(HOST)
    const agent = await lab.startAgent(HOST)
    this.#pids = [server.pid, agent.pid]
  }

  /** A command, with the CPU seconds of server and agent. */
  async command(args: readonly string[]): Promise<Timed> {
    const lab = this.#lab
    if (lab === undefined) throw new Error('there is no server')
    const cpu = (): number => this.#pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
    const before = cpu()
    const result = await timed(this.#options.dir, lab.words('server', args).map((word) => `'${word}'`).join(' '))
    const [server = 0, agent = 0] = this.#pids.map((pid) => residentBytes(pid).peak)
    this.#resident = { server: Math.max(server, this.#resident.server), agent: Math.max(agent, this.#resident.agent) }
    return { ...result, cpu: result.cpu + cpu() - before }
  }

  /** The most that either ever had. */
  get resident(): { readonly server: number; readonly agent: number } {
    return this.#resident
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab?.[Symbol.asyncDispose]()
    this.#lab = undefined
  }
}

function emitRatios(context: BenchContext, what: string, on: string, medians: ReadonlyMap<string, Median>): void {
  const ours = medians.get('ours')
  if (ours === undefined) return
  for (const [peerName, peer] of medians) {
    if (peerName === 'ours') continue
    context.emit({ bench: `vault/${what}/${peerName}`, ours: Number(ours.seconds.toFixed(2)), peer: Number(peer.seconds.toFixed(2)), peerName, unit: 's', ratio: Number((peer.seconds / ours.seconds).toFixed(3)), on, cpuOurs: Number(ours.cpu.toFixed(1)), cpuPeer: Number(peer.cpu.toFixed(1)) })
  }
}

async function compare(context: BenchContext, program: string, shape: Shape, runs: number, phases: ReadonlySet<string>): Promise<void> {
  const dir = path.join(context.dir, shape.name)
  const tree = path.join(dir, 'tree')
  const free = availableBytes()
  if (free < shape.bytes * MEMORY_FACTOR) return context.note(`${shape.name} needs ${(shape.bytes * MEMORY_FACTOR / 1e9).toFixed(1)} GB of memory, and ${(free / 1e9).toFixed(1)} GB are free: not done`)
  mkdirSync(dir)
  const on = `${await shape.make(tree)}, in memory, median of ${runs}`
  context.note(`${shape.name}: ${on}`)
  const [restic, borg, packed, target] = ['restic', 'borg', 'tar.zst', 'target'].map((name) => path.join(dir, name)) as [string, string, string, string]
  await using ours = new VaultSide({ dir: path.join(dir, 'ours'), program, tree })
  const note = (text: string): void => context.note(`${shape.name} ${text}`)
  const script = (text: string): Promise<Timed> => timed(dir, text, [tree], { ...ENVIRONMENT, HOME: dir })
  const shell = (name: string, text: string, prepare?: () => Promise<void>): Contender => ({ name, run: () => script(text), ...(prepare === undefined ? {} : { prepare }) })
  const clean = async (text: string): Promise<void> => void (await script(text))
  const [resticRun, borgRun, dump] = [`restic -q -r '${restic}' backup "$1"`, `cd "$1" && borg create '${borg}::{now:%s%f}' .`, () => ours.command(['dump', HOST])]
  try {
    const first = await interleaved(
      [
        { name: 'ours', prepare: () => ours.renew(), run: dump },
        shell('restic', resticRun, () => clean(`rm -rf '${restic}' '${dir}/.cache/restic'; restic -q -r '${restic}' init`)),
        shell('borg', borgRun, () => clean(`rm -rf '${borg}' '${dir}/.cache/borg' '${dir}/.config/borg'; borg init -e repokey-blake2 '${borg}'`)),
        shell('tar-zstd-1', `tar -C "$1" -cf - . | zstd -q -1 -o '${packed}'`, () => clean(`rm -f '${packed}'`)),
      ],
      runs,
      (text) => note(`first, ${text}`),
    )
    emitRatios(context, `${shape.name}/first`, on, first)
    rmSync(packed, { force: true })
    const stored = { ours: storedBytes(ours.vault), restic: storedBytes(restic), borg: storedBytes(borg) }
    for (const peerName of ['restic', 'borg'] as const) context.emit({ bench: `vault/${shape.name}/stored/${peerName}`, ours: Math.round(stored.ours / 1e6), peer: Math.round(stored[peerName] / 1e6), peerName, unit: 'MB', ratio: Number((stored[peerName] / stored.ours).toFixed(3)), on })
    const all = (prepare?: () => Promise<void>): Contender[] => [{ name: 'ours', run: dump, ...(prepare === undefined ? {} : { prepare }) }, shell('restic', resticRun), shell('borg', borgRun)]
    if (phases.has('unchanged')) emitRatios(context, `${shape.name}/unchanged`, on, await interleaved(all(), runs, (text) => note(`unchanged, ${text}`)))
    if (phases.has('changed')) {
      let round = 0
      emitRatios(context, `${shape.name}/changed`, on, await interleaved(all(() => Promise.resolve(shape.change(tree, round++))), runs, (text) => note(`changed, ${text}`)))
    }
    if (phases.has('restore')) {
      // The tree makes room for what is restored.
      rmSync(tree, { recursive: true })
      const clear = (): Promise<void> => clean(`rm -rf '${target}'`)
      const back: Contender[] = [
        { name: 'ours', prepare: clear, run: () => ours.command(['restore', HOST, 'tree', '--to', target]) },
        shell('restic', `restic -q -r '${restic}' restore latest --target '${target}'`, clear),
        shell('borg', `mkdir '${target}'; cd '${target}'; borg extract --numeric-ids "${borg}::$(borg list --last 1 --short '${borg}')"`, clear),
      ]
      emitRatios(context, `${shape.name}/restore`, on, await interleaved(back, runs, (text) => note(`restore, ${text}`)))
    }
    const { server, agent } = ours.resident
    note(`resident at most: server ${Math.round(server / 1e6)} MB, agent ${Math.round(agent / 1e6)} MB`)
  } finally {
    await ours[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true, force: true })
  }
}

const PHASES = ['unchanged', 'changed', 'restore']
/** Smaller trees, for a look. */
const SCALES: Readonly<Record<string, number>> = { half: 1 / 2, eighth: 1 / 8, sixteenth: 1 / 16 }

export const benchCase: BenchCase = {
  name: 'vault',
  summary: 'Dumps into a vault and back against restic, Borg and tar | zstd (:COUNT,A,B,unchanged,changed,restore; half,eighth,sixteenth of the trees)',
  async run(context) {
    const program = compileProgram(path.join(context.dir, 'program'))
    const { parts } = context
    const runs = parts.map(Number).find((count) => Number.isSafeInteger(count) && count > 0) ?? RUNS
    const scale = Object.entries(SCALES).find(([name]) => parts.includes(name))?.[1] ?? 1
    const named = PHASES.filter((phase) => parts.includes(phase))
    const shapes = (['A', 'B'] as const).filter((name) => parts.includes(name) || !(parts.includes('A') || parts.includes('B')))
    for (const name of shapes) await compare(context, program, shapeOf(name, scale), runs, new Set(named.length === 0 ? PHASES : named))
  },
}
