// Everything that goes wrong in the backup world, from its seed: on the network now and then, on the disks at any operation, and with whole
// machines. It only acts; what must hold meanwhile is judged elsewhere.

import { CHANGING, type DiskOp, type DiskVerdict, type SimDisk } from '../disk.ts'
import type { Survival } from '../disk-image.ts'
import type { SimLink, SimNetwork } from '../network.ts'
import type { Life, Scheduler } from '../scheduler.ts'

const KIB = 1024
const NETWORK_KINDS = ['cut', 'reset', 'reset-mid-frame', 'half-open', 'stall', 'delay', 'refused', 'dark', 'table-flush'] as const
const NOT_DISTURBING = new Set(['slow disk', 'clock jump'])

export interface Machine {
  readonly name: string
  readonly disk: SimDisk
  life: Life | undefined
}

export interface FaultTargets {
  readonly network: SimNetwork
  readonly hosts: readonly string[]
  readonly machines: readonly Machine[]
  /** The machine lost its process; it starts again by itself after a while. */
  readonly crashed: (machine: Machine) => void
  /** Something happened that may cost more than time. */
  readonly disturbed: () => void
}

export class BackupFaults {
  readonly #scheduler: Scheduler
  readonly #targets: FaultTargets
  isOn = false
  /** One disk operation in so many. */
  diskOneIn = 400
  /** Changes of the first machine's disk so far, and the one at which its power goes. */
  changes = 0
  cut: { readonly atChange: number; readonly survival: Survival } | undefined

  constructor(scheduler: Scheduler, targets: FaultTargets) {
    this.#scheduler = scheduler
    this.#targets = targets
    for (const machine of targets.machines) machine.disk.hook = (op, life) => this.#judge(machine, op, life)
    this.#next()
  }

  /** No fault from now on; what lasts is put right. */
  heal(): void {
    this.isOn = false
    const { network, machines } = this.#targets
    network.outages.clear()
    for (const link of network.links) link.extraDelayMs = 0
    for (const { disk } of machines) {
      disk.capacityBytes = 1 << 30
      disk.slowness = 1
    }
  }

  #next(): void {
    const { time, random } = this.#scheduler
    time.at(time.nowMs + 50 + random.int(random.int(4) === 0 ? 30_000 : 2_000), () => {
      if (this.isOn) this.#network()
      this.#next()
    })
  }

  #later(ms: number, action: () => void): void {
    this.#scheduler.time.at(this.#scheduler.time.nowMs + ms, action)
  }

  #network(): void {
    const { network, hosts, machines } = this.#targets
    const { random } = this.#scheduler
    const host = this.#scheduler.pick(hosts)
    if (this.#scheduler.chance(12)) return this.crash(this.#scheduler.pick(machines), this.#scheduler.chance(2) ? 'kill' : 'power')
    const links = [...network.links].filter((link) => link.host === host)
    const kind = this.#scheduler.pick(NETWORK_KINDS)
    const onEach = (what: (link: SimLink) => void): void => {
      if (links.length > 0) this.#scheduler.fault(`link ${kind}`, host)
      for (const link of links) what(link)
    }
    switch (kind) {
      case 'cut':
      case 'reset':
        return onEach((link) => network.cut(link, kind === 'cut' ? 'closed' : 'reset'))
      case 'reset-mid-frame':
        return onEach((link) => (link.resetAfterBytes = random.int(40_000)))
      case 'half-open':
      case 'table-flush':
        return onEach((link) => (link.isSilent = true))
      case 'stall':
        return onEach((link) => (link.holdUntilMs = this.#scheduler.time.nowMs + random.int(28_000)))
      case 'delay':
        return onEach((link) => (link.extraDelayMs += random.int(1_500)))
      case 'refused':
      case 'dark': {
        this.#scheduler.fault(`network ${kind}`, host)
        network.outages.set(host, kind)
        if (kind === 'dark') for (const link of links) link.isSilent = true
        return this.#later(random.int(90_000), () => network.outages.delete(host))
      }
    }
  }

  crash(machine: Machine, how: 'kill' | 'power', survival?: Survival): void {
    const { life, disk, name } = machine
    if (life === undefined) return
    this.#targets.disturbed()
    machine.life = undefined
    const kept = survival ?? this.#scheduler.pick(['none', 'first', 'any'] as const)
    this.#scheduler.fault(how === 'kill' ? 'kill -9' : 'power cut', how === 'kill' ? name : `${name}, keeping ${kept}`)
    life.end(how === 'power')
    if (how === 'power') disk.powerCut(kept)
    this.#targets.crashed(machine)
  }

  /** The hook at every operation of a disk. */
  #judge(machine: Machine, op: DiskOp, life: Life): DiskVerdict {
    const { random } = this.#scheduler
    if (life === machine.life && machine === this.#targets.machines[0] && CHANGING.has(op.kind)) {
      this.changes += 1
      if (this.changes === this.cut?.atChange) {
        this.#scheduler.note(`at ${op.kind} ${op.path}`)
        this.crash(machine, 'power', this.cut.survival)
        return undefined
      }
    }
    if (!this.isOn || life !== machine.life || op.kind === 'look' || !this.#scheduler.chance(this.diskOneIn)) return undefined
    const kind = this.#scheduler.pick(['power cut', 'power cut', 'kill', 'EIO', 'ENOSPC', 'short write', 'disk full', 'slow disk', 'clock jump'] as const)
    if (kind === 'power cut' || kind === 'kill') {
      this.crash(machine, kind === 'kill' ? 'kill' : 'power')
      return undefined
    }
    if ((kind === 'short write' && op.kind !== 'write') || (kind === 'ENOSPC' && op.kind === 'read')) return undefined
    this.#scheduler.fault(kind === 'EIO' || kind === 'ENOSPC' ? `${kind} on ${op.kind}` : kind, `${machine.name} ${op.path}`)
    if (!NOT_DISTURBING.has(kind)) this.#targets.disturbed()
    switch (kind) {
      case 'EIO':
      case 'ENOSPC':
        return kind
      case 'short write':
        return 'short'
      case 'disk full':
        machine.disk.capacityBytes = machine.disk.usedBytes + random.int(300 * KIB)
        this.#later(random.int(120_000), () => (machine.disk.capacityBytes = 1 << 30))
        return undefined
      case 'slow disk':
        machine.disk.slowness = 1 + random.int(100)
        this.#later(random.int(60_000), () => (machine.disk.slowness = 1))
        return undefined
      case 'clock jump':
        this.#scheduler.wallOffsetMs += (random.int(96) - 48) * 3_600_000
        return undefined
    }
  }
}
