// An Amanda configuration → the model of holdfast.yaml. It is brought into the shape of holdfast.yaml first and then resolved as every holdfast.yaml is, so that both languages mean the
// same by construction, and `holdfast import` only has to write that shape down. What becomes of each setting: docs/import.md.

import { deepFreeze } from '../../deep-freeze.ts'
import type { Complain } from '../../dumptypes.ts'
import type { BumpConfig, DirectoriesConfig, ResolvedConfig } from '../../resolved.ts'
import type { ServerInput } from '../../schema.ts'
import { resolveInput } from '../../server-config.ts'
import type { ValuePath } from '../../yaml-document.ts'
import type { AmandaConfiguration, Place } from '../configuration.ts'
import type { AmandaDisk } from '../disklist.ts'
import { isPlainName, plainName } from './amanda-text.ts'
import { DumptypeBook } from './dumptype-book.ts'
import { holdingInputs } from './holding.ts'
import { hostInputs, type HostInputs } from './hosts.ts'
import { interfacesOf } from './interfaces.ts'
import { Ledger } from './ledger.ts'
import { limitsInput } from './limits.ts'
import { mailInput } from './mail.ts'
import type { AmandaRemark } from './remark.ts'
import { storageInput, type MachineFacts } from './storage.ts'

export interface AmandaResolution {
  /** In the shape of holdfast.yaml; undefined when a remark is an error. */
  readonly input: ServerInput | undefined
  readonly config: ResolvedConfig | undefined
  readonly remarks: readonly AmandaRemark[]
  /** What it says of dumptypes in words, by their names here. */
  readonly comments: ReadonlyMap<string, string>
}

/** Scripts of the server lie where Amanda's are. */
const SCRIPT_DIR = '/usr/lib/amanda/application'
const DAYS_MAX = 100_000
const RUNS_MAX = 1000

/**
 * `configuration` and `disks` must be without errors. Settings that have no place in the model are remarked upon; with an error among the remarks there is no configuration.
 * `directories` are those of a server of Holdfast.
 */
export function resolveAmanda(configuration: AmandaConfiguration, disks: readonly AmandaDisk[], directories: DirectoriesConfig, machine: MachineFacts): AmandaResolution {
  const ledger = new Ledger(configuration)
  const globals = ledger.of()
  const dumpCycleDays = globals.number('DUMPCYCLE', 0, DAYS_MAX)
  const bump: BumpConfig = { bytes: globals.bytes('BUMPSIZE'), percent: globals.number('BUMPPERCENT', 0, 100), multiplier: globals.number('BUMPMULT', 0.999, 1000), days: globals.number('BUMPDAYS', 0, DAYS_MAX) }
  globals.value('MAXDUMPS')
  const holding = holdingInputs(ledger)
  const hasHolding = holding.length > 0
  const storage = storageInput(ledger, machine, hasHolding)
  const facts = { hasHolding, volumeBytes: storage.volumeBytes, isSplitByTapetype: storage.isSplitByTapetype }
  const book = new DumptypeBook(ledger, facts, { dumpCycleDays, bump }, disks.map(({ dumptype }) => dumptype))
  const interfaces = interfacesOf(ledger, disks)
  const listed = hostInputs(disks, book, interfaces, ledger)
  const mail = mailInput(ledger)
  const organisation = globals.line('ORG')
  const limits = limitsInput(ledger, { hasHolding })
  const hasServerScripts = usesServerScripts(book, listed)
  const input: ServerInput | undefined = storage.input && {
    name: isPlainName(configuration.name) ? configuration.name : plainName(configuration.name, new Set()),
    ...(organisation === '' ? {} : { organisation }),
    storage: storage.input,
    'dump-cycle': dumpCycleDays,
    'runs-per-cycle': runsPerCycle(ledger, dumpCycleDays),
    bump: { size: bump.bytes, percent: bump.percent, multiplier: bump.multiplier, days: bump.days },
    limits,
    interfaces: interfaces.inputs,
    holding,
    dumptypes: book.inputs,
    hosts: listed.hosts,
    ...(mail === undefined ? {} : { mail }),
    ...(hasServerScripts ? { directories: { scripts: SCRIPT_DIR } } : {}),
  }
  const config = input && resolveInput(input, directories, complainTo(ledger, listed, 'unusable'), complainTo(ledger, listed, 'changed'))
  const remarks = ledger.close()
  const isGood = !remarks.some(({ kind }) => kind === 'unusable')
  return { input: isGood ? input : undefined, config: isGood && config !== undefined ? deepFreeze(config) : undefined, remarks, comments: book.comments }
}

/** 0 is one a day; -1, as many as there were, is not counted before there is a history. */
function runsPerCycle(ledger: Ledger, dumpCycleDays: number): number {
  const globals = ledger.of()
  const given = globals.number('RUNSPERCYCLE', -1, RUNS_MAX)
  if (given === -1) globals.remark('RUNSPERCYCLE', 'changed', 'one run a day is assumed')
  return given > 0 ? given : Math.max(1, Math.min(RUNS_MAX, dumpCycleDays))
}

function usesServerScripts(book: DumptypeBook, { hosts }: HostInputs): boolean {
  const groups = Object.values(hosts).flatMap((host) => ('disks' in host ? host.disks : []))
  const all = [...Object.values(book.inputs), ...groups.filter((disk) => typeof disk === 'object')]
  return all.some((one) => ('scripts' in one ? (one.scripts ?? []) : []).some((script) => script['execute-where'] === 'server'))
}

/** Problems that only the whole shows, at the place of what they are about. */
function complainTo(ledger: Ledger, { places }: HostInputs, kind: 'unusable' | 'changed'): Complain {
  return (path, message, next) => {
    const [place, subject] = placeOf(path, ledger, places)
    ledger.remark(kind, place, subject, `${message}. ${next}`.replace(/\.$/, ''))
  }
}

function placeOf(path: ValuePath, { configuration }: Ledger, places: HostInputs['places']): readonly [Place | undefined, string] {
  const [first, second, , fourth] = path.map(String)
  const place = (keyword: string): Place | undefined => configuration.globals.get(keyword)?.place
  switch (first) {
    case 'hosts': return [second === undefined ? undefined : places.get(second)?.[Number(fourth ?? 0)], second ?? 'disklist']
    case 'storage':
      if (second === 'flush') return [place('AUTOFLUSH') ?? place('TAPERFLUSH') ?? place('FLUSH_THRESHOLD_DUMPED') ?? place('FLUSH_THRESHOLD_SCHEDULED'), 'autoflush']
      return second === 'keep' ? [place('TAPECYCLE') ?? place('TPCHANGER'), 'tapecycle'] : [place('TPCHANGER') ?? place('TAPEDEV'), 'storage']
    case 'holding': return [place('HOLDINGDISK'), 'holdingdisk']
    case 'mail': return [place('MAILTO'), 'mailto']
    case undefined:
    default: return [undefined, path.map(String).join('.')]
  }
}
