// How many bytes a backup adds to the vault, to restic's repository and to Borg's, for changes that deduplication should see through, and what is left of thirty nights of a changing
// tree that are pruned to the last seven. Nothing is timed. Ours is `holdfast backup` without a server, at the defaults, as are the others.

import { cpSync, globSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { seededRandom } from '../../src/kernel/random.ts'
import type { BenchCase, BenchContext } from '../case.ts'
import { commandOf, compileProgram } from '../lab/compiled-program.ts'
import { timed } from '../lab/timed.ts'
import { makeSmallFiles, storedBytes } from '../lab/vault-trees.ts'

const FILES = 3000
const LARGE_FILES = 3
const LARGE_BYTES = 24 * 1024 * 1024
const NIGHTS = 30
const KEPT = 7
/** A night in a month has as many files in so many. */
const CHANGED_ONE_IN = 50

interface Store {
  readonly name: 'ours' | 'restic' | 'borg'
  readonly dir: string
  readonly backup: string
  readonly prune: string
}

class Stores {
  readonly all: readonly Store[]
  readonly #dir: string
  readonly #environment: Readonly<Record<string, string>>

  constructor(dir: string, command: string) {
    this.#dir = dir
    const [ours, restic, borg] = ['ours', 'restic', 'borg'].map((name) => path.join(dir, name)) as [string, string, string]
    this.#environment = { HOME: dir, XDG_STATE_HOME: path.join(dir, 'state'), XDG_CACHE_HOME: path.join(dir, 'cache'), HOLDFAST_VAULT: ours, HOLDFAST_VAULT_KEY_FILE: path.join(dir, 'key'), RESTIC_PASSWORD: 'bench', RESTIC_REPOSITORY: restic, BORG_PASSPHRASE: 'bench', BORG_REPO: borg, BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes' }
    const holdfast = `'${command}'`
    this.all = [
      { name: 'ours', dir: ours, backup: `${holdfast} backup "$1"`, prune: `${holdfast} vault prune --keep-last ${KEPT}` },
      { name: 'restic', dir: restic, backup: 'restic -q backup "$1"', prune: `restic -q forget --keep-last ${KEPT} --prune` },
      { name: 'borg', dir: borg, backup: 'cd "$1" && borg create "::{now:%s%f}" .', prune: `borg prune --keep-last ${KEPT} && borg compact` },
    ]
    this.init = `${holdfast} vault init '${ours}' --key-file '${dir}/key'; restic -q init; borg init -e repokey-blake2`
  }

  readonly init: string

  async script(text: string, ...args: readonly string[]): Promise<void> {
    await timed(this.#dir, text, args, this.#environment)
  }

  /** Bytes that a backup of `tree` adds to each. */
  async added(tree: string): Promise<ReadonlyMap<string, number>> {
    const added = new Map<string, number>()
    for (const { name, dir, backup } of this.all) {
      const before = storedBytes(dir)
      await this.script(backup, tree)
      added.set(name, storedBytes(dir) - before)
    }
    return added
  }
}

function emit(context: BenchContext, what: string, bytes: ReadonlyMap<string, number>): void {
  const ours = bytes.get('ours') ?? Number.NaN
  for (const [peerName, peer] of bytes) {
    if (peerName === 'ours') continue
    context.emit({ bench: `vault-dedup/${what}/${peerName}`, ours: Math.round(ours / 1000), peer: Math.round(peer / 1000), peerName, unit: 'KB', ratio: Number((peer / ours).toFixed(3)), on: `${FILES} files of this machine and ${LARGE_FILES} of ${LARGE_BYTES / 1024 / 1024} MiB` })
  }
}

const largeFiles = (tree: string): string[] => readdirSync(tree).filter((name) => name.startsWith('large-')).map((name) => path.join(tree, name))

function edit(file: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(file, change(readFileSync(file)))
}

function makeTree(tree: string): void {
  makeSmallFiles(tree, FILES, 0)
  const random = seededRandom(11)
  const files = globSync('**/*', { cwd: tree }).map((name) => path.join(tree, name)).filter((file) => lstatSync(file).isFile())
  for (let index = 0; index < LARGE_FILES; index++) {
    // Text and binaries one behind the other, and as much that cannot be compressed.
    const pieces: Buffer[] = []
    for (let bytes = 0; bytes < LARGE_BYTES; bytes += pieces.at(-1)?.length ?? 0) pieces.push(random.int(3) === 0 ? Buffer.from(random.bytes(300_000)) : readFileSync(files[random.int(files.length)] ?? tree))
    writeFileSync(path.join(tree, `large-${index}`), Buffer.concat(pieces))
  }
}

/** What a night changes: files edited, made, removed, and a record in the middle of a large one. */
function changeTree(tree: string, night: number): void {
  const random = seededRandom(500 + night)
  const files = globSync('**/*', { cwd: tree }).toSorted().map((name) => path.join(tree, name)).filter((file) => lstatSync(file).isFile())
  for (const file of files) {
    if (random.int(CHANGED_ONE_IN) !== 0 || path.dirname(file) === tree) continue
    const kind = random.int(4)
    if (kind === 0) rmSync(file)
    else if (kind === 1) writeFileSync(`${file}.${night}`, random.bytes(2000 + random.int(40_000)))
    else edit(file, (bytes) => Buffer.concat([bytes, random.bytes(100)]))
  }
  for (const file of largeFiles(tree)) {
    edit(file, (bytes) => {
      const at = random.int(bytes.length)
      return Buffer.concat([bytes.subarray(0, at), random.bytes(random.int(20_000)), bytes.subarray(at + random.int(20_000))])
    })
  }
}

async function changes(context: BenchContext, stores: Stores, tree: string): Promise<void> {
  const middle = (bytes: Buffer): number => bytes.length >> 1
  const steps: readonly (readonly [string, () => void])[] = [
    ['first', () => undefined],
    ['unchanged', () => undefined],
    ['insert', () => largeFiles(tree).forEach((file) => edit(file, (bytes) => Buffer.concat([bytes.subarray(0, middle(bytes)), Buffer.alloc(1000, 'new '), bytes.subarray(middle(bytes))])))],
    ['delete', () => largeFiles(tree).forEach((file) => edit(file, (bytes) => Buffer.concat([bytes.subarray(0, middle(bytes) + 9_000_000), bytes.subarray(middle(bytes) + 9_001_000)])))],
    ['shift', () => largeFiles(tree).forEach((file) => edit(file, (bytes) => Buffer.concat([Buffer.from('!'), bytes])))],
    ['rename', () => largeFiles(tree).forEach((file) => renameSync(file, file.replace('large-', 'large-again-')))],
    ['move', () => readdirSync(tree).filter((name) => statSync(path.join(tree, name)).isDirectory()).forEach((name) => {
      mkdirSync(path.join(tree, 'moved'), { recursive: true })
      renameSync(path.join(tree, name), path.join(tree, 'moved', name))
    })],
  ]
  for (const [what, change] of steps) {
    change()
    emit(context, what, await stores.added(tree))
  }
  // Another host has the same files, with other times.
  const copy = `${tree}-of-another`
  cpSync(tree, copy, { recursive: true })
  emit(context, 'copy', await stores.added(copy))
  rmSync(copy, { recursive: true })
}

async function nights(context: BenchContext, stores: Stores, tree: string, count: number): Promise<void> {
  const start = new Map(stores.all.map(({ name, dir }) => [name, storedBytes(dir)]))
  for (let night = 1; night <= count; night++) {
    changeTree(tree, night)
    await stores.added(tree)
    if (night % 5 === 0) context.note(`night ${night} of ${count}: ${stores.all.map(({ name, dir }) => `${name} ${Math.round(storedBytes(dir) / 1e6)} MB`).join(', ')}`)
  }
  emit(context, 'nights-added', new Map(stores.all.map(({ name, dir }) => [name, storedBytes(dir) - (start.get(name) ?? 0)])))
  for (const { prune } of stores.all) await stores.script(prune)
  emit(context, 'nights-pruned', new Map(stores.all.map(({ name, dir }) => [name, storedBytes(dir)])))
}

export const benchCase: BenchCase = {
  name: 'vault-dedup',
  summary: 'Bytes that changes and thirty pruned nights cost, against restic and Borg (:NIGHTS)',
  async run(context) {
    const stores = new Stores(context.dir, commandOf(compileProgram(path.join(context.dir, 'program'))))
    const tree = path.join(context.dir, 'tree')
    makeTree(tree)
    await stores.script(stores.init)
    await changes(context, stores, tree)
    await nights(context, stores, tree, context.parts.map(Number).find((count) => count > 0) ?? NIGHTS)
  },
}
