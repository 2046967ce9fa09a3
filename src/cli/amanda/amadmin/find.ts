// `amadmin find`: where the dumps of disks are, as a table whose columns are as wide as what stands in them.

import { findDumps } from '../../../records/find-dumps.ts'
import { FIND_ORDER, isFindOrder, sortFound, type FoundDump } from '../../../records/found-dump.ts'
import { TapelistStore } from '../../../records/tapelist-store.ts'
import { quoteString } from '../../../wire/amanda/quote.ts'
import { tryFileLock } from '../../../posix/file-lock.ts'
import { selectionOf, type AmadminCall } from './call.ts'

interface Column {
  readonly title: string
  readonly isRight: boolean
  readonly cell: (dump: FoundDump) => string
}

const COLUMNS: readonly Column[] = [
  { title: 'date', isRight: false, cell: ({ timestamp }) => shownDate(timestamp) },
  { title: 'host', isRight: false, cell: ({ host }) => host },
  { title: 'disk', isRight: false, cell: ({ disk }) => quoteString(disk) },
  { title: 'lv', isRight: true, cell: ({ level }) => String(level) },
  { title: 'storage', isRight: false, cell: ({ storage }) => quotedIfAny(storage) },
  { title: 'pool', isRight: false, cell: ({ pool }) => quotedIfAny(pool) },
  { title: 'tape or file', isRight: false, cell: ({ label }) => quotedIfAny(label) },
  { title: 'file', isRight: true, cell: ({ fileNumber }) => String(fileNumber) },
  { title: 'part', isRight: true, cell: ({ partNumber, partCount }) => `${partNumber}/${partCount}` },
]

const quotedIfAny = (text: string): string => (text === '' ? '' : quoteString(text))

function shownDate(timestamp: string): string {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(timestamp) ?? []
  if (year === undefined) return timestamp
  return `${year}-${month}-${day}${hour === undefined ? '' : ` ${hour}:${minute}:${second}`}`
}

function shownStatus({ status, dumpStatus, message }: FoundDump): string {
  return status === 'OK' && dumpStatus === 'OK' ? `OK ${message}` : `${status} ${dumpStatus} ${message}`
}

export function foundTable(dumps: readonly FoundDump[]): string {
  if (dumps.length === 0) return '\nNo dump to list\n'
  const rows = dumps.map((dump) => ({ cells: COLUMNS.map(({ cell }) => cell(dump)), status: shownStatus(dump) }))
  const widths = COLUMNS.map(({ title }, index) => Math.max(title.length, ...rows.map(({ cells }) => cells[index]?.length ?? 0)))
  const padded = (cells: readonly string[], isTitle: boolean): string => cells.map((cell, index) => (COLUMNS[index]?.isRight === true && !isTitle ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0))).join(' ')
  const title = `${padded(COLUMNS.map((column) => column.title), true)} status\n`
  return `\n${title}${rows.map(({ cells, status }) => `${padded(cells, false)} ${status}\n`).join('')}`
}

export async function find({ words, session, disk, clock, out }: AmadminCall): Promise<number> {
  const [first, given, ...behind] = words
  const hasOrder = first === '--sort' && given !== undefined
  const names = hasOrder ? behind : words
  let order = hasOrder ? given : FIND_ORDER
  if (!isFindOrder(order)) {
    out(`Invalid sort order: ${order}\nUse default sort order: ${FIND_ORDER}\n`)
    order = FIND_ORDER
  }
  const selection = selectionOf(session)
  const say = (complaints: readonly string[]): void => out(complaints.map((line) => `${line}\n`).join(''))
  if (names.length > 0) say(selection.select(names))
  const tapelist = await new TapelistStore({ disk, clock, tryLock: tryFileLock, pid: 0 }, session.places.tapelist).read()
  const { logDir, holdingDirs } = session.places
  const found = await findDumps(disk, { logDir, holdingDirs, tapelist, configName: session.name })
  if (names.length === 0) {
    out(foundTable(sortFound(found.toReversed(), order)))
    return 0
  }
  for (const { host, disk: name } of found) if (!selection.has(host, name)) selection.add({ host, name }, false)
  say(selection.select(names))
  const chosen = new Set(selection.chosen.map(({ host, name }) => JSON.stringify([host, name])))
  out(foundTable(sortFound(found.filter(({ host, disk: name }) => chosen.has(JSON.stringify([host, name]))), order)))
  return 0
}
