// The segments that a file had in the last dump: while that dump is the base nothing of it goes, so they need neither be asked for nor sent.

import { RecipeReader } from '../../wire/vault/recipe-reader.ts'
import type { SegmentKnowledge } from './segment-knowledge.ts'

/** Throws `vault-damaged` when these are no operations. */
export function noteSegments(operations: Uint8Array, knowledge: SegmentKnowledge): void {
  const reader = new RecipeReader(operations)
  for (let operation = reader.next(); operation !== undefined; operation = reader.next()) if (operation.kind === 'segment') knowledge.note(operation.id)
}
