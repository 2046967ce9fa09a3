// Following a run: a line an event, and on a terminal one line of progress below. Shared by `dump`, `flush` and `status --live`.

import type { DumpProgress, RunSummary, ServerEvent } from '../server/control/contract.ts'
import type { CliContext } from './context.ts'
import { codeOfHeld, exitCode } from './exit-codes.ts'
import { ProgressLine } from './progress.ts'
import { formatEvent } from './status/event-text.ts'

/** Prints events as they come. */
export class RunWatcher {
  readonly #context: CliContext
  readonly #isQuiet: boolean
  readonly #progress: ProgressLine
  readonly #dumps = new Map<string, DumpProgress>()

  constructor(context: CliContext, isQuiet: boolean) {
    this.#context = context
    this.#isQuiet = isQuiet
    this.#progress = new ProgressLine(context.clock, { isTerminal: context.streams.isTerminal && !isQuiet, columns: context.streams.columns, write: context.streams.err })
  }

  take(event: ServerEvent): void {
    if (event.kind === 'dump-changed' || event.kind === 'dump-progress' || event.kind === 'dump-ended') this.#dumps.set(event.dump.id, event.dump)
    if (event.kind === 'snapshot') for (const dump of event.snapshot.current?.dumps ?? []) this.#dumps.set(dump.id, dump)
    const line = formatEvent(event)
    if (line !== undefined && !this.#isQuiet) {
      this.#progress.clear()
      this.#context.streams.err(line)
    }
    this.#show()
  }

  end(): void {
    this.#progress.clear()
  }

  #show(): void {
    const dumps = [...this.#dumps.values()]
    const active = dumps.filter((dump) => dump.phase === 'dumping')
    if (active.length === 0) return
    const isKnown = dumps.every((dump) => dump.estimatedBytes !== undefined)
    const bytes = dumps.reduce((total, dump) => total + dump.bytes, 0)
    const totalBytes = dumps.reduce((total, dump) => total + Math.max(dump.bytes, dump.phase === 'done' ? 0 : (dump.estimatedBytes ?? 0)), 0)
    const what = active.length === 1 ? `${active[0]?.host}:${active[0]?.disk}` : `${active.length} dumps`
    this.#progress.show(isKnown ? { what, bytes, totalBytes } : { what, bytes })
  }
}

/** The bits of amdump's exit code (docs/exit-codes.md). */
export function summaryExitCode(summary: RunSummary): number {
  let code = 0
  if (summary.strange > 0) code |= exitCode('strange')
  if (summary.failed + summary.partial > 0) code |= exitCode('failed')
  if (summary.dumps.some((dump) => dump.phase !== 'done')) code |= exitCode('missing')
  for (const dump of summary.dumps) if (dump.status === 'complete' && dump.to === 'holding' && dump.tapedBytes === 0) code |= codeOfHeld(dump.faultCode)
  return code
}
