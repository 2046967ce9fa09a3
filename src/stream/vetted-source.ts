// A tar stream that is read along while it flows to GNU tar: a member that could be written outside the target ends the stream with
// `restore-unsafe` before its header is passed on. Within one archive GNU tar itself never writes through a symlink of that archive that
// leaves the target; what it does not guard against is a symlink that an earlier level left in the tree, so members below one are refused here,
// unless this archive puts a directory in its place first.

import type { ByteSource } from '../kernel/byte-stream.ts'
import type { Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'
import { parentsOf, partsOf, shownName, vetMember } from '../wire/tar/vet.ts'

/** What is known of the tree over all levels. */
export class TreeGuard {
  readonly #disk: Disk
  readonly #root: string
  /** Symlinks whose names are not UTF-8, which the disk cannot be asked about. */
  readonly #oddLinks = new Set<string>()
  /** Symlinks of earlier levels that a directory of this archive replaces. */
  #replaced = new Set<string>()
  #isFirstLevel = true
  #lastParent: string | undefined

  constructor(disk: Disk, root: string) {
    this.#disk = disk
    this.#root = root
  }

  /** `source`, watched. `onMember` sees every member that was found safe. */
  watch(source: ByteSource, onMember: (member: TarMember) => void): ByteSource {
    let members: TarMember[] = []
    const reader = new TarMemberReader((member) => members.push(member))
    return {
      read: async () => {
        const piece = await source.read()
        try {
          if (piece === null) reader.finish()
          else reader.push(piece)
          for (const member of members) {
            await this.#judge(member)
            onMember(member)
          }
        } catch (error) {
          if (error instanceof Fault) source.cancel(error)
          throw error
        }
        members = []
        return piece
      },
      cancel: (reason) => source.cancel(reason),
    }
  }

  /** To be called when a level was extracted. */
  levelDone(): void {
    this.#isFirstLevel = false
    this.#replaced = new Set()
    this.#lastParent = undefined
  }

  async #judge(member: TarMember): Promise<void> {
    vetMember(member)
    const path = partsOf(member.name).join('/')
    if (member.kind === 'symlink' && !isUtf8(path)) this.#oddLinks.add(path)
    if (this.#isFirstLevel) return
    await this.#judgeParents(member.name)
    if (member.kind === 'hard-link') await this.#judgeParents(member.linkName)
    if (member.kind === 'directory' && path !== '' && (await this.#isLink(path))) this.#replaced.add(path)
  }

  async #judgeParents(name: string): Promise<void> {
    const parents = parentsOf(name)
    const direct = parents.at(-1)
    if (direct === undefined || direct === this.#lastParent) return
    for (const parent of parents) {
      if (!this.#replaced.has(parent) && (await this.#isLink(parent))) {
        throw new Fault('restore-unsafe', `the member ${shownName(name)} lies below a symlink of an earlier level`)
      }
    }
    this.#lastParent = direct
  }

  async #isLink(path: string): Promise<boolean> {
    if (this.#oddLinks.has(path)) return true
    if (!isUtf8(path)) return false
    const found = await this.#disk.stat(`${this.#root}/${Buffer.from(path, 'latin1').toString('utf8')}`)
    return found?.kind === 'symlink'
  }
}

function isUtf8(latin1: string): boolean {
  const bytes = Buffer.from(latin1, 'latin1')
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes)
}
