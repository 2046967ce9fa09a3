// Entries of a manifest and of RECIPE frames: the pieces of a recipe in the order of the dump. Offsets: 0 id, 32 recipeBytes u32, 36 nativeBytes u64, 44 CRC-32C u32,
// 48 bytes of the directory u16, 50 the directory.

import { Fault } from '../../kernel/fault.ts'
import type { FaultCode } from '../../kernel/fault-codes.ts'
import { ID_BYTES, NAME_BYTES_MAX, RECIPE_SEGMENT_BYTES_MAX } from './limits.ts'
import type { RecipeEntry } from './uplink.ts'
import { VaultReader, VaultWriter } from './vault-bytes.ts'

/** Of an entry without its directory. */
export const RECIPE_ENTRY_BYTES = 50
/** The directory of a piece that names none. */
export const NO_DIRECTORY: Uint8Array = new Uint8Array(0)

export function encodeRecipeEntries(entries: readonly RecipeEntry[]): Uint8Array {
  const writer = new VaultWriter(Math.max(1, entries.length * RECIPE_ENTRY_BYTES))
  for (const entry of entries) writeRecipeEntry(writer, entry)
  return writer.bytes()
}

export function writeRecipeEntry(writer: VaultWriter, { id, recipeBytes, nativeBytes, crc, directory }: RecipeEntry): void {
  writer.put(id).u32(recipeBytes).u64(nativeBytes).u32(crc).u16(directory.length).put(directory)
}

/** Ids and directories are views of `bytes`. Throws a Fault of `code`. */
export function decodeRecipeEntries(bytes: Uint8Array, code: FaultCode = 'vault-damaged'): readonly RecipeEntry[] {
  const reader = new VaultReader(bytes, code)
  const entries: RecipeEntry[] = []
  while (reader.remaining > 0) {
    const [id, recipeBytes, nativeBytes, crc] = [reader.take(ID_BYTES, 'id'), reader.u32('bytes of the recipe'), reader.u64('bytes of the dump'), reader.u32('checksum')]
    const directoryBytes = reader.u16('directory')
    if (recipeBytes === 0 || recipeBytes > RECIPE_SEGMENT_BYTES_MAX) throw new Fault(code, `a segment of a recipe has ${recipeBytes} bytes`)
    if (directoryBytes > NAME_BYTES_MAX) throw new Fault(code, `a segment of a recipe is of a directory with a path of ${directoryBytes} bytes`)
    entries.push({ id, recipeBytes, nativeBytes, crc, directory: reader.take(directoryBytes, 'directory') })
  }
  return entries
}
