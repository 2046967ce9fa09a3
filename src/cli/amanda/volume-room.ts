// What Amanda's programs for volumes work on: the configuration, its tapelist, and the changer of a storage, put together from the machine.

import type { AmandaConfiguration, AmandaSection } from '../../config/amanda/configuration.ts'
import { BUILD_VALUES } from '../../config/amanda/build-values.ts'
import { changerSpec } from '../../config/amanda/changer-spec.ts'
import { parseOverride, type Override } from '../../config/amanda/overrides.ts'
import { faultOf } from '../../kernel/fault.ts'
import { tryFileLock } from '../../posix/file-lock.ts'
import { recordPlaces, type RecordPlaces } from '../../records/places.ts'
import { withRecordLock } from '../../records/record-lock.ts'
import { timestampOf } from '../../records/timestamp.ts'
import { TapelistStore } from '../../records/tapelist-store.ts'
import { openAmandaChanger } from '../../server/taper/amanda/open-changer.ts'
import { retentionStatuses, type DumpOnVolume, type RetentionStatus } from '../../server/taper/amanda/retention-status.ts'
import { retentionPolicies, volumeRules } from '../../server/taper/amanda/storage-rules.ts'
import type { VolumeRules } from '../../server/taper/amanda/volume-rules.ts'
import { daysBefore } from '../../server/taper/volume-loader.ts'
import { ChangerRefusal, type AmandaChanger } from '../../storage/amanda/contract.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import type { CliContext } from '../context.ts'
import { openConfiguration } from './amanda-session.ts'
import { readStockWords, type StockOption, type StockWords } from './stock-words.ts'

/** Words of stock that end a program with 1: they go to stderr. */
export class ProgramEnd extends Error {}

export interface ProgramOutput {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

export interface VolumeRoom {
  readonly context: CliContext
  readonly configuration: AmandaConfiguration
  readonly directory: string
  readonly places: RecordPlaces
  readonly storage: AmandaSection
  readonly rules: VolumeRules
  readonly tapelist: TapelistStore
}

export function outputOf({ streams }: CliContext): ProgramOutput {
  return { out: (text) => streams.out(text), err: (text) => streams.err(text) }
}

/** Options with `-o` and `--version`, which every program has; undefined when the program has answered already. */
export function readWords(program: string, words: readonly string[], options: readonly StockOption[], output: ProgramOutput): StockWords | undefined {
  const read = readStockWords(words, [...options, { name: 'o', takesValue: true }, { name: 'version' }, { name: 'help', letter: 'h' }])
  if (!read.given.has('version')) return read
  output.out(`${program}-${BUILD_VALUES['version'] ?? ''}\n`)
  return undefined
}

/** Reads the configuration; its problems are printed. Throws a ProgramEnd with `failure` when it has errors. */
export function openVolumeRoom(context: CliContext, name: string, given: StockWords['given'], output: ProgramOutput, failure: string): VolumeRoom {
  const overrides = (given.get('o') ?? []).map((text): Override => {
    const override = parseOverride(text)
    if (override === undefined) throw new ProgramEnd(`Must specify a value for ${text}.\n`)
    return override
  })
  const loaded = openConfiguration({ name, overrides, workingDir: process.cwd() }, (line) => output.err(`${line}\n`))
  if (loaded === undefined) throw new ProgramEnd(failure)
  const { configuration, directory } = loaded
  const storage = configuration.find('storage', configuration.globalNames('STORAGE')[0] ?? '')
  if (storage === undefined) throw new ProgramEnd('the configuration has no storage\n')
  const places = recordPlaces(configuration, directory)
  const tapelist = new TapelistStore({ disk: context.disk, clock: context.clock, tryLock: tryFileLock, pid: process.pid, signal: context.signal }, places.tapelist)
  return { context, configuration, directory, places, storage, rules: volumeRules(configuration, storage), tapelist }
}

/** The storage `name`, if the room has one. */
export function roomOfStorage(room: VolumeRoom, name: string): VolumeRoom | undefined {
  const storage = room.configuration.find('storage', name)
  return storage === undefined ? undefined : { ...room, storage, rules: volumeRules(room.configuration, storage) }
}

/** Throws a ChangerRefusal when the storage has none, or it cannot be used. */
export async function changerOfRoom(room: VolumeRoom): Promise<AmandaChanger> {
  const { context, configuration, directory, storage } = room
  const spec = changerSpec(configuration, directory, storage)
  if (spec === undefined) throw new ChangerRefusal(`You must specify the 'tapedev' or 'tpchanger' in the '${storage.name}' storage section`)
  const lock = <T>(path: string, work: () => Promise<T>): Promise<T> => withRecordLock({ tryLock: tryFileLock, clock: context.clock, signal: context.signal }, path, work)
  const changer = openAmandaChanger(context.disk, spec, { config: configuration.name, storage: storage.name }, lock)
  await changer.inventory()
  return changer
}

export function statusesOf(room: VolumeRoom, tapelist: readonly TapelistEntry[], dumps: readonly DumpOnVolume[]): Map<string, RetentionStatus> {
  const now = timestampOf(room.context.clock.wallMs() / 1000)
  return retentionStatuses({ tapelist, config: room.configuration.name, policies: retentionPolicies(room.configuration), dumps, daysAgo: (days) => daysBefore(now, days) })
}

/** Whether any policy goes by the dumps on the volumes: only then are they looked for. */
export function needsDumps(room: VolumeRoom): boolean {
  return [...retentionPolicies(room.configuration).values()].some(({ recoverDays, fullDays }) => recoverDays > 0 || fullDays > 0)
}

/** Runs a program: what ends it is printed as stock prints it. Returns the exit code. */
export async function runProgram(output: ProgramOutput, body: () => Promise<number>): Promise<number> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof ProgramEnd) output.err(error.message)
    else if (error instanceof ChangerRefusal) output.err(`ERROR: ${error.message}\n`)
    else {
      const { message, next } = faultOf(error)
      output.err(`ERROR: ${message}. ${next}\n`)
    }
    return 1
  }
}
