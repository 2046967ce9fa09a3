// What an integration case is: a run against real peers (stock Amanda, GNU tar, a real firewall, real processes) that says in one
// line what was seen. Cases live in integration/cases, one a file, and export `integrationCase`.

export interface CaseContext {
  /** A fresh directory of the case's own; removed after a pass. */
  readonly dir: string
  /** Names given behind the case's, as in `NAME:PART,PART`: only these parts of it; empty: all. */
  readonly parts: readonly string[]
  /** Prints a line of progress. */
  readonly note: (text: string) => void
  /** Aborts when the case's time is up. */
  readonly signal: AbortSignal
}

export interface IntegrationCase {
  readonly name: string
  /** One line for the list. */
  readonly summary: string
  /** Programs that must be installed. When one is missing the case is skipped, loudly. */
  readonly needs: readonly string[]
  readonly needsRoot?: boolean
  /** Asked when the programs are there: why the case cannot run here all the same, if so. */
  probe?(): Promise<string | undefined>
  readonly timeoutMs: number
  /** Part of `npm test`; a case that takes many minutes is run by name only. Default true. */
  readonly isInTest?: boolean
  /** Nearly all of its time is waiting for limits of the network to pass: it runs beside the others. */
  readonly isPatient?: boolean
  /** Returns what was seen. Throws when it is not what must be. */
  run(context: CaseContext): Promise<string>
}
