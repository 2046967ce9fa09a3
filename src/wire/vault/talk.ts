// The talk of a dump into a vault over its DATA stream, as values. A frame is u8 type, u32 length, payload, little-endian; docs/protocol/vault.md has every byte and the order.
// The agent asks and sends without waiting; the server answers queries, grants, filters and seals each in the order in which they were asked.

import { BLOCK_SEALED_BYTES_MAX, BLOCK_SEGMENTS_MAX, FILTER_BYTES_MAX, ID_BYTES, KEY_BYTES, NAME_BYTES_MAX, PACK_ID_BYTES, QUERY_IDS_MAX, RECIPE_FRAME_BYTES_MAX, VAULT_ID_BYTES } from './limits.ts'
import type { DumpFacts, RecipeEntry, SealedBlock, VaultWelcome } from './uplink.ts'

export const TALK_VERSION = 1
/** Type and length. */
export const TALK_HEAD_BYTES = 5
/** Of a BLOCK payload before its ids. */
export const BLOCK_FIELDS_BYTES = 32
/** Sealed bytes that the agent may have under way beyond the last TAKEN. */
export const TALK_WINDOW_BYTES = 32 * 1024 * 1024
export const REFUSAL_BYTES_MAX = 8192

export type AgentFrame =
  | { readonly kind: 'hello'; readonly version: number }
  | { readonly kind: 'query'; readonly ids: Uint8Array }
  | { readonly kind: 'block'; readonly block: SealedBlock }
  | { readonly kind: 'want-pack' }
  | { readonly kind: 'seal-pack'; readonly packId: Uint8Array }
  | { readonly kind: 'want-filter' }
  | { readonly kind: 'recipe'; readonly entries: readonly RecipeEntry[] }
  | { readonly kind: 'finish'; readonly facts: DumpFacts }

export type ServerFrame =
  | { readonly kind: 'welcome'; readonly version: number; readonly welcome: VaultWelcome }
  /** A bit for each id of the query, lowest first. */
  | { readonly kind: 'answer'; readonly known: Uint8Array }
  | { readonly kind: 'pack'; readonly packId: Uint8Array; readonly key: Uint8Array }
  /** Undefined: the vault is too large for one. */
  | { readonly kind: 'filter'; readonly filter: Uint8Array | undefined }
  /** Sealed bytes of all blocks that were taken so far. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'done'; readonly manifest: string }
  | { readonly kind: 'refused'; readonly code: string; readonly text: string }
  | { readonly kind: 'sealed'; readonly packId: Uint8Array }

export const TALK_TYPES = {
  hello: 1,
  query: 2,
  block: 3,
  'want-pack': 4,
  'seal-pack': 5,
  'want-filter': 6,
  recipe: 7,
  finish: 8,
  welcome: 101,
  answer: 102,
  pack: 103,
  filter: 104,
  taken: 105,
  done: 106,
  refused: 107,
  sealed: 108,
} as const satisfies Record<AgentFrame['kind'] | ServerFrame['kind'], number>

export type TalkSide = 'agent' | 'server'

const WELCOME_BYTES_MAX = 2 + VAULT_ID_BYTES + 2 * KEY_BYTES + 2 + 2 * (2 + NAME_BYTES_MAX)

/** What each side may send, and how long a payload may be at most. */
export const PAYLOAD_BYTES_MAX: Readonly<Record<TalkSide, Readonly<Record<number, number>>>> = {
  agent: {
    [TALK_TYPES.hello]: 64,
    [TALK_TYPES.query]: QUERY_IDS_MAX * ID_BYTES,
    [TALK_TYPES.block]: BLOCK_FIELDS_BYTES + BLOCK_SEGMENTS_MAX * (ID_BYTES + 4) + BLOCK_SEALED_BYTES_MAX,
    [TALK_TYPES['want-pack']]: 0,
    [TALK_TYPES['seal-pack']]: PACK_ID_BYTES,
    [TALK_TYPES['want-filter']]: 0,
    [TALK_TYPES.recipe]: RECIPE_FRAME_BYTES_MAX,
    [TALK_TYPES.finish]: 64,
  },
  server: {
    [TALK_TYPES.welcome]: WELCOME_BYTES_MAX,
    [TALK_TYPES.answer]: QUERY_IDS_MAX / 8,
    [TALK_TYPES.pack]: PACK_ID_BYTES + KEY_BYTES,
    [TALK_TYPES.filter]: FILTER_BYTES_MAX,
    [TALK_TYPES.taken]: 8,
    [TALK_TYPES.done]: 2 + NAME_BYTES_MAX,
    [TALK_TYPES.refused]: 4 + 2 * REFUSAL_BYTES_MAX,
    [TALK_TYPES.sealed]: PACK_ID_BYTES,
  },
}
