// How much passes between two hosts of a FirewallLab, second by second, as the firewall's interface counts it: the proof that a silent phase
// was silent. Times are the machine's uptime in seconds, the one clock that shell, perl and Node read alike.

import { readFileSync } from 'node:fs'
import type { BackgroundProcess } from './commands.ts'
import type { FirewallLab } from './firewall-lab.ts'

/** A stretch of time in which something was silent. */
export interface Stretch {
  readonly name: string
  readonly startS: number
  readonly endS: number
}

export interface Traffic {
  readonly bytes: number
  readonly seconds: number
}

/** Seconds after the start of a stretch that still belong to what went before it: buffers that fill, answers on their way. */
const SETTLING_S = 5

export class TrafficWatch implements AsyncDisposable {
  readonly #process: BackgroundProcess

  constructor(lab: FirewallLab, logFile: string) {
    const statistics = `/sys/class/net/${lab.clientInterface}/statistics`
    const script = `while :; do read up _ </proc/uptime; read rx <${statistics}/rx_bytes; read tx <${statistics}/tx_bytes; echo $up $((rx + tx)); sleep 1; done`
    this.#process = lab.start('firewall', ['sh', '-c', script], logFile)
  }

  /** What passed in a stretch once it had settled, between the first and the last sample in it. */
  during({ startS, endS }: Stretch): Traffic {
    const samples = this.#process
      .output()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
      .filter(([atS = 0, bytes]) => bytes !== undefined && atS >= startS + SETTLING_S && atS <= endS)
    const [firstS = 0, first = 0] = samples[0] ?? []
    const [lastS = 0, last = 0] = samples.at(-1) ?? []
    return { bytes: last - first, seconds: lastS - firstS }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}

/** Reads lines of `name start end`. */
export function readStretches(file: string): Stretch[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const [name = '', startS, endS] = line.split(' ')
    return { name, startS: Number(startS), endS: Number(endS) }
  })
}
