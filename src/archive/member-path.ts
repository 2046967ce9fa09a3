// The path of the member that is being dumped, as bytes in one buffer: `./`, the directory with a slash behind it, the name.

import type { NameList } from './name-list.ts'

/** More than any file system takes for a name. */
const NAME_BYTES_MAX = 4096

export class MemberPath {
  bytes = Buffer.alloc(2 * NAME_BYTES_MAX)
  length = 0
  #directoryLength = 0

  /** `path` is that of a directory below the top, empty for the top. */
  setDirectory(path: string): void {
    this.#room(path.length + 3)
    this.bytes[0] = 0x2e
    this.bytes[1] = 0x2f
    let at = 2
    if (path !== '') {
      at += this.bytes.write(path, 2, 'latin1')
      this.bytes[at++] = 0x2f
    }
    this.#directoryLength = at
    this.length = at
  }

  /** The directory itself. */
  toDirectory(): void {
    this.length = this.#directoryLength
  }

  setName(names: NameList, index: number): void {
    this.#room(this.#directoryLength + NAME_BYTES_MAX)
    this.length = this.#directoryLength + names.copyName(index, this.bytes, this.#directoryLength)
  }

  /** A name that is no longer there. */
  setGoneName(name: Uint8Array, isDirectory: boolean): void {
    this.#room(this.#directoryLength + name.length + 1)
    this.bytes.set(name, this.#directoryLength)
    this.length = this.#directoryLength + name.length
    if (isDirectory) this.bytes[this.length++] = 0x2f
  }

  /** For people: a string of bytes. */
  text(): string {
    return this.bytes.toString('latin1', 0, this.length)
  }

  #room(bytes: number): void {
    if (bytes <= this.bytes.length) return
    const grown = Buffer.alloc(2 * bytes)
    this.bytes.copy(grown)
    this.bytes = grown
  }
}
