// A configuration in the shape of holdfast.yaml as plain values that a person would write there: sizes and durations with their units, one text in place of a list of one, nothing that is
// as it is anyway. `parseServerConfig` reads the same out of it.

import { isDeepStrictEqual } from 'node:util'
import { SERVER_DEFAULTS as DEFAULTS } from './defaults.ts'
import type { ServerInput } from './schema.ts'
import { exactDuration, exactSize } from './units.ts'

export type Written = string | number | boolean | readonly Written[] | { readonly [key: string]: Written }

const SIZE_KEYS = new Set(['volume-size', 'part-size', 'chunk-size', 'use', 'keep-free', 'size'])
const DURATION_KEYS = new Set(['estimate-timeout', 'data-timeout', 'script-timeout', 'connect-timeout', 'ctimeout', 'timeout', 'catch-up', 'verify-within', 'heartbeat', 'dead-after', 'session-hold', 'keepalive'])
/** Lists that are read the same when they are one text. */
const LISTS = new Set(['inherit', 'exclude', 'exclude-append', 'exclude-lists', 'include', 'include-lists', 'to'])
/** Maps whose keys are names that somebody chose. */
const NAMED = new Set(['hosts', 'dumptypes', 'interfaces', 'properties'])

function valueOf(key: string, value: unknown): Written {
  if (key === 'compress') return compressOf(value)
  if (typeof value === 'number') {
    if (SIZE_KEYS.has(key)) return exactSize(value)
    if (DURATION_KEYS.has(key)) return exactDuration(value)
    if (key === 'start-time') return timeOfDay(value)
    return key === 'dump-cycle' ? `${value} d` : value
  }
  if (Array.isArray(value)) {
    const [only, ...others] = value as readonly unknown[]
    return LISTS.has(key) && typeof only === 'string' && others.length === 0 ? only : value.map((each) => valueOf('', each))
  }
  if (typeof value === 'object' && value !== null) return mapOf(key, value)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  throw new Error(`${key} has no value`)
}

function timeOfDay(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

function mapOf(key: string, map: object): Written {
  const entries = Object.entries(map).filter(([, value]) => value !== undefined)
  // The names of properties say nothing of what their values are.
  return Object.fromEntries(entries.map(([name, value]) => [name, key === 'properties' ? singleOf(value) : valueOf(NAMED.has(key) ? '' : name, value)]))
}

function singleOf(values: readonly string[]): Written {
  const [only, ...others] = values
  return only !== undefined && others.length === 0 ? only : values
}

function compressOf(value: unknown): Written {
  if (isDeepStrictEqual(value, { kind: 'gzip', where: 'client', level: 1 })) return 'gzip'
  return typeof value === 'string' ? value : mapOf('', value as object)
}

function withoutDefaults<T extends object>(given: T, defaults: Readonly<Record<string, unknown>>): Partial<T> | undefined {
  const different = Object.entries(given).filter(([key, value]) => !isDeepStrictEqual(value, defaults[key]))
  return different.length === 0 ? undefined : (Object.fromEntries(different) as Partial<T>)
}

function storageOf({ storage }: ServerInput): object {
  if (storage.kind === 'vault') return storage
  const { kind, name, directory, slots, 'part-size': partBytes, 'volume-size': volumeBytes = DEFAULTS.storage.volumeBytes, ...rest } = storage
  const ownPart = partBytes === Math.min(DEFAULTS.storage.partBytes, volumeBytes) ? {} : { 'part-size': partBytes }
  return { kind, name, directory, slots, 'volume-size': volumeBytes, ...ownPart, ...rest }
}

/** The parts of the file in the order in which they are written. */
export function asWritten(input: ServerInput): Readonly<Record<string, Written>> {
  const { limits, bump } = DEFAULTS
  const cycleDays = input['dump-cycle'] ?? DEFAULTS.dumpCycleDays
  const { name, organisation, storage: _storage, holding, 'dump-cycle': _cycle, 'runs-per-cycle': runs, bump: givenBump, limits: givenLimits, interfaces, dumptypes, hosts, ...rest } = input
  const parts = {
    name,
    ...(organisation === name ? {} : { organisation }),
    storage: storageOf(input),
    holding: Array.isArray(holding) && holding.length === 1 ? (holding as readonly object[])[0] : holding,
    'dump-cycle': cycleDays,
    ...(runs === Math.max(1, cycleDays) ? {} : { 'runs-per-cycle': runs }),
    bump: givenBump && withoutDefaults(givenBump, { size: bump.bytes, percent: bump.percent, multiplier: bump.multiplier, days: bump.days }),
    limits: givenLimits && withoutDefaults(givenLimits, { 'parallel-dumps': limits.parallelDumps, retries: limits.retries, 'estimate-timeout': limits.estimateTimeoutMs, 'data-timeout': limits.dataTimeoutMs, 'connect-timeout': limits.connectTimeoutMs }),
    interfaces,
    dumptypes,
    hosts,
    ...rest,
  }
  const written = valueOf('', parts)
  if (typeof written !== 'object' || Array.isArray(written)) throw new Error('a configuration is a map')
  return written as Readonly<Record<string, Written>>
}
