// `amadmin holding list` and `holding delete`: what lies on the holding disks. A dump that is thrown away is forgotten, so that the planner does not build on it.

import { diskMatcher, hostMatcher } from '../../../wire/amanda/name-expression.ts'
import { CurinfoStore } from '../../../records/curinfo-store.ts'
import { forgetDump, isOutdated, type Forgotten } from '../../../records/forget-dump.ts'
import { listHolding, type HeldDump } from '../../../records/holding-list.ts'
import { timestampOf, timestampSeconds } from '../../../records/timestamp.ts'
import { AmadminUsage, type AmadminCall } from './call.ts'

const COMPLAINT = 'expecting "holding list [-l] [-d]" or "holding delete <host> [ .. ]"'

/** A word of a dump specification: in single quotes unless it is letters, digits, dots and slashes alone. */
function specWord(text: string): string {
  return /^[A-Za-z0-9./]+$/.test(text) ? text : `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}

/** Matches `[HOST [DISK [TIMESTAMP]]]`, again and again. */
function namedBy(words: readonly string[]): (dump: HeldDump) => boolean {
  if (words.length === 0) return () => true
  const specs = Array.from({ length: Math.ceil(words.length / 3) }, (_, index) => {
    const [host = '', disk, timestamp = ''] = words.slice(index * 3, index * 3 + 3)
    const isHost = hostMatcher(host)
    const isDisk = disk === undefined ? (): boolean => true : diskMatcher(disk)
    return ({ header }: HeldDump): boolean => isHost(header.host) && isDisk(header.disk) && header.datestamp.startsWith(timestamp)
  })
  return (dump) => specs.some((isOf) => isOf(dump))
}

async function list({ words, session, disk, out, isLong, isOutdatedOnly }: AmadminCall): Promise<number> {
  const isNamed = namedBy(words)
  const curinfo = new CurinfoStore(disk, session.places.infoDir)
  if (isLong) out('size (kB)  lv outd dump specification\n')
  for (const held of await listHolding(disk, session.places.holdingDirs)) {
    if (!isNamed(held)) continue
    const { host, disk: name, datestamp, level } = held.header
    const info = await curinfo.read(host, name)
    const isOld = info !== undefined && isOutdated(info, level, timestampSeconds(datestamp))
    if (isOutdatedOnly && !isOld) continue
    const spec = [host, name, datestamp].map(specWord).join(' ')
    out(isLong ? `${String(held.kib).padEnd(10)} ${String(level).padEnd(2)} ${isOld ? ' *  ' : '    '} ${spec}\n` : `${spec}\n`)
  }
  return 0
}

function forgottenText({ isNewest, orphans }: Forgotten, level: number): string {
  if (!isNewest) return ''
  const first = level === 0 ? 'Deleting the most recent full dump; forcing a full dump at next run.' : `Deleting the most recent level ${level} dump; forcing a level ${level} dump or \nWARNING: lower at next run.`
  const lost = orphans.map((dump) => `WARNING: Level ${dump.level} dump made ${timestampOf(dump.dateS)} can no longer be accurately restored.\n`)
  const note = lost.length === 0 ? '' : 'WARNING: (note, dates shown above are for dumps, and may be later than the\nWARNING: corresponding run date)\n'
  return `WARNING: ${first}\n${lost.join('')}${note}`
}

async function remove({ words, session, disk, out, err }: AmadminCall): Promise<number> {
  const isNamed = namedBy(words)
  const curinfo = new CurinfoStore(disk, session.places.infoDir)
  for (const held of await listHolding(disk, session.places.holdingDirs)) {
    if (!isNamed(held)) continue
    const { host, disk: name, datestamp, level } = held.header
    err(`Deleting '${held.path}'\n`)
    const info = await curinfo.read(host, name)
    const forgotten = info === undefined ? undefined : forgetDump(info, level, timestampSeconds(datestamp))
    if (info === undefined) out(`WARNING: No curinfo record for ${host}:${name}\n`)
    else if (forgotten === undefined) out(`WARNING: No dump matching ${held.path} found in curinfo.\n`)
    else {
      out(forgottenText(forgotten, level))
      await curinfo.write(host, name, forgotten.info)
    }
    try {
      // The first chunk goes last: without it nobody would know of the others.
      for (const chunk of held.chunks.toReversed()) await disk.remove(chunk)
    } catch {
      err(`amadmin: Could not delete '${held.path}'\n`)
      return 1
    }
  }
  return 0
}

export async function holding(call: AmadminCall): Promise<number> {
  const [action, ...words] = call.words
  const inner = { ...call, words }
  if (action === 'list') return list(inner)
  if (action === 'delete' && words.length > 0) return remove(inner)
  throw new AmadminUsage(COMPLAINT)
}
