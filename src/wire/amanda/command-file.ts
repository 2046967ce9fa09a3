// Orders that programs of Amanda leave for each other (`command_file`): dumps to be flushed, copied to another storage, or kept because a restore reads them.
// Read and written by stock Amanda too. Format: docs/formats/command-file.md.

import { Fault } from '../../kernel/fault.ts'
import { quoteString, splitWords, unquoteString } from './quote.ts'

export type OrderStatus = { readonly kind: 'todo' } | { readonly kind: 'done' } | { readonly kind: 'partial'; readonly bytes: number }

interface AnyOrder {
  readonly id: number
  readonly config: string
  readonly host: string
  readonly disk: string
  /** Timestamp of the dump. */
  readonly timestamp: string
  readonly level: number
  /** Process that works at it; 0: none. */
  readonly workingPid: number
  readonly status: OrderStatus
}

export interface FlushOrder extends AnyOrder {
  readonly kind: 'flush'
  readonly holdingFile: string
  readonly toStorage: string
}

interface FromVolume {
  readonly fromStorage: string
  readonly fromPool: string
  /** A label, or the path of a holding file. */
  readonly fromLabel: string
  readonly fromFileNumber: number
}

export interface CopyOrder extends AnyOrder, FromVolume {
  readonly kind: 'copy'
  /** As it stands in the file: ` ;LABEL1;LABEL2;`. */
  readonly fromLabels: string
  /** Seconds since 1970. */
  readonly startS: number
  readonly toStorage: string
}

export interface RestoreOrder extends AnyOrder, FromVolume {
  readonly kind: 'restore'
  /** Seconds since 1970 after which it holds no longer; 0: never. */
  readonly expiresS: number
}

export type AmandaOrder = FlushOrder | CopyOrder | RestoreOrder

export interface CommandFile {
  /** The last number that was given. */
  readonly lastId: number
  readonly orders: readonly AmandaOrder[]
}

const VERSION = 1
const ORDERS_MAX = 1_000_000

/** Walks the words of one line. */
class Fields {
  readonly #words: readonly string[]
  readonly #lineNumber: number
  #at = 0

  constructor(line: string, lineNumber: number) {
    this.#lineNumber = lineNumber
    this.#words = splitWords(line)
  }

  fault(why: string): Fault {
    return new Fault('wire-malformed', `command file line ${this.#lineNumber}: ${why}`)
  }

  text(what: string): string {
    const word = this.#words[this.#at++]
    if (word === undefined) throw this.fault(`${what} is missing`)
    return unquoteString(word)
  }

  integer(what: string): number {
    const text = this.text(what)
    if (!/^-?\d{1,15}$/.test(text)) throw this.fault(`${what} ${JSON.stringify(text)} is not a number`)
    return Number(text)
  }

  timestamp(): string {
    const text = this.text('timestamp')
    if (!/^(?:\d{1,14}|X)$/.test(text)) throw this.fault(`timestamp ${JSON.stringify(text)} is not digits`)
    return text
  }

  workingPid(): number {
    const text = this.text('WORKING')
    const [, pid] = /^WORKING:(\d{1,10})$/.exec(text) ?? []
    if (pid === undefined) throw this.fault(`${JSON.stringify(text)} where WORKING:<process> was expected`)
    return Number(pid)
  }

  status(): OrderStatus {
    const text = this.text('status')
    if (text === 'TODO') return { kind: 'todo' }
    if (text === 'DONE') return { kind: 'done' }
    const [, bytes] = /^PARTIAL:(\d{1,15})$/.exec(text) ?? []
    if (bytes === undefined) throw this.fault(`${JSON.stringify(text)} is not a status`)
    return { kind: 'partial', bytes: Number(bytes) }
  }

  end(): void {
    if (this.#at < this.#words.length) throw this.fault(`there are words behind the status`)
  }
}

function parseOrder(id: number, fields: Fields): AmandaOrder {
  const kind = fields.text('kind of order')
  const config = fields.text('configuration')
  if (kind === 'FLUSH') {
    const holdingFile = fields.text('holding file')
    const dump = dumpOf(fields)
    return { kind: 'flush', id, config, holdingFile, ...dump, toStorage: fields.text('storage'), workingPid: fields.workingPid(), status: fields.status() }
  }
  if (kind !== 'COPY' && kind !== 'RESTORE') throw fields.fault(`order ${JSON.stringify(kind)} is not known`)
  const from = { fromStorage: fields.text('storage'), fromPool: fields.text('pool'), fromLabel: fields.text('label'), fromFileNumber: fields.integer('file number') }
  if (kind === 'RESTORE') {
    const expiresS = fields.integer('time of expiry')
    const dump = dumpOf(fields)
    return { kind: 'restore', id, config, ...from, expiresS, ...dump, workingPid: fields.workingPid(), status: fields.status() }
  }
  const fromLabels = fields.text('labels')
  const startS = fields.integer('start time')
  const dump = dumpOf(fields)
  return { kind: 'copy', id, config, ...from, fromLabels, startS, ...dump, toStorage: fields.text('storage'), workingPid: fields.workingPid(), status: fields.status() }
}

function dumpOf(fields: Fields): Pick<AnyOrder, 'host' | 'disk' | 'timestamp' | 'level'> {
  return { host: fields.text('host'), disk: fields.text('disk'), timestamp: fields.timestamp(), level: fields.integer('level') }
}

/** Throws `wire-malformed` with the line number: an order must not be lost by a rewrite. */
export function parseCommandFile(text: string): CommandFile {
  const orders: AmandaOrder[] = []
  let lastId = 0
  let isVersionSeen = false
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const fields = new Fields(line, index + 1)
    const first = fields.text('first word')
    if (first === 'VERSION') {
      const version = fields.integer('version')
      if (version !== VERSION) throw fields.fault(`version ${version} is not known`)
      isVersionSeen = true
    } else if (first === 'ID') lastId = fields.integer('last number')
    else {
      if (!isVersionSeen) throw fields.fault('VERSION does not stand before it')
      if (!/^\d{1,10}$/.test(first)) throw fields.fault(`${JSON.stringify(first)} is not the number of an order`)
      if (orders.length >= ORDERS_MAX) throw fields.fault(`there are more than ${ORDERS_MAX} orders`)
      orders.push(parseOrder(Number(first), fields))
    }
    fields.end()
  }
  return { lastId, orders }
}

function statusWord(status: OrderStatus): string {
  return status.kind === 'partial' ? `PARTIAL:${status.bytes}` : status.kind.toUpperCase()
}

function orderWords(order: AmandaOrder): (string | number)[] {
  const dump = [quoteString(order.host), quoteString(order.disk), order.timestamp, order.level]
  if (order.kind === 'flush') return ['FLUSH', quoteString(order.config), quoteString(order.holdingFile), ...dump, quoteString(order.toStorage)]
  const from = [quoteString(order.config), quoteString(order.fromStorage), quoteString(order.fromPool), quoteString(order.fromLabel), order.fromFileNumber]
  if (order.kind === 'restore') return ['RESTORE', ...from, order.expiresS, ...dump]
  return ['COPY', ...from, quoteString(order.fromLabels), order.startS, ...dump, quoteString(order.toStorage)]
}

/** The file as Amanda writes it: what is done and nobody works at is left out. */
export function formatCommandFile({ lastId, orders }: CommandFile): string {
  const kept = orders.filter(({ status, workingPid }) => status.kind !== 'done' || workingPid !== 0)
  return [`VERSION ${VERSION}\n`, `ID ${lastId}\n`, ...kept.map((order) => `${[order.id, ...orderWords(order), `WORKING:${order.workingPid}`, statusWord(order.status)].join(' ')}\n`)].join('')
}
