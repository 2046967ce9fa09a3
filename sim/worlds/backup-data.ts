// The data of the backup world and who makes it: a program on a simulated client whose output says what it is in its first bytes, so that
// whoever finds it anywhere knows how it must go on. The only program that a simulated machine can run.

import { Fault } from '../../src/kernel/fault.ts'
import type { ByteSink, ByteSource } from '../../src/kernel/byte-stream.ts'
import type { ProcessExit, ProcessRunner, RunningProcess } from '../../src/kernel/processes.ts'
import type { Random } from '../../src/kernel/random.ts'
import type { Life, Scheduler } from '../scheduler.ts'
import { fail } from '../world.ts'

const POOL_BYTES = 1 << 20
const PIECE_BYTES = 32 * 1024
const TITLE = /^SIM (\S+) (\S+) (\d+) (\d+) (\d+)\n/
const TITLE_BYTES_MAX = 128
export const SIM_PROGRAM = 'simdump'

/** What the first bytes of a dump say. */
export interface Title {
  readonly host: string
  readonly disk: string
  readonly number: number
  readonly bytes: number
  readonly text: string
}

export class SimData {
  readonly #pool: Buffer
  #count = 0

  constructor(random: Random) {
    let pool = Buffer.from(random.bytes(4096))
    while (pool.length < POOL_BYTES) pool = Buffer.concat([pool, pool])
    this.#pool = pool
  }

  /** New data of a disk. */
  make(host: string, disk: string, bytes: number, offset: number): Buffer {
    const title = Buffer.from(`SIM ${host} ${disk} ${++this.#count} ${offset} ${bytes}\n`)
    return Buffer.concat([title, this.#pool.subarray(offset, offset + bytes)])
  }

  titleOf(start: Uint8Array): Title | undefined {
    const match = TITLE.exec(Buffer.from(start.subarray(0, TITLE_BYTES_MAX)).toString('latin1'))
    if (match === null) return undefined
    const [text, host = '', disk = '', number, , bytes] = match
    return { host, disk, number: Number(number), bytes: text.length + Number(bytes), text }
  }

  /** All bytes of the dump that begins with `start`; undefined when it begins with nothing we made. */
  whole(start: Uint8Array): Buffer | undefined {
    const match = TITLE.exec(Buffer.from(start.subarray(0, TITLE_BYTES_MAX)).toString('latin1'))
    if (match === null) return undefined
    const offset = Number(match[4])
    return Buffer.concat([Buffer.from(match[0]), this.#pool.subarray(offset, offset + Number(match[5]))])
  }
}

/** How a client's programs behave. */
export interface ProgramMood {
  readonly bytesMax: number
  /** One in so many programs fails in the middle; 0: none. */
  failsOneIn: number
  /** One in so many pieces comes after a long silence; 0: none. */
  silentOneIn: number
}

/** Starts `simdump DISK` in the life of a client. */
export function simProcesses(life: Life, host: string, data: SimData, scheduler: Scheduler, mood: ProgramMood): ProcessRunner {
  const { random } = scheduler
  return {
    start(spec) {
      const [program, disk] = spec.argv
      if (program !== SIM_PROGRAM || disk === undefined) return Promise.reject(new Fault('process-missing', `${program} is not on a simulated machine`))
      const bytes = 1 + random.int(mood.bytesMax)
      const failsAt = mood.failsOneIn > 0 && scheduler.chance(mood.failsOneIn) ? random.int(bytes) : undefined
      if (failsAt !== undefined) scheduler.fault('program fails', `${host} ${disk}`)
      const whole = data.make(host, disk, bytes, random.int(POOL_BYTES - bytes))
      return Promise.resolve(runningProgram(life, failsAt === undefined ? whole : whole.subarray(0, failsAt), failsAt !== undefined, scheduler, mood))
    },
  }
}

function runningProgram(life: Life, output: Buffer, isBad: boolean, scheduler: Scheduler, mood: ProgramMood): RunningProcess {
  const { random } = scheduler
  const exit = Promise.withResolvers<ProcessExit>()
  let at = 0
  let isKilled = false
  /** The pipe of a program that was killed ends at once, however long it would have been silent. */
  let wake = (): void => undefined
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
      life.later(ms, resolve)
    })
  const stdout: ByteSource = {
    async read() {
      const isSilent = mood.silentOneIn > 0 && scheduler.chance(mood.silentOneIn)
      if (isSilent) scheduler.fault('silent program')
      await wait(isSilent ? 20_000 + random.int(60_000) : random.int(40))
      if (isKilled) throw new Fault('process-failed', 'the program was ended')
      if (at >= output.length) {
        exit.resolve({ code: isBad ? 2 : 0, signal: null })
        return null
      }
      const piece = Buffer.from(output.subarray(at, at + 1 + random.int(PIECE_BYTES)))
      at += piece.length
      return piece
    },
    cancel() {},
  }
  const stderr: ByteSource = {
    async read() {
      await exit.promise
      return null
    },
    cancel() {},
  }
  const stdin: ByteSink = { write: () => Promise.resolve(), end: () => Promise.resolve(), fail() {} }
  return {
    pid: 1,
    stdin,
    stdout,
    stderr,
    extra: [],
    exit: exit.promise,
    kill(signal) {
      isKilled = true
      wake()
      exit.resolve({ code: null, signal })
    },
  }
}

/** Reads `source` to its end and says how it differs from what it must be; unless it `isWhole`, it may end early. */
export async function differenceOf(source: ByteSource, data: SimData, isWhole: boolean): Promise<{ readonly title: Title | undefined; readonly bytes: number; readonly difference: string | undefined }> {
  let bytes = 0
  let expected: Buffer | undefined
  let title: Title | undefined
  let difference: string | undefined
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    if (bytes === 0) {
      title = data.titleOf(piece)
      expected = data.whole(piece)
      if (expected === undefined && isWhole) difference = 'it begins with what no client sent'
    }
    if (expected !== undefined && Buffer.compare(piece, expected.subarray(bytes, bytes + piece.length)) !== 0) difference ??= `it has other bytes than were sent, from ${bytes} on`
    bytes += piece.length
  }
  if (isWhole && expected !== undefined && bytes !== expected.length) difference ??= `it has ${bytes} bytes and not ${expected.length}`
  return { title, bytes, difference }
}

export function expectDisk(title: Title | undefined, host: string, disk: string, what: string): void {
  if (title !== undefined && (title.host !== host || title.disk !== disk)) fail(`${what}: it is a dump of ${title.host}:${title.disk}`)
}
