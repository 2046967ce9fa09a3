// `amadmin holding list`: what lies on the holding disks.

import { CurinfoStore } from '../../../records/curinfo-store.ts'
import { listHolding, type HeldDump } from '../../../records/holding-list.ts'
import { diskMatcher, hostMatcher } from '../../../config/amanda/match-expression.ts'
import { AmadminUsage, type AmadminCall } from './call.ts'

const COMPLAINT = 'expecting "holding list [-l] [-d]" or "holding delete <host> [ .. ]"'

/** A word of a dump specification: in single quotes when it has a blank or a quote. */
function specWord(text: string): string {
  return /^[A-Za-z0-9_./:=+@%,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** `[HOST [DISK [TIMESTAMP]]]` again and again. */
function isNamed({ header: { host, disk, datestamp } }: HeldDump, words: readonly string[]): boolean {
  if (words.length === 0) return true
  for (let at = 0; at < words.length; at += 3) {
    const [ofHost = '', ofDisk, ofTime] = words.slice(at, at + 3)
    if (hostMatcher(ofHost)(host) && (ofDisk === undefined || diskMatcher(ofDisk)(disk)) && (ofTime === undefined || datestamp.startsWith(ofTime))) return true
  }
  return false
}

async function list({ words, session, disk, out }: AmadminCall): Promise<number> {
  const isLong = words.includes('-l')
  const isOutdatedOnly = words.includes('-d')
  const named = words.filter((word) => word !== '-l' && word !== '-d')
  const curinfo = new CurinfoStore(disk, session.places.infoDir)
  if (isLong) out('size (kB)  lv outd dump specification\n')
  for (const held of await listHolding(disk, session.places.holdingDirs)) {
    if (!isNamed(held, named)) continue
    const { host, disk: name, datestamp, level } = held.header
    const last = (await curinfo.read(host, name))?.last
    // A dump of a higher level than the last one has nothing that it is needed for.
    const isOutdated = last !== undefined && level > last.level
    if (isOutdatedOnly && !isOutdated) continue
    const spec = [host, name, datestamp].map(specWord).join(' ')
    out(isLong ? `${String(held.kib).padEnd(10)} ${String(level).padEnd(2)} ${isOutdated ? ' *  ' : '    '} ${spec}\n` : `${spec}\n`)
  }
  return 0
}

export async function holding(call: AmadminCall): Promise<number> {
  const [action, ...words] = call.words
  if (action !== 'list') throw new AmadminUsage(COMPLAINT)
  return list({ ...call, words })
}
