// The table of a snapshot that finds a directory by its inode: places (inode-runs.ts) in order, in pages with a checksum each. The first key of every page is
// in the snapshot's table, so a look-up reads one page.

import type { SyncFile } from '../../kernel/sync-file.ts'
import { compareKeys, PLACE_WORDS, type InodeRuns } from './inode-runs.ts'
import { crcOf, damaged, KEY_WORDS, type BlockTable, type BlockTableWriter } from './snapshot-format.ts'

const PAGE_BYTES = 4096
const PAGE_WORDS = PAGE_BYTES / 4
/** Two words are for the count and the checksum. */
const PAGE_PLACES = Math.floor((PAGE_WORDS - 2) / PLACE_WORDS)
const WRITE_PAGES = 16

/** Writes the pages from `position` on; returns how many. */
export function writeInodePages(runs: InodeRuns, file: SyncFile, position: number, table: BlockTableWriter): number {
  const buffer = new Uint32Array(WRITE_PAGES * PAGE_WORDS)
  const bytes = new Uint8Array(buffer.buffer)
  let pages = 0
  let inBuffer = 0
  let places = 0
  const endPage = (): void => {
    if (places === 0) return
    const at = inBuffer * PAGE_WORDS
    table.addPage(buffer.subarray(at, at + KEY_WORDS))
    buffer[at + PAGE_WORDS - 2] = places
    buffer.fill(0, at + places * PLACE_WORDS, at + PAGE_WORDS - 2)
    buffer[at + PAGE_WORDS - 1] = crcOf(bytes.subarray(4 * at, 4 * at + PAGE_BYTES - 4))
    places = 0
    pages++
    if (++inBuffer === WRITE_PAGES) flush()
  }
  const flush = (): void => {
    file.write(bytes.subarray(0, inBuffer * PAGE_BYTES), position + (pages - inBuffer) * PAGE_BYTES)
    inBuffer = 0
  }
  runs.drain((words, from) => {
    const at = inBuffer * PAGE_WORDS + places * PLACE_WORDS
    for (let word = 0; word < PLACE_WORDS; word++) buffer[at + word] = words[from + word] ?? 0
    if (++places === PAGE_PLACES) endPage()
  })
  endPage()
  flush()
  return pages
}

export const inodePagesBytes = (pages: number): number => pages * PAGE_BYTES

export interface DirectoryPlace {
  readonly block: number
  readonly offset: number
}

export class InodePages {
  readonly #file: SyncFile
  readonly #position: number
  readonly #keys: Uint32Array
  readonly #page = new Uint32Array(PAGE_WORDS)
  #loaded = -1

  constructor(file: SyncFile, position: number, table: BlockTable) {
    this.#file = file
    this.#position = position
    this.#keys = table.pageKeys
  }

  find(dev: bigint, inode: bigint): DirectoryPlace | undefined {
    const key = Uint32Array.of(Number(BigInt.asUintN(32, dev >> 32n)), Number(BigInt.asUintN(32, dev)), Number(BigInt.asUintN(32, inode >> 32n)), Number(BigInt.asUintN(32, inode)))
    const page = lastNotAbove(this.#keys, this.#keys.length / KEY_WORDS, KEY_WORDS, key)
    if (page < 0) return undefined
    const words = this.#load(page)
    const at = lastNotAbove(words, words[PAGE_WORDS - 2] ?? 0, PLACE_WORDS, key) * PLACE_WORDS
    if (at < 0 || compareKeys(words, at, key, 0) !== 0) return undefined
    return { block: words[at + 4] ?? 0, offset: words[at + 5] ?? 0 }
  }

  #load(page: number): Uint32Array {
    if (page === this.#loaded) return this.#page
    this.#loaded = -1
    const bytes = new Uint8Array(this.#page.buffer)
    if (this.#file.read(bytes, this.#position + page * PAGE_BYTES) !== PAGE_BYTES) throw damaged('a page of its inodes is cut short')
    if (crcOf(bytes.subarray(0, PAGE_BYTES - 4)) !== this.#page[PAGE_WORDS - 1] || (this.#page[PAGE_WORDS - 2] ?? 0) > PAGE_PLACES) throw damaged('the checksum of a page of its inodes')
    this.#loaded = page
    return this.#page
  }
}

/** Index of the last of `count` keys, `step` words apart, that is not above `key`; -1 when all are. */
function lastNotAbove(words: Uint32Array, count: number, step: number, key: Uint32Array): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(words, middle * step, key, 0) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}
