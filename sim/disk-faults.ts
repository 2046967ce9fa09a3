// What befalls the disk of a machine in a schedule: at each operation, by chance or as planned, power cuts, kills, errors, short writes, a full or a slow disk, a clock that
// jumps. A world asks afterwards whether its process had an excuse to end.

import { CHANGING, type DiskOp, type DiskVerdict, type SimDisk } from './disk.ts'
import type { Survival } from './disk-image.ts'
import type { PlannedCut } from './planned-cut.ts'
import type { Life, Scheduler } from './scheduler.ts'

const HOUR_MS = 3_600_000

export interface DiskFaultLimits {
  /** Room that a disk which becomes full may still have. */
  readonly leftBytesMax: number
  /** Times that a slow disk takes longer. */
  readonly slownessMax: number
  /** Hours that the clock may jump back, of CLOCK_HOURS in all. */
  readonly hoursBackMax: number
}

const CLOCK_HOURS = 200

export class DiskFaults {
  readonly #scheduler: Scheduler
  readonly #disk: SimDisk
  readonly #limits: DiskFaultLimits
  /** One operation in so many, more or less; 0: none by chance. */
  rate = 0
  /** A kill or a power cut has ended the process. */
  isCrashed = false
  /** The process met an error or a full disk. */
  isDisturbed = false
  /** Operations that changed the disk. */
  changes = 0
  cut: PlannedCut | undefined

  /** Hooks itself into `disk`. What the life named `init` does is left alone. */
  constructor(scheduler: Scheduler, disk: SimDisk, limits: DiskFaultLimits) {
    this.#scheduler = scheduler
    this.#disk = disk
    this.#limits = limits
    disk.hook = (op, life) => this.#judge(op, life)
  }

  /** A new process has had no fault yet. */
  begin(): void {
    this.isCrashed = false
    this.isDisturbed = false
  }

  /** The disk is large and fast again. */
  heal(): void {
    this.#disk.capacityBytes = 1 << 30
    this.#disk.slowness = 1
  }

  #judge(op: DiskOp, life: Life): DiskVerdict {
    const scheduler = this.#scheduler
    if (life.name === 'init') return undefined
    if (CHANGING.has(op.kind)) {
      this.changes += 1
      if (this.cut !== undefined && this.changes === this.cut.atChange) return this.#powerCut(life, op, this.cut.survival)
    }
    if (this.rate === 0 || op.kind === 'look' || !scheduler.chance(this.rate)) return undefined
    const kinds = op.kind === 'read' ? ['EIO', 'slow'] : ['power-cut', 'power-cut', 'kill', 'EIO', 'ENOSPC', 'short', 'full', 'slow', 'clock-jump'] as const
    const kind = scheduler.pick(kinds)
    switch (kind) {
      case 'power-cut':
        return this.#powerCut(life, op, scheduler.pick(['none', 'first', 'any'] as const))
      case 'kill':
        scheduler.fault('kill -9', `at ${op.kind} ${op.path}`)
        this.isCrashed = true
        life.end()
        return undefined
      case 'EIO':
      case 'ENOSPC':
        this.isDisturbed = true
        scheduler.fault(`${kind} on ${op.kind}`, op.path)
        return kind
      case 'short':
        if (op.kind !== 'write') return undefined
        this.isDisturbed = true
        scheduler.fault('short write', op.path)
        return 'short'
      case 'full':
        this.isDisturbed = true
        scheduler.fault('disk full', `at ${this.#disk.usedBytes}`)
        this.#disk.capacityBytes = this.#disk.usedBytes + scheduler.random.int(this.#limits.leftBytesMax)
        return undefined
      case 'slow':
        scheduler.fault('slow disk')
        this.#disk.slowness = 1 + scheduler.random.int(this.#limits.slownessMax)
        return undefined
      default:
        scheduler.fault('clock jump')
        scheduler.wallOffsetMs += (scheduler.random.int(CLOCK_HOURS) - this.#limits.hoursBackMax) * HOUR_MS
        return undefined
    }
  }

  #powerCut(life: Life, op: DiskOp, survival: Survival): undefined {
    this.#scheduler.fault('power cut', `at ${op.kind} ${op.path}, keeping ${survival}`)
    this.isCrashed = true
    life.end()
    this.#disk.powerCut(survival)
    return undefined
  }
}
