// The lines of a driver in the trace of a run (`amdump.<timestamp>`), in the words of stock Amanda's: amstatus and amplot read them. Stock's driver writes down what it says to
// its dumpers, chunkers and tapers and what they answer; here those are parts of one process, and the same is written at the same moments. It only tells, and decides
// nothing. Pure: times come from outside, lines go to the sink. Format: docs/formats/run-trace.md.

import { quoteString } from '../../wire/amanda/quote.ts'
import { OUR_FEATURES } from '../../wire/amanda/features.ts'
import { TraceHandles } from './trace-handles.ts'

export interface TraceFacts {
  readonly run: string
  readonly pid: number
  readonly version: string
  readonly parallelDumps: number
  /** KiB a second. */
  readonly bandwidthKib: number
  readonly holdingDisks: readonly { readonly directory: string; readonly kib: number; readonly chunkKib: number }[]
  readonly reservePercent: number
  readonly storage: string
  readonly tapeKib: number
  readonly taperAlgo: string
  readonly dumpOrder: string
}

/** The dump that a line tells of. */
export interface TracedDump {
  readonly host: string
  readonly disk: string
  readonly level: number
  readonly datestamp: string
}

/** What a dump was expected to be. */
export interface TracedPlan {
  readonly storedKib: number
  readonly rateKib: number
  readonly program: string
  readonly auth: string
}

export interface TracedTotals {
  readonly originalKib: number
  readonly sentKib: number
  readonly storedKib: number
  readonly seconds: number
  readonly native: string
  readonly client: string
  readonly server: string
  /** What stands between brackets in the run log. */
  readonly dumperStats: string
  readonly chunkerStats: string
}

interface Running {
  readonly slot: number
  readonly handle: string
  readonly plan: TracedPlan
  readonly reservedKib: number
  readonly isHeld: boolean
}

const HEADER_KIB = 32
const NO_SPLIT = '"" '.repeat(8).trimEnd()
const WORKER = 'worker0-0'
const TAPER = 'taper0'

function keyOf({ host, disk, datestamp }: TracedDump): string {
  return JSON.stringify([host, disk, datestamp])
}

function named({ host, disk }: TracedDump): string {
  return `${host}:${quoteString(disk)}`
}

export class DriverTrace {
  readonly #facts: TraceFacts
  readonly #seconds: () => number
  readonly #write: (line: string) => void
  readonly #handles = new TraceHandles()
  readonly #running = new Map<string, Running>()
  /** KiB on the holding disk by dump. */
  readonly #held = new Map<string, number>()
  readonly #taping = new Map<string, string>()
  #taperState: 'idle' | 'writing' | 'down' = 'idle'
  #queued = 0
  #isScheduled = false

  /** `seconds` since the driver began. */
  constructor(facts: TraceFacts, seconds: () => number, write: (line: string) => void) {
    this.#facts = facts
    this.#seconds = seconds
    this.#write = write
  }

  begin(): void {
    const { pid, version, holdingDisks, reservePercent, storage, tapeKib, parallelDumps, bandwidthKib, run, taperAlgo, dumpOrder } = this.#facts
    this.#say(`pid ${pid} executable driver version ${version}`)
    for (const [index, { directory, kib, chunkKib }] of holdingDisks.entries()) this.#say(`adding holding disk ${index} dir ${directory} size ${kib} chunksize ${chunkKib}`)
    const total = this.#totalKib()
    this.#write(`reserving ${Math.trunc((total * reservePercent) / 100)} out of ${total} for degraded-mode dumps`)
    this.#say(`taper ${TAPER} storage ${storage} tape_size ${tapeKib}`)
    for (let dumper = 0; dumper < parallelDumps; dumper++) {
      this.#say(`started dumper${dumper} pid ${pid}`)
      this.#send(`dumper${dumper}`, `START ${run}`)
    }
    this.#send(TAPER, `START-TAPER ${TAPER} ${WORKER} ${storage} ${run}`)
    this.#say(`start time ${this.#time()} inparallel ${parallelDumps} bandwidth ${bandwidthKib} diskspace ${total}  dir OBSOLETE datestamp ${run} driver: drain-ends tapeq ${taperAlgo} big-dumpers ${dumpOrder}`)
    this.#state()
    this.#result(TAPER, `TAPER-OK ${WORKER} ALLOW-TAKE-SCRIBE-FROM`)
  }

  /** All dumps of the schedule wait; `flushKib` lies on the holding disks since earlier runs. */
  scheduled(count: number, flushKib: number): void {
    this.#queued = count
    this.#isScheduled = true
    this.#say(`flush size ${flushKib}`)
  }

  /** `path` of the first chunk; undefined: straight to the volume. */
  dumpStarted(dump: TracedDump, plan: TracedPlan, path: string | undefined): void {
    const slot = this.#freeSlot()
    const handle = this.#handles.take()
    const reservedKib = path === undefined ? 0 : roundUp(plan.storedKib + HEADER_KIB) + HEADER_KIB
    this.#running.set(keyOf(dump), { slot, handle, plan, reservedKib, isHeld: path !== undefined })
    this.#queued = Math.max(0, this.#queued - 1)
    const features = OUR_FEATURES.format()
    if (path !== undefined) {
      const chunkKib = this.#facts.holdingDisks[0]?.chunkKib ?? 0
      this.#say(`started chunker${slot} pid ${this.#facts.pid}`)
      this.#send(`chunker${slot}`, `START ${this.#facts.run}`)
      this.#send(`chunker${slot}`, `SHM-WRITE ${handle} ${quoteString(path)} ${dump.host} ${features} ${quoteString(dump.disk)} ${dump.level} ${dump.datestamp} ${chunkKib} ${plan.program} ${reservedKib} |;auth=${plan.auth};`)
      this.#state()
      this.#result(`chunker${slot}`, `SHM-NAME ${handle} 0 /holdfast-${handle}`)
    } else {
      this.#taperState = 'writing'
      this.#send(TAPER, `SHM-WRITE ${WORKER} ${handle} ${dump.host} ${quoteString(dump.disk)} ${dump.level} ${dump.datestamp} ${NO_SPLIT} AMANDA`)
      this.#taping.set(keyOf(dump), handle)
      this.#result(TAPER, `SHM-NAME ${WORKER} ${handle} 0 /holdfast-${handle}`)
    }
    this.#send(`dumper${slot}`, `SHM-DUMP ${handle} 0 NULL 1 ${dump.host} ${features} ${quoteString(dump.disk)} NODEVICE ${dump.level} 1970:1:1:0:0:0 ${plan.program} "" "" "" "" "" "" "" 1 "" "" ${plan.auth} AMANDA /holdfast-${handle} 20 |""`)
    // amstatus counts a dumper as busy from one look at the state to the next.
    this.#state()
  }

  dumpDone(dump: TracedDump, totals: TracedTotals): void {
    const running = this.#running.get(keyOf(dump))
    if (running === undefined) return
    const { slot, handle, isHeld } = running
    if (isHeld) this.#result(`chunker${slot}`, `DUMPER-STATUS ${handle}`)
    this.#result(`dumper${slot}`, `DONE ${handle} ${totals.originalKib} ${totals.sentKib} ${Math.trunc(totals.seconds)} ${totals.native} ${totals.client} "[${totals.dumperStats}]"`)
    this.#say(`finished-cmd time ${this.#time()} dumper${slot} dumped ${named(dump)}`)
    if (isHeld) {
      this.#send(`chunker${slot}`, `DONE ${handle} ${totals.client}`)
      this.#result(`chunker${slot}`, `DONE ${handle} ${totals.storedKib} "${totals.server}" "[${totals.chunkerStats}]"`)
      this.#say(`finished-cmd time ${this.#time()} chunker${slot} chunked ${named(dump)}`)
      this.#send(`chunker${slot}`, 'QUIT')
      this.#held.set(keyOf(dump), totals.storedKib + HEADER_KIB)
      this.#running.delete(keyOf(dump))
      this.#handles.release(handle)
    } else {
      this.#running.delete(keyOf(dump))
      this.#send(TAPER, `DONE ${WORKER} ${handle} ${totals.originalKib} ${totals.native} ${totals.client} ${totals.server}`)
    }
  }

  /** `isTryAgain`: the client did not even begin. `partial`: what was kept. */
  dumpFailed(dump: TracedDump, message: string, isTryAgain: boolean, partial: { readonly kib: number; readonly server: string; readonly stats: string } | undefined): void {
    const running = this.#running.get(keyOf(dump))
    if (running === undefined) return
    const { slot, handle, isHeld } = running
    this.#running.delete(keyOf(dump))
    this.#taping.delete(keyOf(dump))
    if (isTryAgain) {
      this.#result(`dumper${slot}`, `TRY-AGAIN ${handle} ${quoteString(`[${message}] `).replace(/ "$/, '"')}`)
      if (isHeld) {
        this.#send(`chunker${slot}`, `ABORT ${handle} ${quoteString(`dumper TRYAGAIN: [${message}]`)}`)
        this.#result(`chunker${slot}`, `ABORT-FINISHED ${handle}`)
      }
    } else {
      this.#result(`dumper${slot}`, `FAILED ${handle} ${quoteString(`[${message}] `).replace(/ "$/, '"')}`)
      if (isHeld) {
        this.#send(`chunker${slot}`, `FAILED ${handle}`)
        if (partial === undefined) this.#result(`chunker${slot}`, `FAILED ${handle} "Got empty header"`)
        else this.#result(`chunker${slot}`, `PARTIAL ${handle} ${partial.kib} "${partial.server}" "[${partial.stats}]"`)
      }
    }
    if (isHeld) this.#send(`chunker${slot}`, 'QUIT')
    if (partial !== undefined) this.#held.set(keyOf(dump), partial.kib + HEADER_KIB)
    this.#handles.release(handle)
  }

  retried(dump: TracedDump): void {
    this.#queued++
    this.#say(`requeue dump time ${this.#time()} ${dump.host} ${quoteString(dump.disk)} ${dump.datestamp}`)
  }

  tapeStarted(dump: TracedDump, path: string, originalKib: number): void {
    const handle = this.#handles.take()
    this.#taping.set(keyOf(dump), handle)
    this.#taperState = 'writing'
    this.#say(`to write host ${dump.host} disk ${quoteString(dump.disk)} date ${dump.datestamp} on storage ${this.#facts.storage}`)
    this.#send(TAPER, `FILE-WRITE ${WORKER} ${handle} ${quoteString(path)} ${dump.host} ${quoteString(dump.disk)} ${dump.level} ${dump.datestamp} ${NO_SPLIT} ${originalKib}`)
    this.#state()
  }

  /** Of the dump that is being written, the taper has begun a volume. */
  volumeStarted(label: string): void {
    const [handle = '00-00000'] = this.#taping.values()
    this.#result(TAPER, `REQUEST-NEW-TAPE ${WORKER} ${handle}`)
    this.#send(TAPER, `START-SCAN ${WORKER} ${handle}`)
    this.#send(TAPER, `NEW-TAPE ${WORKER} ${handle}`)
    this.#write(`taper: wrote label '${label}'`)
    this.#result(TAPER, `NEW-TAPE ${WORKER} ${handle} ${label}`)
    this.#result(TAPER, `READY ${WORKER} ${handle}`)
  }

  noVolume(reason: string): void {
    const [handle = '00-00000'] = this.#taping.values()
    this.#result(TAPER, `REQUEST-NEW-TAPE ${WORKER} ${handle}`)
    this.#send(TAPER, `NO-NEW-TAPE ${WORKER} ${handle} ${quoteString(reason)}`)
  }

  partWritten(dump: TracedDump, label: string, fileNumber: number, kib: number, stats: string): void {
    const handle = this.#taping.get(keyOf(dump))
    if (handle !== undefined) this.#result(TAPER, `PARTDONE ${WORKER} ${handle} ${label} ${fileNumber} ${kib} "[${stats}]"`)
  }

  tapeDone(dump: TracedDump, isPartial: boolean, server: string, stats: string): void {
    const handle = this.#taping.get(keyOf(dump))
    if (handle === undefined) return
    this.#result(TAPER, `${isPartial ? 'PARTIAL' : 'DONE'} ${WORKER} ${handle} INPUT-GOOD TAPE-GOOD "${server}" "[${stats}]" "" ""`)
    this.#endTaping(dump, handle)
    this.#held.delete(keyOf(dump))
    this.#say(`finished-cmd time ${this.#time()} taper ${TAPER} worker ${WORKER} wrote ${named(dump)}`)
    this.#state()
  }

  tapeFailed(dump: TracedDump, isVolumes: boolean, message: string): void {
    const handle = this.#taping.get(keyOf(dump))
    if (handle === undefined) return
    const words = isVolumes ? `INPUT-GOOD TAPE-ERROR "" ${quoteString(`${message} `).replace(/ "$/, '"')}` : `INPUT-ERROR TAPE-GOOD ${quoteString(`${message} `).replace(/ "$/, '"')} ""`
    this.#result(TAPER, `FAILED ${WORKER} ${handle} ${words}`)
    this.#endTaping(dump, handle)
  }

  end(): void {
    if (this.#taperState !== 'down') {
      this.#send(TAPER, `CLOSE-VOLUME ${WORKER}`)
      this.#result(TAPER, `CLOSED-VOLUME ${WORKER}`)
      this.#send(TAPER, 'QUIT')
      this.#taperState = 'down'
    }
    this.#state()
    this.#say(`QUITTING time ${this.#time()} telling children to quit`)
    for (let dumper = 0; dumper < this.#facts.parallelDumps; dumper++) this.#send(`dumper${dumper}`, 'QUIT ""')
    this.#say(`FINISHED time ${this.#time()}`)
  }

  #endTaping(dump: TracedDump, handle: string): void {
    this.#taping.delete(keyOf(dump))
    this.#handles.release(handle)
    this.#taperState = this.#taping.size > 0 ? 'writing' : 'idle'
  }

  #say(text: string): void {
    this.#write(`driver: ${text}`)
  }

  #time(): string {
    return this.#seconds().toFixed(3)
  }

  #send(to: string, command: string): void {
    this.#say(`send-cmd time ${this.#time()} to ${to}: ${command}`)
  }

  #result(from: string, reply: string): void {
    this.#state()
    this.#say(`result time ${this.#time()} from ${from}: ${reply}`)
  }

  #totalKib(): number {
    return this.#facts.holdingDisks.reduce((sum, { kib }) => sum + kib, 0)
  }

  #freeSlot(): number {
    const used = new Set([...this.#running.values()].map(({ slot }) => slot))
    let slot = 0
    while (used.has(slot)) slot++
    return slot
  }

  #state(): void {
    const running = [...this.#running.values()]
    const reserved = running.reduce((sum, { reservedKib }) => sum + reservedKib, 0) + [...this.#held.values()].reduce((sum, kib) => sum + kib, 0)
    const free = Math.max(0, this.#totalKib() - reserved)
    const kps = Math.max(0, this.#facts.bandwidthKib - running.reduce((sum, { plan }) => sum + plan.rateKib, 0))
    const idle = Math.max(0, this.#facts.parallelDumps - running.length)
    const reason = !this.#isScheduled ? 'not-idle' : idle === 0 || this.#queued === 0 ? 'no-dumpers' : 'client-constrained'
    const tapeq = this.#taperState === 'down' ? '' : ` tapeq ${TAPER}: 0:0`
    const time = this.#time()
    this.#say(`state time ${time} free kps: ${kps} space: ${free} taper: ${this.#taperState} idle-dumpers: ${idle} qlen${tapeq} runq: ${this.#queued} directq: 0 roomq: 0 wakeup: 0 driver-idle: ${reason}`)
    this.#say(`interface-state time ${time} if default: free ${kps}`)
    for (const index of this.#facts.holdingDisks.keys()) this.#say(`hdisk-state time ${time} hdisk ${index}: free ${index === 0 ? free : 0} dumpers ${index === 0 ? running.filter(({ isHeld }) => isHeld).length : 0}`)
  }
}

function roundUp(kib: number): number {
  return Math.ceil(kib / HEADER_KIB) * HEADER_KIB
}
