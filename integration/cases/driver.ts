// Stock Amanda's driver and ours on the same generated runs, event by event: after each dump that ends and each flush that is done, both have
// started the same dumps, in the same order and on the same dumpers, and write the same dump to the volume. Parts are seeds: `driver:7`, `driver:1-60`.
// Two of the first seventy differ, 2 and 3: where several dumps lack room at one moment, stock's driver takes them to the volume in an order of its own.

import { chmodSync, copyFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { waitUntil } from '../lab/commands.ts'
import { driverWorld, filesOfDriverWorld, idOf, jobsOfDriverWorld, type DriverWorld } from '../lab/driver-world.ts'
import { must } from '../lab/must.ts'
import { STOCK_DRIVER_NEEDS, StockDriver, type Ordered } from '../lab/stock-driver.ts'
import type { HoldingPiece } from '../../src/storage/holding/contract.ts'
import { initialDriverState, type DriverEvent, type DriverState } from '../../src/server/driver/driver-state.ts'
import { driverStep } from '../../src/server/driver/driver-step.ts'

/** In most of them dumps wait for room or go straight to the volume. */
const SEEDS_IN_TEST = [5, 16, 24, 36, 63]
const ANSWER_MS = 5_000
/** For an order of stock's driver that ours does not give. */
const SETTLE_MS = 30
const KIB = 1024
const HEADER_KIB = 32

/** What of `pieces` a dump of `bytes` takes. */
function used(pieces: readonly HoldingPiece[], bytes: number): HoldingPiece[] {
  let left = bytes
  return pieces.map(({ disk, bytes: given }) => {
    const taken = Math.min(left, given)
    left -= taken
    return { disk, bytes: taken }
  })
}

/** Our driver over holding disks and a volume that only remember sizes. */
class Ours {
  readonly dumps: string[] = []
  readonly tapes: string[] = []
  readonly running = new Set<string>()
  taping: string | undefined
  hasEnded = false
  readonly #world: DriverWorld
  readonly #held = new Map<string, readonly { readonly disk: number; readonly bytes: number }[]>()
  #state: DriverState

  constructor(world: DriverWorld) {
    this.#world = world
    const { limits, jobs } = jobsOfDriverWorld(world)
    this.#state = initialDriverState(limits, jobs, [], this.#rooms())
    this.take({ kind: 'started' })
  }

  #rooms(): { availableBytes: number; chunkBytes: number }[] {
    const pieces = [...this.#held.values()].flat()
    return this.#world.holdingKib.map((kib, disk) => ({ availableBytes: kib * KIB - pieces.reduce((sum, piece) => (piece.disk === disk ? sum + piece.bytes : sum), 0), chunkBytes: 2 ** 40 }))
  }

  take(event: DriverEvent): void {
    const step = driverStep(this.#state, event, 0)
    this.#state = step.state
    for (const effect of step.effects) {
      if (effect.kind === 'start-dump') {
        this.dumps.push(effect.to === 'volume' ? `${effect.id} direct` : `${effect.id} on dumper${effect.dumper}`)
        this.running.add(effect.id)
      } else if (effect.kind === 'start-tape') {
        this.tapes.push(effect.id)
        this.taping = effect.id
      } else if (effect.kind === 'all-ended') this.hasEnded = true
    }
  }

  dumped(id: string): void {
    const dump = this.#world.dumps.find((one) => idOf(one) === id)
    const mode = this.#state.jobs.get(id as never)?.mode
    must(dump !== undefined && mode?.kind === 'running', `${id} does not run`)
    const isDirect = mode?.kind === 'running' && mode.to === 'volume'
    if (mode?.kind === 'running' && !isDirect) this.#held.set(id, used(mode.pieces, ((dump?.kib ?? 0) + HEADER_KIB) * KIB))
    this.running.delete(id)
    if (isDirect && this.#state.volume === undefined) this.take({ kind: 'volume-started' })
    this.take({ kind: 'dump-ended', disks: this.#rooms(), id: id as never, result: isDirect ? { kind: 'taped' } : { kind: 'held', path: `/${id}`, bytes: ((dump?.kib ?? 0) + HEADER_KIB) * KIB } })
  }

  taped(id: string): void {
    this.taping = undefined
    this.#held.delete(id)
    if (this.#state.volume === undefined) this.take({ kind: 'volume-started' })
    this.take({ kind: 'tape-ended', disks: this.#rooms(), id: id as never, result: { kind: 'taped', isPartial: false } })
  }
}

function theirs(stock: StockDriver): { dumps: string[]; tapes: string[]; all: Ordered[] } {
  const all = stock.ordered()
  return { all, dumps: all.flatMap((one) => (one.to === 'flush' ? [] : [one.to === 'direct' ? `${idOf(one)} direct` : `${idOf(one)} on ${one.to}`])), tapes: all.flatMap((one) => (one.to === 'flush' ? [idOf(one)] : [])) }
}

/** Waits for stock's driver to order what ours has; throws when it orders something else. */
async function agree(ours: Ours, stock: StockDriver, after: string): Promise<Ordered[]> {
  const hasAll = (): boolean => theirs(stock).dumps.length >= ours.dumps.length && theirs(stock).tapes.length >= ours.tapes.length
  await waitUntil('', ANSWER_MS, hasAll, 10).catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const { dumps, tapes, all } = theirs(stock)
  must(dumps.join() === ours.dumps.join() && tapes.join() === ours.tapes.join(), `after ${after}\nstock starts ${dumps.join(', ')}; writes ${tapes.join(', ')}\nours starts  ${ours.dumps.join(', ')}; writes ${ours.tapes.join(', ')}`)
  return all
}

/** Plays one world to its end; returns how many events there were. */
async function play(world: DriverWorld, dir: string): Promise<number> {
  await using stock = await StockDriver.start(filesOfDriverWorld(world, dir), dir)
  try {
    const ours = new Ours(world)
    let events = 0
    for (let after = 'the start'; ; events++) {
      const ordered = await agree(ours, stock, after)
      if (ours.hasEnded) break
      const open = [...ours.running, ...(ours.taping === undefined ? [] : [`tape ${ours.taping}`])]
      const chosen = open[world.random.int(open.length)] ?? ''
      must(chosen !== '', 'our driver neither runs nor has ended')
      const id = chosen.replace(/^tape /, '')
      const handle = ordered.find((one) => idOf(one) === id && (one.to === 'flush') === (chosen !== id))?.handle ?? ''
      if (chosen === id) {
        ours.dumped(id)
        stock.finishDump(handle, world.dumps.find((one) => idOf(one) === id)?.kib ?? 0)
      } else {
        ours.taped(id)
        stock.finishTape(handle)
      }
      await waitUntil(`stock's driver to hear of ${chosen}`, ANSWER_MS, () => stock.hasHeard(handle), 10)
      after = `${events + 1} events, the last ${chosen}`
    }
    await stock.end()
    return events
  } catch (error) {
    copyFileSync(path.join(dir, 'trace'), path.join(dir, '..', `trace.${world.seed}`))
    throw error
  }
}

function seedsOf(parts: readonly string[]): readonly number[] {
  if (parts.length === 0) return SEEDS_IN_TEST
  return parts.flatMap((part) => {
    const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? []
    must(first !== '' && Number(last) >= Number(first), `${part} is neither a seed nor a range of seeds`)
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
  })
}

async function run({ dir, parts, note, signal }: CaseContext): Promise<string> {
  chmodSync(dir, 0o755)
  const seeds = seedsOf(parts)
  const failed: number[] = []
  let events = 0
  let dumps = 0
  for (const seed of seeds) {
    signal.throwIfAborted()
    const world = driverWorld(seed)
    dumps += world.dumps.length
    try {
      events += await play(world, path.join(dir, String(seed)))
    } catch (error) {
      failed.push(seed)
      note(`seed ${seed}: dumporder "${world.dumpOrder}", taperalgo ${world.tapeOrder}, inparallel ${world.parallelDumps}, maxdumps ${world.maxDumps}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  must(failed.length === 0, `seeds ${failed.join(', ')} of ${seeds.length} differ`)
  return `${seeds.length} generated runs, ${dumps} dumps and ${events} events: stock's driver and ours start the same dumps on the same dumpers and write the same to the volume`
}

export const integrationCase: IntegrationCase = {
  name: 'driver',
  summary: "stock Amanda's driver and ours, event by event: the same dumps start, on the same dumpers, and the same go to the volume",
  needs: STOCK_DRIVER_NEEDS,
  needsRoot: true,
  timeoutMs: 600_000,
  run,
}
