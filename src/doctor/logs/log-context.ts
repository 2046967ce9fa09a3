// Whose dump the lines of one file are about, when they do not say it themselves. The file says it elsewhere: an amandad debug file has the request, with the
// name of the client, the disk and the run; sendbackup's says what it was asked for; dumper's and chunker's the command; in a driver's log each command
// has a handle that the results repeat. Follows the lines from the top; what is not sure is left open. Pure.

import { unquote, type LogLine } from './log-line.ts'

export interface Whose {
  readonly host?: string
  readonly disk?: string
  readonly run?: string
}

/** Dumpers and writers of one run; more handles are not remembered. */
const HANDLES_MAX = 4096
const PIDS_MAX = 256
const NAME = '("(?:[^"\\\\]|\\\\.)*"|\\S+)'

/** They speak with many clients at once: what came last says nothing of the next line. */
const MANY = ['planner', 'driver', 'amcheck', 'amdump', 'amreport', 'amflush', 'amvault']
const STARTED = /(?:^|: )([\w-]+): (?:pid \d+ ruid [^:]*: )?start at |^([\w-]+): debug \d+ pid \d+ .*start time /
const SERVICE = /^SERVICE (\w+)/
const HOSTNAME = /^OPTIONS .*;hostname=([^;\s]+);/
const TIMESTAMP = /;timestamp=(\d{8,14});/
const XML_DISK = /^ *<disk(?: encoding="raw" raw="([\w+/=]*)")?>([^<]*)<\/disk>/
const PARSED_DISK = /(?:^|: ) +disk `(.*)'/
const OLD_REQUEST = /got input request: (?:\w+ )+?("(?:[^"\\]|\\.)*"|\/\S*|[a-z]{2,}\d\S*) \d+ /
const ESTIMATED = /pid (\d+): .*calculating for amname (.+?), dirname /
const RUN_STARTED = /(?:getcmd: START |: starttime |^START (?:planner|driver|amflush) date )(\d{8,14})/
const SENDBACKUP_STARTED = /sendbackup: start(?:: (\S+?):(\S.*) lev \d| \[(\S+?):(\S.*) level \d)/
const HEADER = /Building type (?:\w+) header of .* with name='([^']+)' disk='([^']+)'/
/** dumper: handle, port, interface, connections, host, features, disk. */
const DUMP = new RegExp(`(?:SHM|PORT|FILE)-DUMP (\\d+-\\d+) \\S+ (?:\\S+ \\d+ )?(\\S+) [\\da-f]{4,} ${NAME} `)
/** chunker and taper: handle, file, host, features, disk. */
const WRITE = new RegExp(`(?:SHM|PORT|FILE)-WRITE (?:worker\\S* )?(\\d+-\\d+) \\S+ (\\S+) (?:[\\da-f]{4,} )?${NAME} `)
const HANDLE = /^driver: result time \S+ from \w+: [\w-]+ (?:worker\S+ )?(\d+-\d+)/
const CONNECT = /^CONNECT ((?:(?:DATA|MESG|INDEX|STATE) \d+ ?)+)/
const STREAM_INIT = /security_streaminit\(stream=(0x[\da-f]+)/
const STREAM_ADDRESS = /security_stream_\w+\((0x[\da-f]+)/
const STREAM_NAMED = /\b(data|mesg|index|state) (?:read|stream|socket|tee|connection)\b/i

export class LogContext {
  #program: string | undefined
  #host: string | undefined
  #run: string | undefined
  #service: string | undefined
  /** Of the request or command that is being worked on. */
  #disks = new Set<string>()
  /** Programs that estimate have a child for each disk. */
  readonly #diskOfPid = new Map<string, string>()
  readonly #handles = new Map<string, Whose>()
  /** Streams that were promised and are not open yet, in order; and the names of those that are. */
  #promised: string[] = []
  readonly #streams = new Map<string, string>()

  /** `text` is a line that has `word` in it, one of CONTEXT_WORDS. */
  push(word: string, text: string): void {
    READERS[word]?.(this, text)
  }

  begin(text: string): void {
    const started = STARTED.exec(text)
    if (started === null) return
    this.#program = started[1] ?? started[2]
    this.#host = undefined
    this.#service = undefined
    this.#disks = new Set()
    this.#diskOfPid.clear()
    this.#promised = []
  }

  nameRun(run: string | undefined): void {
    this.#run = run ?? this.#run
  }

  /** Another request: what it is about comes now. Of several dumps that one amandad serves no line says which it is of. */
  beginRequest(service: string): void {
    if (service !== 'sendbackup' || this.#service !== 'sendbackup') this.#disks = new Set()
    this.#service = service
  }

  nameHost(host: string | undefined): void {
    this.#host = host ?? this.#host
  }

  addDisk(disk: string | undefined): void {
    if (disk !== undefined && this.#disks.size <= 1) this.#disks.add(disk)
  }

  nameDump(host: string | undefined, disk: string): void {
    this.#host = host ?? this.#host
    this.#disks = new Set([disk])
  }

  nameHandle(handle: string, host: string, disk: string): void {
    if (this.#handles.size < HANDLES_MAX) this.#handles.set(handle, { host, disk })
  }

  nameDiskOfPid(pid: string, disk: string): void {
    if (this.#diskOfPid.size < PIDS_MAX) this.#diskOfPid.set(pid, disk)
  }

  promiseStreams(names: readonly string[]): void {
    if (this.#program === 'dumper') this.#promised = [...names]
  }

  openStream(address: string): void {
    const name = this.#promised.shift()
    if (name !== undefined) this.#streams.set(address, name)
    else if (this.#streams.size > 0) this.#streams.delete(address)
  }

  /** Of a line that names nobody, or only a client. */
  whose(line: LogLine): Whose {
    const handle = HANDLE.exec(line.text)?.[1]
    const known = handle === undefined ? undefined : this.#handles.get(handle)
    const run = line.run ?? this.#run
    if (known !== undefined) return { ...known, ...(run === undefined ? {} : { run }) }
    const ofRun = run === undefined ? {} : { run }
    if (MANY.includes(line.program ?? this.#program ?? '')) return ofRun
    const [only, ...others] = this.#disks
    const disk = (line.pid === undefined ? undefined : this.#diskOfPid.get(line.pid)) ?? (others.length > 0 ? undefined : only)
    return { ...ofRun, ...(this.#host === undefined ? {} : { host: this.#host }), ...(disk === undefined ? {} : { disk }) }
  }

  /** Which stream of a dump the line is about. */
  streamOf({ text }: LogLine): string | undefined {
    const address = STREAM_ADDRESS.exec(text)?.[1]
    return (address === undefined ? undefined : this.#streams.get(address)) ?? STREAM_NAMED.exec(text)?.[1]?.toLowerCase()
  }
}

type Reader = (context: LogContext, text: string) => void

function readCommand(context: LogContext, text: string): void {
  const command = DUMP.exec(text) ?? WRITE.exec(text)
  if (command === null) return
  const [, handle = '', host = '', disk = ''] = command
  if (text.startsWith('driver: ')) context.nameHandle(handle, host, unquote(disk) ?? disk)
  else context.nameDump(host, unquote(disk) ?? disk)
}

function readDisk(context: LogContext, text: string): void {
  const disk = XML_DISK.exec(text)
  if (disk !== null) context.addDisk(disk[1] === undefined ? disk[2] : Buffer.from(disk[1], 'base64').toString('latin1'))
}

function readRun(context: LogContext, text: string): void {
  context.nameRun(RUN_STARTED.exec(text)?.[1])
}

/** What each word is followed by. */
const READERS: Readonly<Record<string, Reader>> = {
  ': start at ': (context, text) => context.begin(text),
  ' start time ': (context, text) => context.begin(text),
  'SERVICE ': (context, text) => {
    const service = SERVICE.exec(text)?.[1]
    if (service !== undefined) context.beginRequest(service)
  },
  ';hostname=': (context, text) => {
    context.nameHost(HOSTNAME.exec(text)?.[1])
    context.nameRun(TIMESTAMP.exec(text)?.[1])
  },
  '  <disk>': readDisk,
  '  <disk ': readDisk,
  '    disk `': (context, text) => {
    const disk = PARSED_DISK.exec(text)?.[1]
    if (disk !== undefined) context.nameDump(undefined, disk)
  },
  'got input request': (context, text) => {
    const disk = unquote(OLD_REQUEST.exec(text)?.[1])
    if (disk !== undefined) context.nameDump(undefined, disk)
  },
  'calculating for amname ': (context, text) => {
    const [, pid, disk] = ESTIMATED.exec(text) ?? []
    if (disk !== undefined && pid !== undefined) context.nameDiskOfPid(pid, disk)
  },
  'SHM-DUMP ': readCommand,
  'PORT-DUMP ': readCommand,
  'SHM-WRITE ': readCommand,
  'PORT-WRITE ': readCommand,
  'FILE-WRITE ': readCommand,
  'getcmd: START ': readRun,
  ': starttime ': readRun,
  'START planner date ': readRun,
  'START driver date ': readRun,
  'START amflush date ': readRun,
  'sendbackup: start': (context, text) => {
    const started = text.startsWith('  sendbackup') ? null : SENDBACKUP_STARTED.exec(text)
    if (started !== null) context.nameDump(started[1] ?? started[3], started[2] ?? started[4] ?? '')
  },
  'Building type FILE header': (context, text) => {
    const [, host, disk] = HEADER.exec(text) ?? []
    if (host !== undefined && disk !== undefined) context.nameDump(host, disk)
  },
  'CONNECT DATA ': (context, text) => context.promiseStreams(CONNECT.exec(text)?.[1]?.toLowerCase().match(/[a-z]+/g) ?? []),
  'security_streaminit(': (context, text) => {
    const address = STREAM_INIT.exec(text)?.[1]
    if (address !== undefined) context.openStream(address)
  },
}

/** Each line that says something has one of these. */
export const CONTEXT_WORDS: readonly string[] = Object.keys(READERS)
