// When each agent was last connected, beyond the life of the server process: one row a host in the catalog, written while it is connected
// and when the server stops. A server that is killed forgets at most WRITE_MS of it.

import { sleep, type Clock } from '../../kernel/clock.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { Catalog } from '../../catalog/contract.ts'
import type { AgentAdmin } from './agent-admin.ts'

/** Milliseconds. "Last seen" is for people who think in hours; each write is a synced transaction a connected host. */
const WRITE_MS = 5 * 60_000

export class LastSeen {
  readonly #clock: Clock
  readonly #catalog: Pick<Catalog, 'putHost'>
  readonly #log: Log
  readonly #seen: Map<string, number>

  private constructor(clock: Clock, catalog: Pick<Catalog, 'putHost'>, log: Log, seen: Map<string, number>) {
    this.#clock = clock
    this.#catalog = catalog
    this.#log = log
    this.#seen = seen
  }

  /** Reads what earlier server processes noted. */
  static async open(clock: Clock, catalog: Pick<Catalog, 'hosts' | 'putHost'>, log: Log): Promise<LastSeen> {
    const seen = new Map<string, number>()
    for (const { host, lastSeenMs } of await catalog.hosts()) if (lastSeenMs !== undefined) seen.set(host, lastSeenMs)
    return new LastSeen(clock, catalog, log, seen)
  }

  /** Wall time; undefined: never. */
  of(host: string): number | undefined {
    return this.#seen.get(host)
  }

  /** Notes what `list` says from now on, and once more when disposed of. */
  keep(list: AgentAdmin['list']): AsyncDisposable {
    const stop = new AbortController()
    const work = this.#follow(list, stop.signal)
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort()
        await work
        await this.#note(list)
      },
    }
  }

  async #follow(list: AgentAdmin['list'], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#clock, WRITE_MS, signal).catch(() => {})
      if (!signal.aborted) await this.#note(list)
    }
  }

  async #note(list: AgentAdmin['list']): Promise<void> {
    try {
      for (const { host, keyFingerprints, lastSeenMs } of list()) {
        if (lastSeenMs === undefined || lastSeenMs === this.#seen.get(host)) continue
        await this.#catalog.putHost({ host, keyFingerprints, lastSeenMs })
        this.#seen.set(host, lastSeenMs)
      }
    } catch (error) {
      this.#log.warn('when agents were last seen could not be recorded', { error: faultOf(error).message })
    }
  }
}
