// Where members go, as those see it who write them: blocks of a tar archive (unit-output.ts), or a recipe and the segments that it names (vault/recipe-output.ts).
// What is put at `target` is the content of a file; all else comes by `append` and `zeros`.

import type { LinkedMember } from './unit-messages.ts'

export interface MemberOutput {
  /** Bytes of the archive so far. */
  bytes: number
  /** A place for the next bytes of a file: at least one fits at `at`. */
  readonly target: Uint8Array
  readonly at: number
  /** How many bytes fit there. */
  readonly room: number
  /** Bytes were put at `at` of `target`. */
  advance(bytes: number): void
  append(source: Uint8Array): void
  /** The member of the directory at `path` comes next, then what is in it. Lent. */
  directory(path: Uint8Array, pathBytes: number): void
  /** The header blocks of a member at `path`, which stands in them where wire/tar/pax-writer.ts puts it. */
  header(source: Uint8Array, path: Uint8Array, pathBytes: number): void
  zeros(bytes: number): void
  /** The start of a member, as its block counts. `bytesTogether` of it lie in one block; `dataBytes` is the size of its content. */
  startMember(bytesTogether?: number, dataBytes?: number): number
  /** Where the next byte of the archive would be, as the block counts. */
  readonly position: number
  addLinked(member: LinkedMember): void
  /** A line for the operator. */
  say(text: string): void
  addRecord(record: Uint8Array): void
  /** Between two members: sends what has become much. */
  settle(): void
  /** Sends all that there is. */
  flush(): void
}
