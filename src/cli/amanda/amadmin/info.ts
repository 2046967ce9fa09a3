// `amadmin info`: what is remembered of disks.

import { CurinfoStore } from '../../../records/curinfo-store.ts'
import { timestampOf } from '../../../records/timestamp.ts'
import { INFO_COMMANDS, type DiskInfo } from '../../../wire/amanda/curinfo.ts'
import { chosenDisks, type AmadminCall } from './call.ts'

const RATES = 3
const DAY_DIGITS = 8
/** Stock's program says nothing of a forced level 1. */
const FORCED = [
  [INFO_COMMANDS.forceFull, 'Forcing to level 0 dump at next run'],
  [INFO_COMMANDS.forceBump, 'Forcing bump at next run'],
  [INFO_COMMANDS.forceNoBump, 'Forcing no-bump at next run'],
] as const

const three = (values: readonly number[]): number[] => Array.from({ length: RATES }, (_, index) => values[index] ?? -1)
const rates = (values: readonly number[]): string => three(values).map((value) => value.toFixed(1).padStart(5)).join(', ')
const percents = (values: readonly number[]): string => three(values).map((value) => `${(value * 100).toFixed(1).padStart(5)}%`).join(',')

export function infoText(host: string, name: string, info: DiskInfo | undefined): string {
  const forced = FORCED.filter(([bit]) => ((info?.command ?? 0) & bit) !== 0).map(([, text]) => `  (${text})\n`)
  const rows = (info?.stats ?? []).map(({ level, dateS, place, sizeKib, storedKib, seconds }) => `          ${level}  ${timestampOf(dateS).slice(0, DAY_DIGITS)}  ${(place?.label ?? '').padEnd(15)}  ${place?.fileNumber ?? 0} ${sizeKib} ${storedKib} ${seconds}\n`)
  return [
    `\nCurrent info for ${host} ${name}:\n`,
    ...forced,
    `  Stats: dump rates (kps), Full:  ${rates(info?.full.rates ?? [])}\n`,
    `                    Incremental:  ${rates(info?.incremental.rates ?? [])}\n`,
    `          compressed size, Full: ${percents(info?.full.ratios ?? [])}\n`,
    `                    Incremental: ${percents(info?.incremental.ratios ?? [])}\n`,
    '  Dumps: lev datestmp  tape             file   origK   compK secs\n',
    ...rows,
  ].join('')
}

export async function info(call: AmadminCall): Promise<number> {
  const disks = chosenDisks(call)
  if (disks === undefined) return 0
  const store = new CurinfoStore(call.disk, call.session.places.infoDir)
  for (const { host, name } of disks) call.out(infoText(host, name, await store.read(host, name)))
  return 0
}
