// Makes of a worker's block what goes out: members that are another name of a file in the archive become links to it, and the lines of the index get the
// offsets that only the order of blocks tells. The bytes of the block are not copied.

import { emptyFacts, PaxWriter } from '../wire/tar/pax-writer.ts'
import { IndexWriter } from './index-writer.ts'
import type { LinkTable } from './link-table.ts'
import type { OwnerNames } from './owner-names.ts'
import { BLANK_DIGITS, type BlockMessage, type LinkedMember } from './unit-messages.ts'

export interface HandedOut {
  readonly pieces: readonly Uint8Array[]
  readonly index: readonly Uint8Array[]
}

function fillBlank(index: Uint8Array, at: number, value: number): void {
  let rest = value
  for (let digit = at + BLANK_DIGITS - 1; digit >= at && rest > 0; digit--) {
    const next = Math.floor(rest / 10)
    index[digit] = 0x30 + (rest - next * 10)
    rest = next
  }
}

export class HandOut {
  readonly #links: LinkTable
  readonly #owners: OwnerNames
  readonly #hasAttributes: boolean
  readonly #encode: (header: Uint8Array) => Uint8Array
  readonly #writer = new PaxWriter()
  readonly #lines: IndexWriter
  /** Of the archive. */
  offset = 0

  /** `encode`: how a header stands in what goes out. */
  constructor(links: LinkTable, owners: OwnerNames, hasAttributes: boolean, encode: (header: Uint8Array) => Uint8Array = (header) => Buffer.from(header)) {
    this.#encode = encode
    this.#links = links
    this.#owners = owners
    this.#hasAttributes = hasAttributes
    this.#lines = new IndexWriter(hasAttributes)
  }

  /** `bytes` are those of the block. */
  take(message: BlockMessage, bytes: Uint8Array): HandedOut {
    const replaced = message.linked.flatMap((member) => {
      const target = this.#links.see(member.key, member.linkCount, member.path)
      return target === undefined ? [] : [{ member, target }]
    })
    if (replaced.length === 0) {
      this.#fill(message, 0, Number.POSITIVE_INFINITY, this.offset)
      this.offset += bytes.length
      return { pieces: bytes.length === 0 ? [] : [bytes], index: message.index === undefined ? [] : [message.index] }
    }
    return this.#replace(message, bytes, replaced)
  }

  #replace(message: BlockMessage, bytes: Uint8Array, replaced: readonly { readonly member: LinkedMember; readonly target: string }[]): HandedOut {
    const pieces: Uint8Array[] = []
    const index: Uint8Array[] = []
    let at = 0
    let indexAt = 0
    const keep = (end: number, indexEnd: number): void => {
      this.#fill(message, indexAt, indexEnd, this.offset - at)
      if (end > at) pieces.push(bytes.subarray(at, end))
      if (indexEnd > indexAt && message.index !== undefined) index.push(message.index.subarray(indexAt, indexEnd))
      this.offset += end - at
    }
    for (const { member, target } of replaced) {
      keep(member.start, member.indexStart)
      const link = this.#link(member, target)
      pieces.push(link)
      if (member.indexEnd > member.indexStart) index.push(this.#line(member, target, link.length))
      this.offset += link.length
      at = member.end
      indexAt = member.indexEnd
    }
    keep(bytes.length, message.index?.length ?? 0)
    return { pieces, index }
  }

  /** Fills the blanks between two places of the index; `base` is where the block would begin. */
  #fill({ index, blanks }: BlockMessage, start: number, end: number, base: number): void {
    if (index === undefined || blanks === undefined || !this.#hasAttributes) return
    for (let pair = 0; pair < blanks.length; pair += 2) {
      const at = blanks[pair] ?? 0
      if (at >= start && at < end) fillBlank(index, at, base + (blanks[pair + 1] ?? 0))
    }
  }

  #link(member: LinkedMember, target: string): Uint8Array {
    const path = Buffer.from(member.path, 'latin1')
    const { mode, uid, gid, mtimeSeconds, mtimeRest } = member
    const facts = { ...emptyFacts(), type: 'hard-link' as const, path, pathBytes: path.length, target: Buffer.from(target, 'latin1'), mode, uid, gid, mtimeSeconds, mtimeRest, userName: this.#owners.user(uid).plain, groupName: this.#owners.group(gid).plain }
    return this.#encode(this.#writer.header(facts))
  }

  #line(member: LinkedMember, target: string, span: number): Uint8Array {
    const path = Buffer.from(member.path, 'latin1')
    const lines = this.#lines
    lines.begin(path, path.length)
    lines.type('h', 0)
    lines.attributes(span, 0, member.mtimeSeconds, member.mtimeRest, member.mode, member.uid, member.gid, this.#owners.user(member.uid).shown, this.#owners.group(member.gid).shown)
    lines.extra('>', Buffer.from(target, 'latin1').subarray(1))
    lines.end()
    const { index, blanks } = lines.take()
    if (this.#hasAttributes) fillBlank(index, blanks[0] ?? 0, this.offset)
    return index
  }
}
