// Makes trace logs of runs that went wrong in every way: dumps that are retried, strange or partial, flushes, volumes that are full, disks of which nothing is
// heard, programs that fail. The lines of a dump come in an order in which the processes of Amanda can write them.

import { quoteString } from '../src/wire/amanda/quote.ts'
import type { Random } from '../src/kernel/random.ts'

const RUN = '20261123222437'
const EARLIER = '20261120010203'
const CRC = 'e2635f3a:225280'
const NAMES = ['/srv/many', '/srv/my b', '/', '/home/a-name-that-is-longer-than-the-column', 'ü"x', '/usr', '/var', '/opt']
const REASONS = ['[data timeout]', '[[request failed: timeout waiting for ACK]]', '["dump estimate is larger"]', '"[could not connect]"', '[mesg read: Connection reset by peer]', '[Aborted by driver]']

interface Made {
  readonly host: string
  readonly disk: string
  readonly level: number
  readonly datestamp: string
}

class LogMaker {
  readonly lines: string[] = []
  readonly #random: Random
  #fileNumber = 0

  constructor(random: Random) {
    this.#random = random
  }

  one<T>(choices: readonly T[]): T {
    const chosen = choices[this.#random.int(choices.length)]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }

  chance(inverse: number): boolean {
    return this.#random.int(inverse) === 0
  }

  #size(): number {
    return this.one([0, 1, 10, 220, 12_345, 2_000_000]) + this.#random.int(100)
  }

  #seconds(): string {
    return `${this.one([0, 1, 29, 89, 3599])}.${String(this.#random.int(1000)).padStart(3, '0')}`
  }

  #rate(unit: 'kb' | 'bytes', original: boolean): string {
    const size = this.#size() * (unit === 'bytes' ? 1000 : 1)
    return `[sec ${this.#seconds()} ${unit} ${size} kps ${this.#size()}.${this.#random.int(1000)}${original ? ` orig-kb ${this.#size()}` : ''}]`
  }

  /** A try that came to nothing: the dumper failed, and the chunker kept nothing or a part. */
  #failedTry({ host, disk, level }: Made): void {
    const where = `${host} ${quoteString(disk)} ${RUN} ${level}`
    const dumper = [`FAIL dumper ${where} ${this.one(REASONS)}`, ...(this.chance(2) ? ['  sendbackup: start', '  | tar: x'] : [])]
    const chunker = this.chance(2) ? `FAIL chunker ${where} [shm_ring cancelled]` : `PARTIAL chunker ${where} ${CRC} ${this.#rate('kb', false)}`
    this.lines.push(...(this.chance(2) ? [chunker, ...dumper] : [...dumper, chunker]))
  }

  #goodTry({ host, disk, level }: Made): void {
    const quoted = quoteString(disk)
    const sums = `${CRC} ${CRC} ${this.#rate('kb', true)}`
    const dumper = this.chance(3) ? [`STRANGE dumper ${host} ${quoted} ${level} ${sums}`, '  sendbackup: start', '  ? something odd'] : [`SUCCESS dumper ${host} ${quoted} ${RUN} ${level} ${sums}`]
    const chunker = `SUCCESS chunker ${host} ${quoted} ${RUN} ${level} ${CRC} ${this.#rate('kb', false)}`
    this.lines.push(...(this.chance(2) ? [chunker, ...dumper] : [...dumper, chunker]))
  }

  #taped(made: Made, label: string, kind: 'DONE' | 'PARTIAL'): void {
    const place = '"ST:lab" "POOL:lab"'
    const dump = `${made.host} ${quoteString(made.disk)} ${made.datestamp}`
    const original = this.#size()
    const parts = 1 + this.#random.int(3)
    const rate = (): string => this.#rate('bytes', false).replace(']', ` orig-kb ${original}]`)
    for (let part = 1; part <= parts; part++) this.lines.push(`PART taper ${place} ${label} ${++this.#fileNumber} ${dump} ${part}/-1 ${made.level} ${rate()}`)
    if (this.chance(4)) this.lines.push(`PARTPARTIAL taper ${place} ${label} ${++this.#fileNumber} ${dump} ${parts + 1}/-1 ${made.level} ${rate()} "No space left on device"`)
    this.lines.push(`${kind} taper ${place} ${dump} ${parts} ${made.level} ${CRC} ${CRC} ${CRC} ${rate()}${kind === 'PARTIAL' && this.chance(2) ? ' "No space left on device"' : ''}`)
  }

  disk(made: Made, label: string): void {
    const where = `"ST:lab" "POOL:lab" ${made.host} ${quoteString(made.disk)} ${made.datestamp} ${made.level}`
    if (this.chance(4)) this.#failedTry(made)
    else if (this.chance(12)) {
      this.lines.push(`RETRY dumper ${made.host} ${quoteString(made.disk)} ${RUN} ${made.level} delay 5 level ${made.level} message "try later"`)
      return
    }
    if (this.chance(6)) {
      this.#failedTry(made)
      return
    }
    this.#goodTry(made)
    if (this.chance(5)) this.lines.push(`FAIL taper ${where} ${this.one(['error', 'config'])} "the volume is gone"`)
    else if (!this.chance(5)) this.#taped(made, label, this.chance(6) ? 'PARTIAL' : 'DONE')
    if (this.chance(6)) this.#taped({ ...made, datestamp: EARLIER }, label, 'DONE')
  }
}

/** The text of one log. */
export function generateRunLog(random: Random): string {
  const maker = new LogMaker(random)
  const { lines } = maker
  const disks = NAMES.filter(() => !maker.chance(3)).flatMap((disk) => ['amclient', 'b.example.com'].filter(() => !maker.chance(3)).map((host): Made => ({ host, disk, level: maker.one([0, 0, 0, 1, 2]), datestamp: RUN })))
  lines.push('INFO amdump amdump pid 26515', `START planner date ${RUN}`, ...disks.map(({ host, disk }) => `DISK planner ${host} ${quoteString(disk)}`))
  if (!maker.chance(6)) lines.push('STATS driver hostname amserver')
  lines.push(`START driver date ${RUN}`, 'STATS driver startup time 0.015', 'INFO dumper gzip pid 3', 'WARNING planner tapecycle (2) <= runspercycle (7)')
  if (!maker.chance(8)) lines.push(`FINISH planner date ${RUN} time ${maker.one(['0.5', '29.99', '30', '4000.1'])}`)
  const labels = ['LAB01', 'LAB02', 'LAB03-with-a-long-name'].slice(0, 1 + random.int(3))
  for (const [index, label] of labels.entries()) lines.push(`START taper datestamp ${RUN} "ST:lab" "POOL:lab" label ${label} tape ${index + 1}`)
  for (const made of disks) {
    const { host, level } = made
    const disk = quoteString(made.disk)
    const fate = maker.one(['dumped', 'dumped', 'dumped', 'dumped', 'dumped', 'missing', 'skipped', 'planner', 'driver'])
    if (fate === 'dumped') maker.disk(made, maker.one(labels))
    else if (fate === 'skipped') lines.push(`SUCCESS planner ${host} ${disk} ${RUN} 0 [skipped: skip-full]`)
    else if (fate !== 'missing') lines.push(`FAIL ${fate} ${host} ${disk} ${RUN} ${level} ${maker.one(REASONS)}`)
  }
  for (const label of labels) lines.push(`INFO taper tape ${label} kb 220 fm 3 [OK]`)
  if (maker.chance(5)) lines.push(`ERROR taper no-tape ${maker.one(['error', 'config'])} [no more tape]`)
  if (maker.chance(5)) lines.push(`${maker.one(['FATAL', 'ERROR'])} ${maker.one(['driver', 'planner', 'dumper'])} it broke`)
  if (!maker.chance(5)) lines.push(`FINISH driver date ${RUN} time ${maker.one(['4', '89.9', '3662.153'])}`)
  lines.push('INFO amdump pid-done 26515')
  return `${lines.join('\n')}\n`
}
