// Entries of a manifest and of RECIPE frames: the pieces of a recipe in the order of the dump, 48 bytes each. Offsets: 0 id, 32 recipeBytes u32, 36 nativeBytes u64, 44 CRC-32C u32.

import { Fault } from '../../kernel/fault.ts'
import type { FaultCode } from '../../kernel/fault-codes.ts'
import { ID_BYTES, RECIPE_SEGMENT_BYTES_MAX } from './limits.ts'
import type { RecipeEntry } from './uplink.ts'
import { VaultReader, VaultWriter } from './vault-bytes.ts'

export const RECIPE_ENTRY_BYTES = 48

export function encodeRecipeEntries(entries: readonly RecipeEntry[]): Uint8Array {
  const writer = new VaultWriter(Math.max(1, entries.length * RECIPE_ENTRY_BYTES))
  for (const entry of entries) writer.put(entry.id).u32(entry.recipeBytes).u64(entry.nativeBytes).u32(entry.crc)
  return writer.bytes()
}

/** Ids are views of `bytes`. Throws a Fault of `code`. */
export function decodeRecipeEntries(bytes: Uint8Array, code: FaultCode = 'vault-damaged'): readonly RecipeEntry[] {
  if (bytes.length % RECIPE_ENTRY_BYTES !== 0) throw new Fault(code, `entries of a recipe are cut short: ${bytes.length} bytes`)
  const reader = new VaultReader(bytes, code)
  return Array.from({ length: bytes.length / RECIPE_ENTRY_BYTES }, () => {
    const entry = { id: reader.take(ID_BYTES, 'id'), recipeBytes: reader.u32('bytes of the recipe'), nativeBytes: reader.u64('bytes of the dump'), crc: reader.u32('checksum') }
    if (entry.recipeBytes === 0 || entry.recipeBytes > RECIPE_SEGMENT_BYTES_MAX) throw new Fault(code, `a segment of a recipe has ${entry.recipeBytes} bytes`)
    return entry
  })
}
