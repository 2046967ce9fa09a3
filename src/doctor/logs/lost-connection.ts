// Finds in the lines of one log the connections that were lost, and how long each had been silent. What shows it:
//   dumper, amandad debug   streams are opened (`CONNECT …` names them in the order of their `security_streaminit`), and one ends with an error
//   planner debug           the same for the one stream of a request
//   amdump                  from the command to a dumper to its FAILED: a moment more than the silence
// Of a dump the mesg stream says what it has to in its first moments and is then silent until the end. With auth bsd it has a connection of its own:
// its age is the silence. Any other stream or a shared connection may have carried data that no log tells of: then the age is the most it can have
// been, except when the dumper had seen no data at all. Pure.

import type { LogLine } from './log-line.ts'

export interface LostConnection {
  /** Which stream told of it; `all`: one connection carries every stream; `request`: an estimate or a check. */
  readonly stream: 'data' | 'mesg' | 'index' | 'state' | 'all' | 'request'
  /**
   * How: answered by a reset, given up after probes that nobody answered, nothing came for as long as dtimeout or etimeout allows, or the other side
   * had closed it.
   */
  readonly how: 'reset' | 'timed out' | 'data timeout' | 'no answer' | 'closed'
  /** Seconds that nothing had gone over it. */
  readonly silentS: number
  /** Else it had been silent for `silentS` at most. */
  readonly isExact: boolean
  readonly side: 'server' | 'client'
  readonly host: string | undefined
  readonly disk: string | undefined
  /** Number of the file that tells it. */
  readonly file: number
  /** Times of different logs can be compared when they have the same clock. */
  readonly clock: string
  readonly lostS: number
}

/** A client whose amandad still ran when its debug file was read, long after its streams were gone. */
export interface LeftStuck {
  /** Number of that file. */
  readonly file: number
  readonly host: string | undefined
  readonly disk: string | undefined
}

/** What must be in a line for it to be looked at here. */
export const CONNECTION_WORDS = ['security_handleinit(', 'security_streaminit(', 'Connection reset by peer', 'Connection timed out', 'write error on stream', 'write error to: ', 'CONNECT DATA ', 'Building type FILE header', 'SHM-DUMP ', 'PORT-DUMP ', 'amandad: pid ', ';hostname=', '  <disk>', ': send request to '] as const

/** Those that have connections. */
const PROGRAMS: readonly string[] = ['dumper', 'amandad', 'planner']
const STREAM_OPENED = /: security_streaminit\(stream=(0x\w+), driver=0x\w+ \((\w+)\)\)/
const STREAM_LOST = /: security_stream_seterr\((0x\w+), (?:Xrecv error: |write error (?:on stream \d+|to): )?(Connection reset by peer|Connection timed out)\)/
const HANDLE_MADE = /: security_handleinit\(handle=(0x\w+), /
const REQUEST_FAILED = /: security_seterror\(handle=(0x\w+), .* error=timeout waiting for (?:ACK|REP)\)/
const WRITE_FAILED = /: security_stream_seterr\((0x\w+), write error (?:on stream \d+|to): /
const CONNECT = /^CONNECT DATA \d+ MESG \d+(?: INDEX \d+)?(?: STATE \d+)?/
const HEADER_BUILT = /: dumper: Building type FILE header of .* with name='([^']*)' disk='([^']*)'/
const DUMP_FAILED = /: dumper: putresult: \d+ FAILED \S+ "\[data timeout\]"/
const COMMAND_WORDS = String.raw`(?:SHM|PORT)-DUMP \S+ \S+ (?:NULL |\S+:\d+\S* )?\d+ (\S+) \S+ ("(?:[^"\\]|\\.)*"|\S+) `
const DUMPER_COMMAND = new RegExp(`: dumper: getcmd: ${COMMAND_WORDS}`)
const DRIVER_COMMAND = new RegExp(String.raw`^driver: send-cmd time \d+\.\d+ to (dumper\d+): ${COMMAND_WORDS}`)
const DRIVER_FAILED = /^driver: result time \d+\.\d+ from (dumper\d+): FAILED \S+ "\[(?:(mesg|index|data|state) read: (Xrecv error: )?(Connection reset by peer|Connection timed out)|(data timeout))\]"/
const REQUEST = /: planner: send request to ([^:]+):/
const HOST_NAME = /;hostname=([^;]+);/
const DISK_NAME = /^ *<disk>(.*)<\/disk>/
const OLD_INDEX_TEE = /: index tee cannot write \[Broken pipe\]/

type StreamName = 'data' | 'mesg' | 'index' | 'state'

/** The streams of one dump, as one side opened them. */
interface Dump {
  readonly host: string | undefined
  readonly disk: string | undefined
  openedMs: number
  isShared: boolean
  hasData: boolean
  isLost: boolean
  isClosed: boolean
}

interface Opened {
  readonly pointer: string
  /** Of the request whose stream it is. */
  readonly handle: string
  readonly atMs: number
  readonly isShared: boolean
  /** The host of the last request. */
  readonly host: string | undefined
}

/** Streams opened last that may still be meant. */
const OPENED_MAX = 256

function unquote(word: string | undefined): string {
  return (word ?? '').replaceAll('"', '')
}

function howLost(words: string | undefined): LostConnection['how'] {
  return words === 'Connection timed out' ? 'timed out' : 'reset'
}

/** Follows the lines of one file. */
export class ConnectionWatch {
  readonly lost: LostConnection[] = []
  readonly #file: number
  readonly #opened: Opened[] = []
  readonly #commands = new Map<string, { readonly seconds: number; readonly host: string; readonly disk: string }>()
  #program = ''
  #handle = ''
  #host: string | undefined
  #disk: string | undefined
  /** The last one; an amandad of auth bsd and bsdudp may serve several. */
  #dump: Dump | undefined
  /** By the pointers that the log calls them. */
  readonly #streams = new Map<string, { readonly dump: Dump; readonly name: StreamName }>()
  /** Names of streams that the dumper opens next. */
  #awaited: StreamName[] = []
  #isWriting = false
  #isUdp = false

  /** `file` is a number of its own for each file. */
  constructor(file: number) {
    this.#file = file
  }

  push(line: LogLine): void {
    const { text, atMs, runSeconds, program } = line
    if (atMs !== undefined) this.#pushDebug(text, atMs, program)
    else if (runSeconds !== undefined) this.#pushSeconds(text, runSeconds)
    else this.#pushPacket(text)
  }

  /** The file has ended. */
  leftStuck(): LeftStuck | undefined {
    return this.#isWriting && this.#isUdp ? { file: this.#file, host: this.#host, disk: this.#disk } : undefined
  }

  /** A line of a request or of an answer, without a time. */
  #pushPacket(text: string): void {
    this.#host = HOST_NAME.exec(text)?.[1] ?? this.#host
    this.#disk = DISK_NAME.exec(text)?.[1] ?? this.#disk
    if (!CONNECT.test(text)) return
    const names = [...text.matchAll(/\b(DATA|MESG|INDEX|STATE) \d+/g)].map(([, name = '']) => name.toLowerCase() as StreamName)
    const isClient = this.#program === 'amandad'
    const streams = isClient ? this.#opened.slice(-names.length) : []
    this.#awaited = isClient ? [] : names
    const dump: Dump = { host: this.#host, disk: this.#disk, openedMs: streams[0]?.atMs ?? Number.NaN, isShared: streams[0]?.isShared ?? false, hasData: false, isLost: false, isClosed: false }
    this.#dump = dump
    for (const [index, { pointer }] of streams.entries()) this.#name(pointer, dump, names[index] ?? 'data')
  }

  #pushDebug(text: string, atMs: number, program = ''): void {
    if (PROGRAMS.includes(program)) this.#program = program
    // Of a client that is stuck there are thousands of these.
    if (text.includes(': security_stream')) return this.#pushStream(text, atMs)
    if (text.includes(': security_handleinit(')) {
      this.#handle = HANDLE_MADE.exec(text)?.[1] ?? this.#handle
      return
    }
    const command = DUMPER_COMMAND.exec(text)
    if (command !== null) {
      this.#host = command[1]
      this.#disk = unquote(command[2])
      this.#dump = undefined
    }
    this.#host = REQUEST.exec(text)?.[1] ?? this.#host
    if (this.#dump !== undefined && HEADER_BUILT.test(text)) this.#dump.hasData = true
    if (text.includes(' finish time ')) this.#isWriting = false
    if (DUMP_FAILED.test(text)) this.#lose('', 'data timeout', atMs)
    const request = REQUEST_FAILED.exec(text)
    if (request !== null) this.#loseRequest(this.#opened.findLast(({ handle }) => handle === request[1]), 'no answer', atMs)
  }

  #pushStream(text: string, atMs: number): void {
    const opened = STREAM_OPENED.exec(text)
    if (opened !== null) return this.#open(opened[1] ?? '', opened[2] ?? '', atMs)
    const failed = this.#program === 'amandad' ? WRITE_FAILED.exec(text) : null
    if (failed !== null) {
      this.#isWriting = true
      this.#close(failed[1] ?? '', atMs)
    }
    const lost = STREAM_LOST.exec(text)
    if (lost !== null) this.#lose(lost[1] ?? '', howLost(lost[2]), atMs)
  }

  #open(pointer: string, driver: string, atMs: number): void {
    const isShared = driver !== 'BSD'
    if (driver === 'BSD' || driver === 'BSDUDP') this.#isUdp = true
    this.#opened.push({ pointer, handle: this.#handle, atMs, isShared, host: this.#host })
    if (this.#opened.length > OPENED_MAX) this.#opened.shift()
    const name = this.#awaited.shift()
    if (name === undefined || this.#dump === undefined) return
    if (Number.isNaN(this.#dump.openedMs)) Object.assign(this.#dump, { openedMs: atMs, isShared })
    this.#name(pointer, this.#dump, name)
  }

  #name(pointer: string, dump: Dump, name: StreamName): void {
    const [oldest] = this.#streams.keys()
    if (this.#streams.size >= OPENED_MAX && oldest !== undefined) this.#streams.delete(oldest)
    this.#streams.delete(pointer)
    this.#streams.set(pointer, { dump, name })
  }

  #lose(pointer: string, how: LostConnection['how'], atMs: number): void {
    const stream = this.#streams.get(pointer)
    const dump = stream?.dump ?? this.#dump
    const name = stream?.name
    if (dump !== undefined && (name !== undefined || how === 'data timeout')) {
      // The others of a dump follow within a moment.
      if (dump.isLost || Number.isNaN(dump.openedMs)) return
      dump.isLost = true
      const isOwn = !dump.isShared && name === 'mesg'
      const isSilentSinceOpened = this.#program === 'dumper' && !dump.hasData
      this.#add({ stream: dump.isShared ? 'all' : (name ?? 'data'), how, openedMs: dump.openedMs, atMs, isExact: how !== 'data timeout' && (isOwn || isSilentSinceOpened), host: dump.host, disk: dump.disk })
      return
    }
    this.#loseRequest(this.#opened.findLast((other) => other.pointer === pointer), how, atMs)
  }

  /** A client that only notices that nobody takes its data: once for each dump, and only if nothing was lost before. */
  #close(pointer: string, atMs: number): void {
    const { dump } = this.#streams.get(pointer) ?? {}
    if (dump === undefined || dump.isLost || dump.isClosed) return
    dump.isClosed = true
    this.#add({ stream: 'data', how: 'closed', openedMs: dump.openedMs, atMs, isExact: false, host: dump.host, disk: dump.disk })
  }

  /** Nothing follows a request but its acknowledgement, a second later at most, until it is asked again. */
  #loseRequest(opened: Opened | undefined, how: LostConnection['how'], atMs: number): void {
    if (this.#program !== 'planner' || opened === undefined) return
    this.#add({ stream: 'request', how, openedMs: opened.atMs, atMs, isExact: how !== 'no answer', host: opened.host, disk: undefined })
  }

  #add(lost: Pick<LostConnection, 'stream' | 'how' | 'isExact' | 'host' | 'disk'> & { readonly openedMs: number; readonly atMs: number }): void {
    const { openedMs, atMs, ...rest } = lost
    const isClient = this.#program === 'amandad'
    this.lost.push({ ...rest, file: this.#file, silentS: (atMs - openedMs) / 1000, side: isClient ? 'client' : 'server', clock: isClient ? `client ${lost.host ?? this.#file}` : 'server', lostS: atMs / 1000 })
  }

  #pushSeconds(text: string, seconds: number): void {
    if (OLD_INDEX_TEE.test(text)) this.lost.push({ stream: 'index', how: 'closed', silentS: seconds, isExact: false, side: 'client', host: undefined, disk: undefined, file: this.#file, clock: `file ${this.#file}`, lostS: seconds })
    const command = DRIVER_COMMAND.exec(text)
    if (command !== null) this.#commands.set(command[1] ?? '', { seconds, host: command[2] ?? '', disk: unquote(command[3]) })
    const failed = DRIVER_FAILED.exec(text)
    const begun = failed === null ? undefined : this.#commands.get(failed[1] ?? '')
    if (failed === null || begun === undefined) return
    const [, , stream = 'data', shared, words, dataTimeout] = failed
    this.lost.push({
      stream: shared === undefined ? (stream as StreamName) : 'all',
      how: dataTimeout === undefined ? howLost(words) : 'data timeout',
      silentS: seconds - begun.seconds,
      isExact: false,
      side: 'server',
      host: begun.host,
      disk: begun.disk,
      file: this.#file,
      clock: `file ${this.#file}`,
      lostS: seconds,
    })
  }
}
