// What the benches of the vault back up, from real files of this machine: A is very many small files, B a few images of disks. Both change a little when they are told to.

import { spawn, spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { appendFileSync, closeSync, globSync, lstatSync, mkdirSync, openSync, readFileSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { seededRandom } from '../../src/kernel/random.ts'

const MIB = 1024 * 1024
const SMALL_BYTES_MAX = MIB
/** Where real files are, in this order. */
const SOURCES = ['/usr', path.resolve(import.meta.dirname, '../../node_modules'), '/etc', '/var/lib', '/opt']

/** Free memory: what lies in tmpfs is not free. */
export function availableBytes(): number {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0) * 1024
}

function filesBelow(root: string, take: (file: string, bytes: number) => boolean): void {
  const waiting = [root]
  for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const file = path.join(dir, entry.name)
      if (entry.isDirectory()) waiting.push(file)
      else if (entry.isFile() && !take(file, lstatSync(file).size)) return
    }
  }
}

/** `fileCount` files of at most 1 MiB, then larger ones up to `bytesMax` in all. Returns files and bytes. */
export function makeSmallFiles(tree: string, fileCount: number, bytesMax: number): { readonly files: number; readonly bytes: number } {
  mkdirSync(tree, { recursive: true })
  const chosen: string[] = []
  const large: (readonly [string, number])[] = []
  let bytes = 0
  for (const source of SOURCES) {
    if (chosen.length >= fileCount || statSync(source, { throwIfNoEntry: false }) === undefined) continue
    filesBelow(source, (file, size) => {
      if (size > SMALL_BYTES_MAX) large.push([file, size])
      else {
        chosen.push(file)
        bytes += size
      }
      return chosen.length < fileCount
    })
  }
  for (const [file, size] of large) {
    if (bytes + size > bytesMax) continue
    chosen.push(file)
    bytes += size
  }
  const list = `${tree}.list`
  writeFileSync(list, chosen.map((file) => `${file.slice(1)}\0`).join(''))
  const copied = spawnSync('bash', ['-c', 'set -o pipefail; tar -C / --null -T "$1" -cf - | tar -C "$2" -xf -; rm "$1"', 'bash', list, tree], { stdio: 'inherit' })
  if (copied.status !== 0) throw new Error('the tree could not be copied')
  return { files: chosen.length, bytes }
}

/** `count` images of `bytes` each: 62 % pieces of an archive of system trees, 20 % random, the rest runs of zeros. */
export async function makeImages(tree: string, count: number, bytes: number): Promise<void> {
  mkdirSync(tree, { recursive: true })
  const tar = spawn('tar', ['-C', '/', '-cf', '-', 'usr'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const archive = tar.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const random = seededRandom(count)
  const piece = Buffer.allocUnsafe(8 * MIB)
  for (let index = 0; index < count; index++) {
    const file = openSync(path.join(tree, `disk-${index}.img`), 'w')
    for (let at = 0; at < bytes; ) {
      const size = Math.min(bytes - at, MIB + random.int(7 * MIB))
      const kind = random.int(100)
      if (kind < 62) await fillFrom(archive, piece.subarray(0, size))
      else if (kind < 82) randomFillSync(piece, 0, size)
      else piece.fill(0, 0, size)
      writeSync(file, piece, 0, size, at)
      at += size
    }
    closeSync(file)
  }
  tar.kill('SIGKILL')
}

let rest: Buffer = Buffer.alloc(0)

async function fillFrom(archive: AsyncIterator<Buffer>, target: Buffer): Promise<void> {
  for (let at = 0; at < target.length; ) {
    if (rest.length === 0) {
      const next = await archive.next()
      if (next.done === true) return
      rest = next.value
    }
    const count = rest.copy(target, at)
    rest = rest.subarray(count)
    at += count
  }
}

/** One file in a hundred: 16 bytes overwritten or appended. Another hundredth for every `round`. */
export function changeSmallFiles(tree: string, round: number): void {
  const random = seededRandom(1000 + round)
  for (const name of globSync('**/*', { cwd: tree })) {
    if (random.int(100) !== 0) continue
    const file = path.join(tree, name)
    const facts = lstatSync(file)
    if (!facts.isFile()) continue
    const bytes = random.bytes(16)
    if (facts.size < 64 || random.int(2) === 0) appendFileSync(file, bytes)
    else {
      const handle = openSync(file, 'r+')
      writeSync(handle, bytes, 0, 16, random.int(facts.size - 16))
      closeSync(handle)
    }
  }
}

/** Regions of 1 MiB, a hundredth of all. */
export function changeImages(tree: string, round: number): void {
  const random = seededRandom(2000 + round)
  const region = Buffer.allocUnsafe(MIB)
  for (const name of readdirSync(tree)) {
    const file = path.join(tree, name)
    const regions = Math.floor(statSync(file).size / MIB)
    const handle = openSync(file, 'r+')
    for (let count = Math.ceil(regions / 100); count > 0; count--) {
      randomFillSync(region)
      writeSync(handle, region, 0, MIB, random.int(regions) * MIB)
    }
    closeSync(handle)
  }
}

/** Bytes of files below `dir`. */
export function storedBytes(dir: string): number {
  return globSync('**/*', { cwd: dir }).reduce((sum, name) => {
    const facts = lstatSync(path.join(dir, name), { throwIfNoEntry: false })
    return facts?.isFile() === true ? sum + facts.size : sum
  }, 0)
}
