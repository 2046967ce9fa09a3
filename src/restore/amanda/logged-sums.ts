// The checksums of dumps that the logs of runs tell: the lines `DONE taper`, in which the taper says what it read. Format: docs/formats/run-log.md.

import { splitWords, unquoteString } from '../../wire/amanda/quote.ts'
import type { LoggedSums } from './compare-sums.ts'
import type { PlannedDump } from './fetch-plan.ts'

/** What a dump that is not known has in place of a checksum. */
const UNKNOWN = '00000000:0'
const CRC = /^[0-9a-f]{8}:\d{1,15}$/

type Key = Pick<PlannedDump, 'host' | 'disk' | 'datestamp' | 'level'>

function keyOf({ host, disk, datestamp, level }: Key): string {
  return JSON.stringify([host, disk, datestamp, level])
}

export class SumsOfLog {
  readonly #sums = new Map<string, LoggedSums>()

  /** A line that is no end of a dump, or not understood, says nothing. */
  add(line: string): void {
    if (!line.startsWith('DONE taper ')) return
    let words: string[]
    try {
      words = splitWords(line.slice('DONE taper '.length)).map(unquoteString)
    } catch {
      return
    }
    while (words[0]?.startsWith('ST:') === true || words[0]?.startsWith('POOL:') === true) words.shift()
    const [host, disk, datestamp, , level, ...crcs] = words
    if (host === undefined || disk === undefined || datestamp === undefined || !/^\d{1,3}$/.test(level ?? '')) return
    const [native, client, server] = crcs.slice(0, 3).map((crc) => (CRC.test(crc) && crc !== UNKNOWN ? crc : undefined))
    this.#sums.set(keyOf({ host, disk, datestamp, level: Number(level) }), { ...(native === undefined ? {} : { native }), ...(client === undefined ? {} : { client }), ...(server === undefined ? {} : { server }) })
  }

  of(dump: Key): LoggedSums {
    return this.#sums.get(keyOf(dump)) ?? {}
  }
}
