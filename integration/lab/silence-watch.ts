// How long each connection of a host has really been silent, asked of its kernel several times a second: the truth to compare with what logs say.

import { setTimeout as sleep } from 'node:timers/promises'
import type { FirewallLab, LabHost } from './firewall-lab.ts'

const SAMPLE_MS = 250

/** A connection that is no more. */
export interface EndedConnection {
  /** Address and port of the other end. */
  readonly peer: string
  /** Since data last went over it, in either direction, when it was seen last: it lived for at most a sample longer. */
  readonly silentS: number
}

/** `ESTAB … LOCAL:PORT PEER:PORT`, and on the next line its figures. Loopback is not looked at. */
const CONNECTION = /^\S+ +\d+ +\d+ +(\S+) +(\S+)/
const LAST = /\b(lastsnd|lastrcv):(\d+)/g

function parseSilences(text: string): Map<string, EndedConnection> {
  const silences = new Map<string, EndedConnection>()
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    const match = CONNECTION.exec(line)
    if (match === null || line.includes('127.0.0.1')) continue
    const [, local = '', peer = ''] = match
    const ages = [...(lines[index + 1] ?? '').matchAll(LAST)].map(([, , ms]) => Number(ms))
    if (ages.length > 0) silences.set(`${local} ${peer}`, { peer, silentS: Math.min(...ages) / 1000 })
  }
  return silences
}

export class SilenceWatch implements AsyncDisposable {
  readonly #controller = new AbortController()
  readonly #work: Promise<void>
  readonly ended: EndedConnection[] = []

  constructor(lab: FirewallLab, host: LabHost) {
    this.#work = this.#watch(lab, host)
  }

  async #watch(lab: FirewallLab, host: LabHost): Promise<void> {
    let last = new Map<string, EndedConnection>()
    while (!this.#controller.signal.aborted) {
      const { stdout } = await lab.tryRun(host, ['ss', '-Htin', 'state', 'established'])
      // Without the column of states there is one word less.
      const now = parseSilences(stdout.replaceAll(/^(?=\d)/gm, 'ESTAB '))
      for (const [key, connection] of last) if (!now.has(key)) this.ended.push(connection)
      last = now
      await sleep(SAMPLE_MS)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await this.#work
  }
}
