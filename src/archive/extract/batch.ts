// Orders for the threads that write, packed into buffers that are handed over whole: nothing is copied or allocated for a file but what the system calls
// need. Names are bytes with a NUL behind them, so that a name in a batch is already what the kernel takes. Only this process reads what it writes here.

import type { ExtendedAttribute } from '../../wire/tar/pax-records.ts'

/** Orders are about one directory, which stays until another one is named. */
export const OP = { enter: 1, directory: 2, file: 3, data: 4, endFile: 5, symlink: 6, hardLink: 7, node: 8 } as const

/** What a member is to have besides its contents. */
export interface Attributes {
  mode: number
  uid: number
  gid: number
  seconds: number
  nanoseconds: number
  /** With access lists, as `system.posix_acl_access` and `_default`. */
  xattrs: readonly ExtendedAttribute[]
}

export const BATCH_BYTES = 1024 * 1024
/** `file`: the contents follow in `data` orders. */
export const DATA_FOLLOWS = 0xffff_ffff
const ATTRIBUTE_BYTES = 28
const ORDER_BYTES = 64

function xattrBytes(xattrs: readonly ExtendedAttribute[]): number {
  let bytes = 2
  for (const { name, value } of xattrs) bytes += 8 + name.length + value.length
  return bytes
}

export class BatchWriter {
  #bytes: Buffer
  #view: DataView
  #at = 0

  constructor(buffer: ArrayBuffer) {
    this.#bytes = Buffer.from(buffer)
    this.#view = new DataView(buffer)
  }

  get usedBytes(): number {
    return this.#at
  }

  get freeBytes(): number {
    return this.#bytes.length - this.#at
  }

  get buffer(): ArrayBuffer {
    return this.#bytes.buffer as ArrayBuffer
  }

  /** Room that an order with these strings takes at most, its data left out. */
  static roomFor(strings: number, xattrs: readonly ExtendedAttribute[] = []): number {
    return ORDER_BYTES + ATTRIBUTE_BYTES + strings + xattrBytes(xattrs)
  }

  /** `isAnnounced`: the archive has the directory and all above it. */
  enter(path: string, isAnnounced: boolean): void {
    this.#op(OP.enter)
    this.#string(path)
    this.#u32(isAnnounced ? 1 : 0)
  }

  /** `isBelowAnnounced`: the archive has all directories above it. `list`: what an incremental dump says it holds. */
  directory(path: string, attributes: Attributes, isBelowAnnounced: boolean, list: Buffer | undefined): void {
    this.#op(OP.directory)
    this.#string(path)
    this.#u32(isBelowAnnounced ? 1 : 0)
    this.#attributes(attributes)
    this.#u32(list === undefined ? DATA_FOLLOWS : list.length)
    if (list !== undefined) this.#data(list)
  }

  /** The beginning of a file; its contents are what `data` adds at once, or come later. */
  file(name: string, attributes: Attributes, size: number, dataBytes: number): void {
    this.#op(OP.file)
    this.#string(name)
    this.#attributes(attributes)
    this.#f64(size)
    this.#u32(dataBytes)
  }

  /** Contents of the file just begun, inside its order. */
  inlineData(data: Buffer): void {
    this.#data(data)
  }

  data(data: Buffer, position: number): void {
    this.#op(OP.data)
    this.#f64(position)
    this.#u32(data.length)
    this.#data(data)
  }

  endFile(): void {
    this.#op(OP.endFile)
  }

  symlink(name: string, attributes: Attributes, target: string): void {
    this.#op(OP.symlink)
    this.#string(name)
    this.#attributes(attributes)
    this.#string(target)
  }

  /** `isAnnounced`: as with `enter`, of the directory of the link. */
  hardLink(directory: string, name: string, targetDirectory: string, targetName: string, isAnnounced: boolean): void {
    this.#op(OP.hardLink)
    this.#u32(isAnnounced ? 1 : 0)
    for (const text of [directory, name, targetDirectory, targetName]) this.#string(text)
  }

  /** `mode` of the attributes has the bits of the kind. */
  node(name: string, attributes: Attributes, kind: number, major: number, minor: number): void {
    this.#op(OP.node)
    this.#string(name)
    this.#attributes(attributes)
    this.#u32(kind)
    this.#u32(major)
    this.#u32(minor)
  }

  #op(op: number): void {
    this.#bytes[this.#at++] = op
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  #f64(value: number): void {
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  #string(text: string): void {
    this.#u32(text.length)
    this.#at += this.#bytes.write(text, this.#at, 'latin1')
    this.#bytes[this.#at++] = 0
  }

  #data(data: Buffer): void {
    data.copy(this.#bytes, this.#at)
    this.#at += data.length
  }

  #attributes({ mode, uid, gid, seconds, nanoseconds, xattrs }: Attributes): void {
    this.#u32(mode)
    this.#u32(uid)
    this.#u32(gid)
    this.#f64(seconds)
    this.#u32(nanoseconds)
    this.#u32(xattrs.length)
    for (const { name, value } of xattrs) {
      this.#string(name)
      this.#u32(value.length)
      this.#data(value)
    }
  }
}

const NO_XATTRS: readonly ExtendedAttribute[] = []

export class BatchReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #end: number
  #at = 0

  constructor(buffer: ArrayBuffer, usedBytes: number) {
    this.#bytes = Buffer.from(buffer)
    this.#view = new DataView(buffer)
    this.#end = usedBytes
  }

  /** The next order, or 0 at the end. */
  op(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at++] ?? 0) : 0
  }

  u32(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }

  f64(): number {
    this.#at += 8
    return this.#view.getFloat64(this.#at - 8, true)
  }

  /** With its NUL. */
  name(): Buffer {
    const length = this.u32() + 1
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  text(): string {
    const name = this.name()
    return name.toString('latin1', 0, name.length - 1)
  }

  data(length: number): Buffer {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  attributes(into: Attributes): void {
    into.mode = this.u32()
    into.uid = this.u32()
    into.gid = this.u32()
    into.seconds = this.f64()
    into.nanoseconds = this.u32()
    const count = this.u32()
    into.xattrs = count === 0 ? NO_XATTRS : Array.from({ length: count }, () => ({ name: this.text(), value: this.data(this.u32()) }))
  }
}
