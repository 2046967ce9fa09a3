// The header of a dump from the disk list and what the client said about itself on MESG. Pure.

import type { HeaderFilterFields } from '../../stream/dump-filters.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import type { DumpOrder } from './contract.ts'

/** What a client that says nothing is taken to have used. */
const PROGRAM_UNKNOWN = 'APPLICATION'
/** Words of a header are held to this by all readers. */
const WORD_CHARACTERS_MAX = 200

function word(text: string | undefined): string | undefined {
  return text === undefined || text === '' || /[\s"\\\0]/.test(text) || text.length > WORD_CHARACTERS_MAX ? undefined : text
}

/** `info` as MESG gave it; it comes from a peer, so what cannot stand in a header is left out. */
export function dumpHeaderOf(order: DumpOrder, info: Readonly<Record<string, string>>, filters: HeaderFilterFields, dleXml: string): DumpFileHeader {
  const application = word(info['APPLICATION'])
  // A client that filters names one command for each in front of its own, which may be a pipe too; the header has places for those.
  const { compress, encrypt } = order.entry
  const clientFilters = [compress, encrypt].filter((filter) => filter.kind !== 'none' && filter.where === 'client').length
  const commands = (info['RECOVER_CMD'] ?? '').replace(/[\0\n\r\f]/g, ' ').split('|')
  const recover = commands.slice(Math.min(clientFilters, commands.length - 1)).join('|').trim()
  return {
    kind: 'file',
    datestamp: order.run,
    host: order.entry.host,
    disk: order.entry.disk,
    level: order.level,
    ...filters,
    program: word(info['BACKUP']) ?? PROGRAM_UNKNOWN,
    ...(application === undefined ? {} : { application }),
    isPartial: false,
    originalKib: 0,
    dleXml,
    recoverCommand: recover,
  }
}
