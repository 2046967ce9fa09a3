import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DiskFile } from '../kernel/disk.ts'
import { SequentialWriter } from './sequential-writer.ts'

/** A file that takes its time, and looks at the bytes only when that is over. */
function slowFile(): { readonly file: DiskFile; readonly content: () => Buffer } {
  let content = Buffer.alloc(0)
  const file = {
    async write(pieces: readonly Uint8Array[], position: number) {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      const bytes = Buffer.concat(pieces)
      const grown = Buffer.alloc(Math.max(content.length, position + bytes.length))
      content.copy(grown)
      bytes.copy(grown, position)
      content = grown
    },
    sync: () => Promise.resolve(),
  } as unknown as DiskFile
  return { file, content: () => content }
}

test('what is written lies in the file, whatever the pieces, the syncs, and what becomes of the pieces afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom('flush' as const, 'sync' as const)), { maxLength: 40 }), async (steps) => {
      const { file, content } = slowFile()
      const writer = new SequentialWriter(file, 3, { batchBytes: 16 })
      const expected: Uint8Array[] = []
      for (const step of steps) {
        if (step === 'flush') await writer.flush()
        else if (step === 'sync') assert.equal(await writer.sync(), writer.bytes)
        else {
          expected.push(step)
          const piece = Uint8Array.from(step)
          await writer.write(piece)
          piece.fill(0xee)
        }
      }
      await writer.flush()
      assert.deepEqual(content().subarray(3), Buffer.concat(expected))
      assert.equal(writer.bytes, Buffer.concat(expected).length)
    }),
  )
})
