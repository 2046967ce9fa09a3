// Members as a recipe: headers and lists are written as they are, the content of files as the segments that it is cut into (segment-stage.ts). The recipe goes where
// an archive would: into lent blocks that are handed out in the order of the tree.

import { NAME_BYTES_MAX } from '../../wire/vault/limits.ts'
import { BLOCK_BYTES, type LinkedMember } from '../unit-messages.ts'
import type { MemberOutput } from '../member-output.ts'
import type { UnitOutput } from '../unit-output.ts'
import { RecipeOps } from './recipe-ops.ts'
import type { SegmentStage } from './segment-stage.ts'

/** Operations of one member are gathered up to this. */
const GATHERED_BYTES = 64 * 1024
/** What the recipe of a member may have beyond its bytes: the operations, and the ids of a small file. */
const OPERATIONS_BYTES = 4096

export class RecipeOutput implements MemberOutput {
  bytes = 0
  /** Bytes of files that went through here. */
  contentBytes = 0
  /** Is told of all operations of members, in order: for the next dump. Lent. */
  onOperations: ((operations: Uint8Array) => void) | undefined
  readonly #inner: UnitOutput
  readonly #stage: SegmentStage
  readonly #ops = new RecipeOps()
  #hasContent = false
  /** That members are in; 0 bytes: none that could be told. */
  readonly #directory = new Uint8Array(NAME_BYTES_MAX)
  #directoryBytes = 0

  /** `createStage` is given what takes the segments. */
  constructor(inner: UnitOutput, createStage: (take: (id: Uint8Array, length: number, crc: number) => void) => SegmentStage) {
    this.#inner = inner
    this.#stage = createStage((id, length, crc) => {
      this.#ops.segment(id, length, crc)
      this.#limit()
    })
  }

  get target(): Uint8Array {
    return this.#stage.target
  }

  get at(): number {
    return this.#stage.at
  }

  get room(): number {
    return this.#stage.room
  }

  advance(bytes: number): void {
    this.#stage.advance(bytes)
    this.#hasContent = true
    this.bytes += bytes
    this.contentBytes += bytes
  }

  directory(path: Uint8Array, pathBytes: number): void {
    this.commit()
    this.#directoryBytes = 0
    if (pathBytes > NAME_BYTES_MAX) return
    this.#directory.set(path.subarray(0, pathBytes))
    this.#directoryBytes = pathBytes
    this.#ops.directory(this.#directory, pathBytes)
  }

  header(source: Uint8Array, path: Uint8Array, pathBytes: number): void {
    this.#endContent()
    if (!this.#isInside(path, pathBytes) || !this.#ops.header(source, path, this.#directoryBytes, pathBytes)) this.#ops.data(source)
    this.bytes += source.length
    this.#limit()
  }

  append(source: Uint8Array): void {
    this.#endContent()
    this.#ops.data(source)
    this.bytes += source.length
    this.#limit()
  }

  zeros(bytes: number): void {
    this.#endContent()
    this.#ops.zeros(bytes)
    this.bytes += bytes
  }

  startMember(bytesTogether = 0, dataBytes = 0): number {
    this.commit()
    // Headers are kept whole in all cases: they are short.
    const position = this.#inner.startMember(bytesTogether === 0 ? 0 : Math.min(BLOCK_BYTES, bytesTogether + OPERATIONS_BYTES))
    this.#ops.member()
    this.#stage.begin(dataBytes)
    return position
  }

  /** Operations of members as the last dump had them, or a part of them. */
  copy(operations: Uint8Array): void {
    this.commit()
    this.#inner.append(operations)
    this.onOperations?.(operations)
  }

  /** Those of one member, in one block; where they begin in it. */
  copyTogether(operations: Uint8Array): number {
    this.commit()
    const position = this.#inner.startMember(operations.length)
    this.copy(operations)
    return position
  }

  get position(): number {
    this.commit()
    return this.#inner.position
  }

  addLinked(member: LinkedMember): void {
    this.#inner.addLinked(member)
  }

  say(text: string): void {
    this.#inner.say(text)
  }

  addRecord(record: Uint8Array): void {
    this.#inner.addRecord(record)
  }

  settle(): void {
    this.commit()
    this.#inner.settle()
  }

  flush(): void {
    this.commit()
    this.#inner.flush()
  }

  giveBack(): number | undefined {
    return this.#inner.giveBack()
  }

  /** Hands on what was gathered. */
  commit(): void {
    this.#endContent()
    this.#handOn()
  }

  /** Whether the path is one in the directory that was told last, or its own. */
  #isInside(path: Uint8Array, pathBytes: number): boolean {
    const bytes = this.#directoryBytes
    if (bytes === 0 || pathBytes < bytes) return false
    for (let at = 0; at < bytes; at++) if (path[at] !== this.#directory[at]) return false
    return true
  }

  #endContent(): void {
    if (!this.#hasContent) return
    this.#hasContent = false
    this.#stage.end()
  }

  #limit(): void {
    if (this.#ops.length > GATHERED_BYTES) this.#handOn()
  }

  #handOn(): void {
    if (this.#ops.length === 0) return
    const { bytes } = this.#ops
    this.#inner.append(bytes)
    this.onOperations?.(bytes)
    this.#ops.clear()
  }
}
