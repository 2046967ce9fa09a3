// Whose dump the lines of one file are about, when they do not say it themselves. The file says it elsewhere: an amandad debug file has the request, with the
// name of the client, the disk and the run; sendbackup's says what it was asked for; dumper's and chunker's the command; in a driver's log each command
// has a handle that the results repeat. Follows the lines from the top; what is not sure is left open. Pure.

import { unquote, type LogLine } from './log-line.ts'

export interface Whose {
  readonly host?: string
  readonly disk?: string
  readonly run?: string
}

/** Each line that says something has one of these. */
export const CONTEXT_WORDS: readonly string[] = [
  ': start at ', ' start time ', 'SERVICE ', ';hostname=', '  <disk>', '  <disk ', '    disk `', 'got input request', 'calculating for amname ', 'getcmd: START ', 'SHM-DUMP ', 'PORT-DUMP ', 'SHM-WRITE ', 'PORT-WRITE ', 'FILE-WRITE ', 'FILE-DUMP ',
  ': starttime ', 'START planner date ', 'START driver date ', 'START amflush date ', 'sendbackup: start', 'CONNECT DATA ', 'security_streaminit(', 'Building type ',
]

/** Dumpers and writers of one run; more handles are not remembered. */
const HANDLES_MAX = 4096
const PIDS_MAX = 256
const NAME = '("(?:[^"\\\\]|\\\\.)*"|\\S+)'

/** They speak with many clients at once: what came last says nothing of the next line. */
const MANY = ['planner', 'driver', 'amcheck', 'amdump', 'amreport', 'amflush', 'amvault']
const STARTED = /(?:: start at |ruid \d+ euid \d+ start time |^\w+: debug \d+ pid \d+ .*start time )/
const SERVICE = /^SERVICE (\w+)/
const HOSTNAME = /^OPTIONS .*;hostname=([^;\s]+);/
const TIMESTAMP = /;timestamp=(\d{8,14});/
const XML_DISK = /^ *<disk(?: encoding="raw" raw="([\w+/=]*)")?>([^<]*)<\/disk>/
const PARSED_DISK = /(?:^|: ) +disk `(.*)'/
const OLD_REQUEST = /got input request: (?:\w+ )+?("(?:[^"\\]|\\.)*"|\/\S*|[a-z]{2,}\d\S*) \d+ /
const ESTIMATED = /calculating for amname (.+?), dirname /
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
  /** Of the request or command that is being worked on. */
  #disks = new Set<string>()
  /** Programs that estimate have a child for each disk. */
  readonly #diskOfPid = new Map<string, string>()
  readonly #handles = new Map<string, Whose>()
  /** Streams that were promised and are not open yet, in order; and the names of those that are. */
  #promised: string[] = []
  readonly #streams = new Map<string, string>()

  /** A line that has one of CONTEXT_WORDS. */
  push(line: LogLine): void {
    const { text } = line
    const run = RUN_STARTED.exec(text)?.[1] ?? TIMESTAMP.exec(text)?.[1]
    if (run !== undefined) this.#run = run
    // Several logs may have been pasted into one.
    if (STARTED.test(text)) this.#begin(line.program)
    this.#pushRequest(text)
    this.#pushCommand(text)
    this.#pushStreams(line)
    const estimated = ESTIMATED.exec(text)?.[1]
    if (estimated !== undefined && line.pid !== undefined && this.#diskOfPid.size < PIDS_MAX) this.#diskOfPid.set(line.pid, estimated)
  }

  #begin(program: string | undefined): void {
    this.#program = program
    this.#host = undefined
    this.#disks = new Set()
    this.#diskOfPid.clear()
  }

  #pushRequest(text: string): void {
    if (SERVICE.test(text)) this.#disks = new Set()
    this.#host = HOSTNAME.exec(text)?.[1] ?? this.#host
    const disk = XML_DISK.exec(text)
    if (disk !== null) this.#disks.add(disk[1] === undefined ? (disk[2] ?? '') : Buffer.from(disk[1], 'base64').toString('latin1'))
    const parsed = PARSED_DISK.exec(text)?.[1] ?? unquote(OLD_REQUEST.exec(text)?.[1])
    if (parsed !== undefined) this.#disks = new Set([parsed])
    const started = SENDBACKUP_STARTED.exec(text)
    if (started === null || text.startsWith('  sendbackup')) return
    this.#host = started[1] ?? started[3]
    this.#disks = new Set([started[2] ?? started[4] ?? ''])
  }

  #pushCommand(text: string): void {
    const command = DUMP.exec(text) ?? WRITE.exec(text)
    if (command !== null) {
      const [, handle = '', host = '', disk = ''] = command
      const whose = { host, disk: unquote(disk) ?? disk }
      if (!text.startsWith('driver: ')) this.#set(whose.host, whose.disk)
      else if (this.#handles.size < HANDLES_MAX) this.#handles.set(handle, whose)
    }
    const header = HEADER.exec(text)
    if (header !== null) this.#set(header[1] ?? '', header[2] ?? '')
  }

  #set(host: string, disk: string): void {
    this.#host = host
    this.#disks = new Set([disk])
  }

  #pushStreams(line: LogLine): void {
    const { text } = line
    const connect = CONNECT.exec(text)?.[1]
    if (connect !== undefined) this.#promised = connect.toLowerCase().match(/[a-z]+/g) ?? []
    const opened = STREAM_INIT.exec(text)?.[1]
    if (opened === undefined || line.program !== 'dumper') return
    const name = this.#promised.shift()
    if (name === undefined) this.#streams.delete(opened)
    else this.#streams.set(opened, name)
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
