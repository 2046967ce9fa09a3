// Which disks the words of a command line select: `[HOST [DISK]*]*`, each an expression. A word is a disk of the host before it if it can be, else a host. What a
// word selects stays selected until all are asked for again; a disk that no word selected is then out for good, as stock Amanda has it, which asks twice when a log
// tells of disks that the disklist does not have.

import { diskMatcher, hostMatcher } from './match-expression.ts'

export interface SelectableDisk {
  readonly host: string
  readonly name: string
}

type State = 'open' | 'chosen' | 'out'

export class DiskSelection<T extends SelectableDisk> {
  readonly #disks: { readonly disk: T; state: State }[] = []

  /** `isOut`: it is ignored or skipped, and no word selects it. */
  add(disk: T, isOut: boolean): void {
    this.#disks.push({ disk, state: isOut ? 'out' : 'open' })
  }

  has(host: string, name: string): boolean {
    return this.#disks.some(({ disk }) => disk.name === name && disk.host.toLowerCase() === host.toLowerCase())
  }

  /** Those that are selected, in the order in which they were added. */
  get chosen(): readonly T[] {
    return this.#disks.filter(({ state }) => state === 'chosen').map(({ disk }) => disk)
  }

  /** Selects what the words name; all when there are none. Returns what is to be said of words that select nothing. */
  select(words: readonly string[]): string[] {
    for (const one of this.#disks) if (one.state === 'chosen') one.state = 'open'
    if (words.length === 0) {
      this.#choose(() => true)
      return []
    }
    const complaints: string[] = []
    let host: ((name: string) => boolean) | undefined
    /** The host whose disks are all selected unless a disk follows. */
    let whole: string | undefined
    const finishHost = (): void => {
      if (whole !== undefined && host !== undefined) {
        const isHost = host
        if (!this.#choose((disk) => isHost(disk.host))) complaints.push(`All disks on host '${whole}' are ignored or have strategy "skip".`)
      }
      whole = undefined
    }
    for (const word of words) {
      const isHost = host
      const isDisk = diskMatcher(word)
      if (isHost !== undefined && this.#choose((disk) => isHost(disk.host) && isDisk(disk.name), true)) {
        whole = undefined
        continue
      }
      const isNewHost = hostMatcher(word)
      if (this.#disks.some(({ disk }) => isNewHost(disk.host))) {
        finishHost()
        host = isNewHost
        whole = word
      } else {
        complaints.push(`Argument '${word}' matches neither a host nor a disk.`)
        whole = undefined
      }
    }
    finishHost()
    for (const one of this.#disks) if (one.state === 'open') one.state = 'out'
    return complaints
  }

  /** Whether there was one to choose; with `orChosen` one that is chosen already counts as well. */
  #choose(isWanted: (disk: T) => boolean, orChosen = false): boolean {
    let isAny = false
    for (const one of this.#disks) {
      if (one.state === 'out' || !isWanted(one.disk)) continue
      if (one.state === 'chosen' && !orChosen) continue
      one.state = 'chosen'
      isAny = true
    }
    return isAny
  }
}
