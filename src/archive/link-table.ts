// Files with several names: where each is in the archive, until all its names were seen. Bounded: of more files than fit, the oldest are forgotten, and their
// later names are dumped as files of their own.

/** Bytes of paths and keys. */
const BYTES_MAX = 32 * 1024 * 1024
/** What an entry takes beside them. */
const ENTRY_BYTES = 150

interface LinkedFile {
  readonly path: string
  namesLeft: number
}

export class LinkTable {
  readonly #files = new Map<string, LinkedFile>()
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  /** Where the file is already; undefined when it is at `path` from now on. */
  see(key: string, linkCount: number, path: string): string | undefined {
    const known = this.#files.get(key)
    if (known !== undefined) {
      known.namesLeft--
      if (known.namesLeft <= 0) this.#forget(key, known)
      return known.path
    }
    this.#files.set(key, { path, namesLeft: linkCount - 1 })
    this.#bytes += key.length + path.length + ENTRY_BYTES
    for (const [oldest, file] of this.#files) {
      if (this.#bytes <= this.#bytesMax) break
      this.#forget(oldest, file)
    }
    return undefined
  }

  #forget(key: string, file: LinkedFile): void {
    this.#files.delete(key)
    this.#bytes -= key.length + file.path.length + ENTRY_BYTES
  }
}
