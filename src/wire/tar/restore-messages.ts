// What GNU tar says while it extracts, as a list for the operator of what is not as it was. Owners that only root may set are one line
// with a count, since a restore by another user has one for every file. Bounded whatever tar prints.

/** Lines that say nothing is missing, or what is told elsewhere. */
const QUIET = [/: Not found in archive$/, /Exiting with failure status due to previous errors$/, /: Directory has been renamed/, /: time stamp .* s in the future$/, /: implausibly old time stamp /]
const OWNER = /: Cannot change ownership to uid \d+, gid \d+: /
const LINES_MAX = 1000
const LINE_CHARACTERS_MAX = 4096

export class RestoreMessages {
  readonly #lines: string[] = []
  #leftOut = 0
  #owners = 0
  #last: string | undefined

  take(line: string): void {
    if (line === '') return
    const text = line.replace(/^[^:]*tar: /, '').slice(0, LINE_CHARACTERS_MAX)
    this.#last = text
    if (QUIET.some((pattern) => pattern.test(text))) return
    if (OWNER.test(text)) this.#owners++
    else if (this.#lines.length < LINES_MAX) this.#lines.push(text)
    else this.#leftOut++
  }

  /** The last line of any kind: why tar gave up. */
  last(): string | undefined {
    return this.#last
  }

  /** What could not be restored; empty when all is as it was. */
  problems(): string[] {
    return [
      ...(this.#owners === 0 ? [] : [`${this.#owners} files and directories did not get their owner back, because the restore does not run as root`]),
      ...this.#lines,
      ...(this.#leftOut === 0 ? [] : [`${this.#leftOut} more messages of tar were left out`]),
    ]
  }
}
