// What an Amanda configuration says of its runs and volumes, as Amanda's planner and the trace of a run count it: KiB, days, volumes. What the storage does not say, the
// configuration does outside of sections. Pure.

import { integerOf, textOf, type AmandaConfiguration, type AmandaSection, type Setting } from '../../config/amanda/configuration.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import { runsPerCycleOf } from '../planner/amanda/runs-per-cycle.ts'
import type { CycleFacts, TapeFacts } from '../planner/amanda/facts.ts'

type Settings = ReadonlyMap<string, Setting>

export interface RunSettings {
  readonly storage: string
  readonly cycle: CycleFacts
  readonly tapes: TapeFacts
  readonly bandwidthKib: number
  readonly reservePercent: number
  readonly taperAlgo: string
  readonly dumpOrder: string
  readonly autoflush: 'no' | 'yes' | 'all'
  /** Percentages of a volume. */
}

export function storageSettings(configuration: AmandaConfiguration): { readonly name: string; readonly of: (keyword: string) => Settings } {
  const [name = configuration.name] = configuration.globalNames('STORAGE')
  const storage = configuration.find('storage', name)
  return { name, of: (keyword) => (storage !== undefined && (isWritten(storage, keyword) || !configuration.globals.has(keyword)) ? storage.settings : configuration.globals) }
}

function isWritten({ settings }: AmandaSection, keyword: string): boolean {
  return settings.get(keyword)?.place !== undefined
}

function wordOf(settings: Settings, keyword: string): string {
  const value = settings.get(keyword)?.value
  return value?.kind === 'choice' ? value.word : value?.kind === 'boolean' ? (value.isOn ? 'YES' : 'NO') : ''
}

function count(settings: Settings, keyword: string): number {
  return Number(integerOf(settings, keyword))
}

export function runSettings(configuration: AmandaConfiguration, tapelist: readonly TapelistEntry[], nowS: number): RunSettings {
  const { name, of } = storageSettings(configuration)
  const { globals } = configuration
  const tapetype = configuration.find('tapetype', textOf(of('TAPETYPE'), 'TAPETYPE'))?.settings ?? new Map<string, Setting>()
  const policy = configuration.find('policy', textOf(of('POLICY'), 'POLICY'))
  const tapeCycle = count(globals, 'TAPECYCLE')
  const retainedTapes = policy !== undefined && isWritten(policy, 'RETENTION_TAPES') ? count(policy.settings, 'RETENTION_TAPES') : tapeCycle - 1
  const runTapes = count(of('RUNTAPES'), 'RUNTAPES')
  const dumpCycleDays = count(globals, 'DUMPCYCLE')
  const maxDumpKib = count(globals, 'MAXDUMPSIZE')
  const flush = wordOf(of('AUTOFLUSH'), 'AUTOFLUSH').toUpperCase()
  return {
    storage: name,
    cycle: {
      dumpCycleDays,
      runsPerCycle: runsPerCycleOf({ runsPerCycle: count(globals, 'RUNSPERCYCLE'), dumpCycleDays, runTapes, tapeCycle }, tapelist, nowS),
      runTapes,
      tapeKib: count(tapetype, 'LENGTH'),
      filemarkKib: count(tapetype, 'FILEMARK'),
      blockKib: count(tapetype, 'BLOCKSIZE'),
      maxDumpKib: maxDumpKib > 0 ? maxDumpKib : undefined,
      mustFit: true,
    },
    tapes: { tapelist, retainedTapes },
    bandwidthKib: count(globals, 'NETUSAGE'),
    reservePercent: count(globals, 'RESERVE'),
    taperAlgo: wordOf(of('TAPERALGO'), 'TAPERALGO') || 'FIRST',
    dumpOrder: textOf(globals, 'DUMPORDER') || 'ttt',
    autoflush: flush === 'ALL' ? 'all' : flush === 'YES' ? 'yes' : 'no',
  }
}
