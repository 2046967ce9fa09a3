// Index segments of the vault behind their seals: head, footer, pages of rows, fingerprints.

import { RankedPrintsBuilder, decodeRankedPrints } from '../../../src/storage/vault/index/ranked-prints.ts'
import { checkIndexRows, INDEX_ROW_BYTES, readIndexRow, writeIndexRow } from '../../../src/wire/vault/index-row.ts'
import { decodeIndexFooter, decodeIndexHead, encodeIndexFooter, encodeIndexHead } from '../../../src/wire/vault/index-head.ts'
import { must, type FuzzTarget } from '../target.ts'

const ROWS = 5
const HEAD = { domains: ['', 'web'], packIds: Buffer.alloc(32, 0x44), packDomains: Uint16Array.of(0, 1), rows: ROWS, bucketBits: 0, pageBytes: Uint32Array.of(400) }

function page(): Buffer {
  const rows = Buffer.alloc(ROWS * INDEX_ROW_BYTES)
  for (let row = 0; row < ROWS; row++) writeIndexRow(rows, row * INDEX_ROW_BYTES, Buffer.alloc(32, row), 0, row % 2, { number: row, offset: 72, sealedBytes: 500, kind: 'data', compression: 'zstd', plainBytes: 1000 }, row * 100, 100)
  return rows
}

function prints(): Buffer {
  const builder = new RankedPrintsBuilder(ROWS)
  for (let row = 0; row < ROWS; row++) builder.add(Buffer.alloc(32, row), 0)
  return Buffer.concat(builder.finish().encode())
}

/** The first byte says which reader gets the rest. */
const READERS: readonly ((bytes: Buffer) => void)[] = [
  (bytes) => must(Buffer.from(encodeIndexHead(decodeIndexHead(bytes))).equals(bytes), 'what was read can be written'),
  (bytes) => void decodeIndexFooter(bytes.subarray(0, 24), 1000),
  (bytes) => {
    checkIndexRows(bytes, 256, 2)
    for (let at = 0; at < bytes.length; at += INDEX_ROW_BYTES) {
      const { start, length, plainBytes } = readIndexRow(bytes, at)
      must(start + length <= plainBytes, 'a segment lies in its block')
    }
  },
  (bytes) => {
    const read = decodeRankedPrints(ROWS, 0, bytes)
    read.candidates(Buffer.alloc(32), 0, (row) => {
      must(row < ROWS, 'a row is one of those there are')
      return false
    })
  },
]

export const VAULT_INDEX_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'vault-index',
    summary: 'head, footer, pages and fingerprints of an index segment (src/wire/vault/index-head.ts, index-row.ts)',
    codes: ['vault-damaged', 'vault-newer', 'wire-malformed'],
    corpus: () => [Buffer.from(encodeIndexHead(HEAD)), Buffer.from(encodeIndexFooter({ headOffset: 400, headBytes: 300, printsBytes: 276 })), page(), prints()].map((bytes, reader) => Buffer.concat([Buffer.of(reader), bytes])),
    words: ['HFINDEX1', 'HFIXEND1'],
    run: (input) => READERS[(input[0] ?? 0) % READERS.length]?.(input.subarray(1)),
  },
]
