// Reads a dump of a vault back, exactly: the entries of its manifest name pieces of the recipe, those name segments, and the index says in which block of which pack
// each lies (segment-places.ts). What a block or piece is not, as its id or tag says, ends the reading with `vault-damaged`; no byte of it is given.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import type { RecipeStep, VaultDumpReader } from './contract.ts'
import { DumpRead } from './dump-read.ts'
import { OpenBlocks } from './open-blocks.ts'
import { recipePieces, type RecipeSource } from './recipe-walk.ts'
import type { DumpReaderParts } from './segment-places.ts'

/** Throws `vault-damaged` when the entries are not those of the dump. */
export function createDumpReader(parts: DumpReaderParts): VaultDumpReader {
  const { dump, entries, places } = parts
  const starts = new Float64Array(entries.length + 1)
  for (const [index, { nativeBytes }] of entries.entries()) starts[index + 1] = (starts[index] ?? 0) + nativeBytes
  const bytes = starts[entries.length] ?? 0
  if (bytes !== dump.nativeBytes) throw new Fault('vault-damaged', `the recipe of manifest ${dump.manifest} is of ${bytes} bytes, its dump has ${dump.nativeBytes}`)
  const blocks = new OpenBlocks(parts)
  const source: RecipeSource = { entries, starts, places, blocks }
  const reads = new Set<ByteSource>()
  let closing: Promise<void> | undefined
  return {
    dump,
    bytes,
    get bytesRead() {
      return blocks.bytesRead
    },
    read(offset, length) {
      const read: DumpRead = new DumpRead(source, offset, Math.min(bytes, offset + length), () => reads.delete(read))
      reads.add(read)
      return read
    },
    async *recipe(): AsyncGenerator<RecipeStep> {
      for await (const { steps } of recipePieces(source, 0, entries.length)) yield* steps
    },
    async [Symbol.asyncDispose]() {
      for (const read of reads) read.cancel(new Fault('cancelled', 'the dump was closed'))
      await (closing ??= parts.close?.() ?? Promise.resolve())
    },
  }
}
