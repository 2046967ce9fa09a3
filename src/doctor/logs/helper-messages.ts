// What a thread that reads logs and the one that started it say to each other.

import type { FaultCode } from '../../kernel/fault-codes.ts'
import type { ReadPart } from './read-part.ts'

export type HelperMessage =
  | { readonly kind: 'read'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'part'; readonly part: ReadPart }
  | { readonly kind: 'fault'; readonly code: FaultCode; readonly message: string }
