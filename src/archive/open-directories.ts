// The directories above the one that is being read, held open, so that each is opened from its parent by one name: a path that is longer than the system
// takes is no matter, and what is moved or replaced by a link above leads nowhere else. Of a deep tree the ones next to the top are closed.

import type { TreeCalls } from '../posix/tree-calls.ts'
import { isWithin } from './tree-path.ts'

interface OpenDirectory {
  readonly path: string
  /** Undefined: closed, since too many were open. */
  handle: number | undefined
}

const OPEN_MAX = 96

export class OpenDirectories {
  readonly #calls: TreeCalls
  readonly #top: number
  readonly #above: OpenDirectory[] = []

  constructor(calls: TreeCalls, top: Uint8Array) {
    this.#calls = calls
    this.#top = calls.openTop(top)
  }

  /** A handle of the directory at `path`, good until the next call. Throws system errors. */
  open(path: string): number {
    while (this.#above.length > 0 && !isWithin(path, this.#above.at(-1)?.path ?? '')) this.#pop()
    if (this.#above.at(-1)?.handle === undefined) while (this.#above.length > 0) this.#pop()
    let at = this.#above.at(-1)?.path ?? ''
    let handle = this.#above.at(-1)?.handle ?? this.#top
    while (at !== path) {
      const start = at === '' ? 0 : at.length + 1
      const slash = path.indexOf('/', start)
      const next = slash < 0 ? path : path.slice(0, slash)
      handle = this.#calls.openDirectory(handle, Buffer.from(`${next.slice(start)}\0`, 'latin1'))
      this.#above.push({ path: next, handle })
      this.#closeFar()
      at = next
    }
    return handle
  }

  close(): void {
    while (this.#above.length > 0) this.#pop()
    this.#calls.close(this.#top)
  }

  #closeFar(): void {
    const far = this.#above[this.#above.length - 1 - OPEN_MAX]
    if (far?.handle === undefined) return
    this.#calls.close(far.handle)
    far.handle = undefined
  }

  #pop(): void {
    const last = this.#above.pop()
    if (last?.handle !== undefined) this.#calls.close(last.handle)
  }
}
