// The scripts on the server around one run: those of the whole run, of each host before its first dump, of each dump. Keeps which of
// them were begun, so that their ends are run once, whatever became of what was between.

import type { DiskListEntry } from '../../config/resolved.ts'
import type { Fault } from '../../kernel/fault.ts'
import type { DumpReport } from '../dumper/contract.ts'
import { runServerScripts, type ServerPoint, type ServerScriptDoors, type ServerScriptReport } from './server-scripts.ts'

/** Ends are never cancelled: the time limit of a script ends it. */
function never(): AbortSignal {
  return new AbortController().signal
}

export class RunScripts {
  readonly #doors: ServerScriptDoors
  readonly #run: string
  /** By host: its PRE-HOST-BACKUP, which all dumps of the host wait for. */
  readonly #hosts = new Map<string, { readonly entries: readonly DiskListEntry[]; readonly begun: Promise<ServerScriptReport> }>()

  constructor(doors: ServerScriptDoors, run: string) {
    this.#doors = doors
    this.#run = run
  }

  #at(point: ServerPoint, entries: readonly DiskListEntry[], levels: readonly number[], signal: AbortSignal): Promise<ServerScriptReport> {
    return runServerScripts(point, entries, this.#run, levels, this.#doors, signal)
  }

  /** `work` between the scripts of the whole run. Failures are in the log: no single disk is to blame for them. */
  async around<Result>(what: 'estimate' | 'backup', entries: readonly DiskListEntry[], signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const hosts = Map.groupBy(entries, ({ host }) => host)
    await this.#at(`pre-${what}`, entries, [], signal)
    if (what === 'estimate') for (const ofHost of hosts.values()) await this.#at('pre-host-estimate', ofHost, [], signal)
    if (what === 'estimate') await this.#at('pre-dle-estimate', entries, [], signal)
    try {
      return await work()
    } finally {
      if (what === 'estimate') await this.#at('post-dle-estimate', entries, [], never())
      if (what === 'estimate') for (const ofHost of hosts.values()) await this.#at('post-host-estimate', ofHost, [], never())
      for (const { entries: ofHost, begun } of this.#hosts.values()) {
        await begun
        await this.#at('post-host-backup', ofHost, [], never())
      }
      this.#hosts.clear()
      await this.#at(`post-${what}`, entries, [], never())
    }
  }

  /** One dump between its scripts; `ofHost` are all disks of its host in this run. A script that fails before makes no dump, one that fails after makes it strange. */
  async aroundDump(entry: DiskListEntry, ofHost: readonly DiskListEntry[], level: number, signal: AbortSignal, dump: () => Promise<DumpReport>): Promise<DumpReport> {
    const host = this.#hosts.get(entry.host) ?? { entries: ofHost, begun: this.#at('pre-host-backup', ofHost, [], never()) }
    this.#hosts.set(entry.host, host)
    const hostReport = await host.begun
    if (hostReport.fault !== undefined) return failed(hostReport.fault, hostReport.lines)
    const before = await this.#at('pre-dle-backup', [entry], [level], signal)
    const report = before.fault === undefined ? await dump() : failed(before.fault, before.lines)
    const after = await this.#at('post-dle-backup', [entry], [level], never())
    return withLines(report, before.fault === undefined ? [...before.lines, ...after.lines] : after.lines)
  }
}

function failed(fault: Fault, lines: readonly string[]): DumpReport {
  return { kind: 'failed', fault, lines, bytes: 0, isVolumeFault: false }
}

function withLines(report: DumpReport, lines: readonly string[]): DumpReport {
  if (lines.length === 0) return report
  const all = [...report.lines, ...lines]
  if (report.kind === 'failed') return { ...report, lines: all }
  return { ...report, kind: lines.some((line) => line.startsWith('?')) ? 'strange' : report.kind, lines: all }
}
