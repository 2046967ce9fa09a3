// What an extraction takes from one dump: where its members lie, and what they are called now. A member has the name that it had when it was dumped: a directory
// above it may have been renamed since, and the data of a hard link may be needed under another of its names.

import type { DumpRecord } from '../../catalog/contract.ts'
import type { TreeAt, TreeEntry } from '../tree-at.ts'
import { PlaceList } from './place-list.ts'
import { bytesOfIndexPath, joinPath, lastName, parentPath } from './tree-path.ts'

/** A hard link whose data is under another name. */
interface Link {
  /** Bytes, as wanted. */
  readonly path: string
  /** Of the index of the dump. */
  readonly target: string
  readonly offset: number
  readonly spanBytes: number
}

export class DumpShare {
  readonly dump: DumpRecord
  readonly places = new PlaceList()
  /** Members that are there already. */
  readonly #skipped = new PlaceList()
  readonly #directories = new Map<string, string>()
  readonly #names = new Map<string, string>()
  #links: Link[] = []

  constructor(dump: DumpRecord) {
    this.dump = dump
  }

  /** `path` (bytes) is where it goes. Nothing happens for what has no place in the dump. */
  add(path: string, entry: TreeEntry): void {
    const { attributes, kind } = entry
    if (attributes?.offset === undefined) return
    this.#noteName(path, entry)
    if (kind === 'hard-link' && attributes.target !== undefined) this.#links.push({ path, target: attributes.target, offset: attributes.offset, spanBytes: attributes.spanBytes })
    else this.places.add(attributes.offset, attributes.spanBytes)
  }

  skip({ attributes }: TreeEntry): void {
    if (attributes?.offset !== undefined) this.#skipped.add(attributes.offset, attributes.spanBytes)
  }

  get hasLinks(): boolean {
    return this.#links.length > 0
  }

  /** Finds the data of each link: a member that is wanted, or one that is put under the name of the first link to it. `own` is the tree of this dump alone. Returns the bytes of files that come with it. */
  async resolveLinks(own: TreeAt): Promise<number> {
    let fileBytes = 0
    const extra: { readonly offset: number; readonly spanBytes: number }[] = []
    for (const link of this.#links) {
      const name = bytesOfIndexPath(link.target)
      const first = await own.stat(link.target)
      const offset = first?.attributes?.offset
      const isTaken = offset === undefined || this.places.has(offset) || this.#skipped.has(offset) || this.#names.has(name)
      if (isTaken || first?.attributes === undefined) {
        // A member whose first name is nowhere is extracted as well: the extraction says what it lacks.
        extra.push(link)
        continue
      }
      this.#names.set(name, link.path)
      extra.push({ offset, spanBytes: first.attributes.spanBytes })
      fileBytes += first.attributes.size
    }
    this.#links = []
    for (const { offset, spanBytes } of extra) this.places.add(offset, spanBytes)
    return fileBytes
  }

  /** Where the member `name` goes; both bytes without a leading slash, the top is empty. */
  nameNow(name: string): string {
    if (this.#names.size === 0 && this.#directories.size === 0) return name
    const path = `/${name}`
    return (this.#names.get(path) ?? this.#movedName(path) ?? path).slice(1)
  }

  #movedName(path: string): string | undefined {
    const parent = this.#directories.get(parentPath(path))
    return parent === undefined ? undefined : joinPath(parent, lastName(path))
  }

  /** Only directories move, so a name for each of them is enough. */
  #noteName(path: string, { memberPath }: TreeEntry): void {
    const member = bytesOfIndexPath(memberPath)
    if (member === path) return
    if (lastName(member) === lastName(path)) this.#directories.set(parentPath(member), parentPath(path))
    else this.#names.set(member, path)
  }
}
