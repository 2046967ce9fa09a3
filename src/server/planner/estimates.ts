// Sizes for the planner, from the agents: one sendsize for each host, all hosts at once. What an agent has said before it fell silent
// counts. A host that cannot be asked gives a fault and no sizes; the planner decides what to make of it.

import { withTimeout, type Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { Transport } from '../../transport/contract.ts'
import { OUR_FEATURES } from '../../wire/amanda/features.ts'
import { formatRequest } from '../../wire/amanda/request.ts'
import { parseSendsizeReply } from '../../wire/amanda/sendsize-reply.ts'
import type { ForcedLevel } from '../control/contract.ts'
import { dleOfEntry } from '../dumper/dle-of-entry.ts'
import { connectTo, requestReply } from '../dumper/open-streams.ts'
import { levelsToEstimate } from './catalog-planner.ts'
import type { PlannerDisk, PlannerRules } from './contract.ts'

export interface EstimateDoors {
  readonly clock: Clock
  readonly transport: Transport
  readonly configName: string
  readonly rules: PlannerRules
  readonly connectTimeoutMs: number
  /** For one level of one disk; a host gets the sum. */
  readonly estimateTimeoutMs: number
  /** Which levels are asked for; left out: those that the planner of our catalog needs. */
  readonly levelsOf?: (disk: PlannerDisk) => readonly number[]
}

export interface DiskToPlan {
  readonly entry: DiskListEntry
  readonly history: readonly DumpRecord[]
  readonly forced: ForcedLevel | undefined
  readonly isWhole?: boolean
}

/** Of each disk: bytes by level, and the levels that it cannot have. */
interface Sizes {
  readonly known: Map<string, Map<number, number>>
  readonly impossible: Map<string, Set<number>>
}

/** What a client says of a level whose base it does not have. */
const NO_SUCH_LEVEL = -2

function readSizes(body: string, { known, impossible }: Sizes, errors: Map<string, string>): void {
  for (const line of parseSendsizeReply(body).lines) {
    if (line.kind === 'size' && line.sizeKib >= 0) {
      const levels = known.get(line.disk) ?? new Map<number, number>()
      known.set(line.disk, levels.set(line.level, line.sizeKib * 1024))
    } else if (line.kind === 'size' && line.sizeKib === NO_SUCH_LEVEL) impossible.set(line.disk, (impossible.get(line.disk) ?? new Set()).add(line.level))
    else if (line.kind === 'error') errors.set(line.disk, line.text)
    else if (line.kind === 'host-error') throw new Fault('agent-error', line.text)
  }
}

async function estimateHost(host: string, disks: readonly DiskToPlan[], doors: EstimateDoors, signal: AbortSignal): Promise<PlannerDisk[]> {
  const sizes: Sizes = { known: new Map(), impossible: new Map() }
  const errors = new Map<string, string>()
  const asked = disks.map((disk) => ({ disk, levels: (doors.levelsOf ?? ((one) => levelsToEstimate(one, doors.rules)))(plannerDisk(disk)) })).filter(({ disk, levels }) => disk.entry.strategy !== 'skip' && levels.length > 0)
  const byClient = asked.filter(({ disk }) => disk.entry.estimate !== 'server')
  let failure: Fault | undefined
  try {
    if (asked.length > 0) {
      const connection = await connectTo(doors.transport, doors.clock, host, doors.connectTimeoutMs, signal)
      try {
        const body = formatRequest('sendsize', { features: OUR_FEATURES, hostname: host, config: doors.configName, timestamp: doors.rules.run }, byClient.map(({ disk, levels }) => dleOfEntry(disk.entry, levels)))
        const limitMs = doors.estimateTimeoutMs * byClient.reduce((sum, { levels }) => sum + levels.length, 0)
        const ask = (inner: AbortSignal): Promise<string> => requestReply(connection, 'sendsize', body, inner, (prep) => readSizes(prep, sizes, errors))
        if (byClient.length > 0) readSizes(await withTimeout(doors.clock, limitMs, `the estimate of ${host}`, ask, signal), sizes, errors)
      } finally {
        await connection.close(new Fault('cancelled', 'the estimate is over'))
      }
    }
  } catch (error) {
    if (signal.aborted) throw faultOf(error)
    failure = faultOf(error)
  }
  return disks.map((disk) => {
    const estimates = sizes.known.get(disk.entry.disk) ?? new Map<number, number>()
    const impossible = sizes.impossible.get(disk.entry.disk)
    const planned = { ...plannerDisk(disk), estimates, ...(impossible === undefined ? {} : { impossible }) }
    const error = errors.get(disk.entry.disk)
    const fault = failure ?? (error === undefined ? undefined : new Fault('agent-error', error))
    if (fault === undefined || estimates.size > 0) return planned
    return { ...planned, estimateFault: { code: fault.code, message: fault.message, isUnreachable: fault.code === 'agent-unreachable' || fault.code === 'host-unknown' } }
  })
}

function plannerDisk(disk: DiskToPlan): PlannerDisk {
  return { entry: disk.entry, history: disk.history, estimates: new Map(), ...(disk.forced === undefined ? {} : { forced: disk.forced }), ...(disk.isWhole === true ? { isWhole: true } : {}) }
}

/** Rejects only when `signal` aborts. */
export async function estimateAll(disks: readonly DiskToPlan[], doors: EstimateDoors, signal: AbortSignal): Promise<PlannerDisk[]> {
  const hosts = Map.groupBy(disks, ({ entry }) => entry.host)
  const found = await Promise.all([...hosts].map(([host, ofHost]) => estimateHost(host, ofHost, doors, signal)))
  return found.flat()
}
