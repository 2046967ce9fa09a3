// Stock Amanda's driver alone, with stand-ins for its dumpers, chunkers and taper that do what the case says, when it says so. What the driver
// decides is read from its trace; the stand-ins are bound over Amanda's programs in a private mount namespace.

import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { encodeDumpHeader } from '../../src/wire/amanda/dump-header.ts'
import { splitWords, unquoteString } from '../../src/wire/amanda/quote.ts'
import { command, waitUntil } from './commands.ts'

const LIB = '/usr/lib/amanda'
export const STOCK_DRIVER_NEEDS = ['unshare', 'setpriv', 'mount', 'perl', `${LIB}/driver`, `${LIB}/dumper`, `${LIB}/chunker`, `${LIB}/taper`]

const KIB = 1024
const HEADER_KIB = 32
const NO_CRC = '00000000:0'
const END_MS = 20_000
const TEMP_DIR = '/tmp/amanda'

/** Passes lines on between the driver and the case. */
const standIn = (role: string, socket: string): string => `#!/usr/bin/perl
use strict; use warnings; use Socket;
socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die; connect($s, sockaddr_un('${socket}')) or die;
syswrite $s, "${role}\\n";
my ($in, $out) = (fileno(STDIN), fileno($s));
for (;;) {
    my $want = ''; vec($want, $in, 1) = 1; vec($want, $out, 1) = 1;
    select($want, undef, undef, undef);
    for my $pair ([\\*STDIN, $s], [$s, \\*STDOUT]) {
        next unless vec($want, fileno($pair->[0]), 1);
        exit 0 unless sysread $pair->[0], my $text, 65536;
        syswrite $pair->[1], $text;
    }
}
`

export interface StockDriverFiles {
  readonly datestamp: string
  /** amanda.conf without its directories and volumes, and the disklist. */
  readonly conf: string
  readonly disklist: string
  /** What the planner would say. */
  readonly schedule: string
}

/** A dump or a flush that the driver has ordered. */
export interface Ordered {
  readonly host: string
  readonly disk: string
  /** `dumper1`: a dump to the holding disk; `direct`: one straight to a volume; `flush`: from the holding disk to a volume. */
  readonly to: string
  readonly handle: string
}

export class StockDriver implements AsyncDisposable {
  readonly #server: Server
  readonly #child: ChildProcess
  readonly #tracePath: string
  readonly #holders = new Map<string, { readonly socket: Socket; readonly file: string; readonly words: readonly string[] }>()
  readonly #dumpers = new Map<string, Socket>()
  readonly #kib = new Map<string, number>()
  /** Dumps that may be ended on the volume: by the case, and by the driver. */
  readonly #tapesDone = new Set<string>()
  readonly #ready = new Set<string>()
  #taper: Socket | undefined
  #tapeWorker = 'worker0-0'
  #hasVolume = false
  #files = 0
  #exit: number | null | undefined
  readonly #backupId: number

  private constructor(server: Server, child: ChildProcess, tracePath: string, backupId: number) {
    this.#server = server
    this.#child = child
    this.#tracePath = tracePath
    this.#backupId = backupId
    child.once('exit', (status) => (this.#exit = status))
    server.on('connection', (socket) => this.#meet(socket))
  }

  /** `dir` must not be there yet. */
  static async start(files: StockDriverFiles, dir: string): Promise<StockDriver> {
    for (const name of ['', 'log', 'index', 'curinfo', 'vtapes', 'vtapes/slot1', 'bin', 'tmp', 'holding0', 'holding1']) mkdirSync(path.join(dir, name), { recursive: true })
    const conf = `org "lab"\ndumpuser "backup"\nmailto ""\ninfofile "${dir}/curinfo"\nlogdir "${dir}/log"\nindexdir "${dir}/index"\ntapelist "${dir}/tapelist"\ntpchanger "chg-disk:${dir}/vtapes"\nlabelstr "LAB[0-9][0-9]"\nautolabel "LAB%%" empty\n${files.conf}`
    for (const [name, text] of [['amanda.conf', conf], ['disklist', files.disklist], ['tapelist', ''], ['schedule', files.schedule]] as const) writeFileSync(path.join(dir, name), text)
    const socketPath = path.join(dir, 'socket')
    for (const role of ['dumper', 'chunker', 'taper']) {
      writeFileSync(path.join(dir, 'bin', role), standIn(role, socketPath))
      chmodSync(path.join(dir, 'bin', role), 0o755)
    }
    const backupId = Number((await command(['id', '-u', 'backup'])).trim())
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    mkdirSync(TEMP_DIR, { recursive: true })
    await command(['chown', '-R', 'backup:backup', dir])
    const mounts = ['dumper', 'chunker', 'taper'].map((role) => `mount --bind '${dir}/bin/${role}' ${LIB}/${role}`)
    const script = ['set -e', ...mounts, `mount --bind '${dir}/tmp' ${TEMP_DIR}`, `cd '${dir}'`, 'exec setpriv --reuid=backup --regid=backup --init-groups "$@"'].join('; ')
    const tracePath = path.join(dir, 'trace')
    const argv = ['--mount', 'sh', '-c', script, 'sh', 'env', 'LC_ALL=C', `${LIB}/driver`, '.', '--log-filename', `${dir}/log/log.${files.datestamp}.0`]
    const [schedule, trace] = [openSync(path.join(dir, 'schedule'), 'r'), openSync(tracePath, 'a')]
    const child = spawn('unshare', argv, { stdio: [schedule, trace, trace], detached: true })
    for (const descriptor of [schedule, trace]) closeSync(descriptor)
    return new StockDriver(server, child, tracePath, backupId)
  }

  get trace(): string {
    return readFileSync(this.#tracePath, 'utf8')
  }

  /** All that it has ordered so far, in order. */
  ordered(): Ordered[] {
    return this.trace.split('\n').flatMap((line): Ordered[] => {
      const [, to = '', text = ''] = /^driver: send-cmd time [\d.]+ to (\w+): (.*)$/.exec(line) ?? []
      const words = splitWords(text).map(unquoteString)
      const [kind = ''] = words
      // Chunkers and dumpers have the same numbers.
      if (/^(?:SHM|PORT)-WRITE$/.test(kind) && to.startsWith('chunker')) return [{ to: to.replace('chunker', 'dumper'), handle: words[1] ?? '', host: words[3] ?? '', disk: words[5] ?? '' }]
      if (/^(?:SHM|PORT)-WRITE$/.test(kind)) return [{ to: 'direct', handle: words[2] ?? '', host: words[3] ?? '', disk: words[4] ?? '' }]
      return kind === 'FILE-WRITE' ? [{ to: 'flush', handle: words[2] ?? '', host: words[4] ?? '', disk: words[5] ?? '' }] : []
    })
  }

  /** Whether it has heard how the dump ended, on the holding disk or on the volume. */
  hasHeard(handle: string): boolean {
    return new RegExp(`^driver: result time [\\d.]+ from (?:chunker\\d+: DONE|taper0: DONE \\S+) ${handle} `, 'm').test(this.trace)
  }

  #meet(socket: Socket): void {
    let text = ''
    let role: string | undefined
    socket.on('error', () => socket.destroy()).on('end', () => socket.end())
    socket.on('data', (piece: Buffer) => {
      text += piece.toString()
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        if (role === undefined) role = line
        else this.#hear(role, socket, splitWords(line).map(unquoteString))
      }
    })
  }

  #hear(role: string, socket: Socket, words: readonly string[]): void {
    const [kind = '', first = '', second = ''] = words
    const say = (text: string): void => void socket.write(`${text}\n`)
    switch (`${role} ${kind}`) {
      case 'dumper SHM-DUMP':
      case 'dumper PORT-DUMP':
        this.#dumpers.set(first, socket)
        return this.#endDump(first)
      case 'chunker SHM-WRITE':
      case 'chunker PORT-WRITE':
        this.#holders.set(first, { socket, file: second, words })
        return say(`${kind === 'SHM-WRITE' ? `SHM-NAME ${first} 5000 /lab` : `PORT ${first} 5000 127.0.0.1:5000`}`)
      case 'chunker DONE':
        return this.#keep(first, say)
      case 'taper START-TAPER':
        this.#taper = socket
        this.#tapeWorker = second
        return say(`TAPER-OK ${second} ALLOW-TAKE-SCRIBE-FROM`)
      case 'taper FILE-WRITE':
        return this.#hasVolume ? this.#beReady(second) : say(`REQUEST-NEW-TAPE ${first} ${second}`)
      case 'taper SHM-WRITE':
      case 'taper PORT-WRITE':
        say(`${kind === 'SHM-WRITE' ? `SHM-NAME ${first} ${second} 5000 /lab` : `PORT ${first} ${second} 5000 127.0.0.1:5000`}`)
        return this.#hasVolume ? this.#beReady(second) : say(`REQUEST-NEW-TAPE ${first} ${second}`)
      case 'taper NEW-TAPE':
        this.#hasVolume = true
        say(`NEW-TAPE ${first} ${second} LAB01`)
        return this.#beReady(second)
      case 'taper DONE':
        return this.finishTape(second)
      case 'taper CLOSE-VOLUME':
        return say(`CLOSED-VOLUME ${first}`)
      default:
        if (kind === 'QUIT') socket.end()
    }
  }

  #beReady(handle: string): void {
    this.#taper?.write(`READY ${this.#tapeWorker} ${handle}\n`)
    this.#ready.add(handle)
    this.#endTape(handle)
  }

  /** What a chunker leaves: a header and as many bytes as the dump has, none of them written. */
  #keep(handle: string, say: (text: string) => void): void {
    const { file, words } = this.#holders.get(handle) ?? { file: '', words: [] }
    const kib = this.#kib.get(handle) ?? 0
    const header = encodeDumpHeader({ kind: 'file', datestamp: words[7] ?? '', host: words[3] ?? '', disk: words[5] ?? '', level: Number(words[6]), compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: kib, decryptCommand: '', uncompressCommand: '', recoverCommand: '' })
    writeFileSync(`${file}.tmp`, header)
    truncateSync(`${file}.tmp`, (HEADER_KIB + kib) * KIB)
    chownSync(`${file}.tmp`, this.#backupId, this.#backupId)
    say(`DONE ${handle} ${kib} "${NO_CRC}" "[sec 1.000000 kb ${kib} kps ${kib}.000000]"`)
  }

  /** The dump ends well, with so many KiB. */
  finishDump(handle: string, kib: number): void {
    this.#kib.set(handle, kib)
    this.#endDump(handle)
  }

  /** As soon as both the dumper has it and the case says so. */
  #endDump(handle: string): void {
    const [kib, dumper] = [this.#kib.get(handle), this.#dumpers.get(handle)]
    if (kib === undefined || dumper === undefined) return
    const stats = `[sec 1.000 kb ${kib} kps ${kib}.0 orig-kb ${kib}]`
    if (this.#holders.has(handle)) this.#holders.get(handle)?.socket.write(`DUMPER-STATUS ${handle}\n`)
    else this.#taper?.write(`DUMPER-STATUS ${this.#tapeWorker} ${handle}\n`)
    dumper.write(`DONE ${handle} ${kib} ${kib} 1 ${NO_CRC} ${NO_CRC} "${stats}"\n`)
  }

  /** The dump is on a volume. */
  finishTape(handle: string): void {
    this.#tapesDone.add(handle)
    this.#endTape(handle)
  }

  #endTape(handle: string): void {
    if (!this.#tapesDone.has(handle) || !this.#ready.has(handle)) return
    const kib = this.#kib.get(handle) ?? 1
    this.#files += 1
    const stats = `[sec 1.000000 bytes ${kib * KIB} kps ${kib}.000000 orig-kb ${kib}]`
    this.#taper?.write(`PARTDONE ${this.#tapeWorker} ${handle} LAB01 ${this.#files} ${kib} "${stats}"\nDONE ${this.#tapeWorker} ${handle} INPUT-GOOD TAPE-GOOD "${NO_CRC}" "${stats}" "" ""\n`)
  }

  /** Its exit status. */
  async end(): Promise<number | null> {
    await waitUntil('the end of the driver', END_MS, () => this.#exit !== undefined, 20)
    return this.#exit ?? null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === undefined && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
